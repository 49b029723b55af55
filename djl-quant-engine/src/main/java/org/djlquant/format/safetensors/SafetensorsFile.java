package org.djlquant.format.safetensors;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.djlquant.format.ByteCursor;
import org.djlquant.format.MappedFile;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.StrictJson;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;

/**
 * The header of one safetensors file:
 *
 * <pre>
 * u64 n   n bytes of JSON: {"name": {"dtype": "F16", "shape": [out, in], "data_offsets": [begin, end]}, …,
 *                           "__metadata__": {"format": "pt"}}      then the data, to which the offsets refer
 * </pre>
 *
 * As strict as the safetensors library: the tensors cover the data without gaps or overlaps and end
 * where the file ends.
 */
final class SafetensorsFile {
    private static final int LENGTH_BYTES = 8;
    private static final long MAX_HEADER_BYTES = 100_000_000;
    private static final String METADATA = "__metadata__";

    private SafetensorsFile() {}

    /**
     * Parses and checks a header.
     *
     * @return the tensors in the order of their data
     * @throws ModelFormatException if anything in it is wrong
     * @throws UnsupportedModelException for unknown element types
     */
    static List<TensorInfo> read(MappedFile file) {
        ByteCursor in = file.cursor(0);
        long length = in.i64("header length");
        if (length < 2 || length > MAX_HEADER_BYTES) {
            throw new ModelFormatException(
                    file.file(),
                    "byte 0",
                    "the header length is " + Long.toUnsignedString(length) + ", expected 2 to " + MAX_HEADER_BYTES
                            + "; this is not a safetensors file or it is corrupt");
        }
        if (length > in.remaining()) {
            throw new ModelFormatException(
                    file.file(),
                    "byte 0",
                    "the header has " + length + " bytes, but only " + in.remaining()
                            + " follow; the file is truncated, download it again");
        }
        Map<String, Object> header = StrictJson.object(file.file(), in.text(length, "header"));
        long dataStart = LENGTH_BYTES + length;
        List<TensorInfo> tensors = new ArrayList<>(header.size());
        header.forEach((name, value) -> {
            if (name.equals(METADATA)) {
                checkMetadata(file.file(), value);
            } else {
                tensors.add(tensor(file.file(), name, value, dataStart));
            }
        });
        tensors.sort(Comparator.comparingLong(TensorInfo::offset).thenComparingLong(TensorInfo::byteSize));
        checkCover(file, tensors, dataStart);
        return tensors;
    }

    private static void checkMetadata(Path file, Object value) {
        if (!(value instanceof Map<?, ?> map) || !map.values().stream().allMatch(String.class::isInstance)) {
            throw new ModelFormatException(file, "key " + METADATA, "expected an object of strings");
        }
    }

    private static TensorInfo tensor(Path file, String name, Object value, long dataStart) {
        if (!(value instanceof Map<?, ?> entry)) {
            throw error(file, name, "expected an object, found " + StrictJson.describe(value));
        }
        if (!(entry.get("dtype") instanceof String dtype)) {
            throw error(file, name, "dtype: expected a string, found " + StrictJson.describe(entry.get("dtype")));
        }
        SafetensorsType type = SafetensorsType.of(dtype);
        if (type == null) {
            throw new UnsupportedModelException(file + ": tensor " + name + ": has the unknown dtype " + dtype
                    + "; the file is corrupt or newer than this library, which knows " + SafetensorsType.known());
        }
        long[] shape = sizes(file, name, "shape", entry.get("shape"));
        long[] range = sizes(file, name, "data_offsets", entry.get("data_offsets"));
        if (range.length != 2 || range[0] > range[1] || range[1] > Long.MAX_VALUE - dataStart) {
            throw error(file, name, "data_offsets: expected [begin, end], found " + Arrays.toString(range));
        }
        long expected = byteSize(file, name, type, shape);
        if (range[1] - range[0] != expected) {
            throw error(
                    file,
                    name,
                    dtype + " " + Arrays.toString(shape) + " takes " + expected + " bytes, but data_offsets "
                            + Arrays.toString(range) + " span " + (range[1] - range[0]) + "; the file is corrupt");
        }
        return new TensorInfo(name, dtype, shape, file, dataStart + range[0], expected);
    }

    private static long[] sizes(Path file, String name, String key, Object value) {
        if (!(value instanceof List<?> items)) {
            throw error(file, name, key + ": expected an array of integers, found " + StrictJson.describe(value));
        }
        long[] sizes = new long[items.size()];
        for (int i = 0; i < sizes.length; i++) {
            if (!(items.get(i) instanceof Long size) || size < 0) {
                throw error(
                        file,
                        name,
                        key + ": expected integers from 0 up, found " + StrictJson.describe(items.get(i)));
            }
            sizes[i] = size;
        }
        return sizes;
    }

    private static long byteSize(Path file, String name, SafetensorsType type, long[] shape) {
        try {
            long bits = type.bits();
            for (long size : shape) {
                bits = Math.multiplyExact(bits, size);
            }
            if (bits % 8 != 0) {
                throw error(file, name, type + " " + Arrays.toString(shape) + " does not fill whole bytes");
            }
            return bits / 8;
        } catch (ArithmeticException e) {
            throw error(file, name, "the shape " + Arrays.toString(shape) + " overflows 64 bits; the file is corrupt");
        }
    }

    private static void checkCover(MappedFile file, List<TensorInfo> tensors, long dataStart) {
        long expected = dataStart;
        for (TensorInfo tensor : tensors) {
            if (tensor.offset() != expected) {
                throw error(
                        file.file(),
                        tensor.name(),
                        "its data begins at byte " + tensor.offset() + ", expected " + expected + ": it "
                                + (tensor.offset() < expected ? "overlaps" : "leaves a gap after")
                                + " the tensor before it; the file is corrupt");
            }
            expected += tensor.byteSize();
            if (expected > file.size()) {
                throw error(
                        file.file(),
                        tensor.name(),
                        "its data ends at byte " + expected + ", but the file ends at " + file.size()
                                + "; it is truncated, download it again");
            }
        }
        if (expected != file.size()) {
            throw new ModelFormatException(
                    file.file(),
                    "byte " + expected,
                    (file.size() - expected) + " bytes follow the last tensor; the file is corrupt");
        }
    }

    private static ModelFormatException error(Path file, String name, String problem) {
        return new ModelFormatException(file, "tensor " + name, problem);
    }
}
