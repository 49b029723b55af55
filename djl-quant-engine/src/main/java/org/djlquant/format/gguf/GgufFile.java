package org.djlquant.format.gguf;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.djlquant.format.ByteCursor;
import org.djlquant.format.MappedFile;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;

/**
 * The header of one GGUF file, versions 2 and 3, little-endian:
 *
 * <pre>
 * "GGUF"  u32 version  u64 tensor count  u64 key count
 * keys:    string key, u32 type, value            string = u64 length, UTF-8
 * tensors: string name, u32 n, n × u64 dimension (innermost first), u32 type, u64 offset in the data
 * padding to general.alignment (32), then the data, each tensor padded likewise
 * </pre>
 *
 * As strict as ggml: tensors lie in the order of their descriptions without gaps. Source: gguf.md and
 * gguf.cpp of ggml.
 *
 * @param version 2 or 3
 * @param values the key-values in file order
 * @param tensors the tensors in file order; their bytes lie within the file
 */
record GgufFile(int version, Map<String, GgufValue> values, List<TensorInfo> tensors) {
    /** The first four bytes of a file, read as a little-endian integer. */
    static final int MAGIC = 0x46554747;

    static final int DEFAULT_ALIGNMENT = 32;
    static final String ALIGNMENT_KEY = "general.alignment";
    private static final int MAX_DIMS = 4;
    private static final int MAX_NAME = 63;
    private static final int MAX_NESTING = 8;
    private static final int MIN_KEY_BYTES = 8 + 4 + 1;
    private static final int MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

    /** A tensor description before its place is checked. */
    private record Description(String name, GgmlType type, long[] shape, long offset, long byteSize) {}

    /**
     * Parses and checks a header.
     *
     * @throws ModelFormatException if anything in it is wrong
     * @throws UnsupportedModelException for other versions, big-endian files and unknown tensor types
     */
    static GgufFile read(MappedFile file) {
        ByteCursor in = file.cursor(0);
        int magic = in.i32("magic");
        if (magic != MAGIC) {
            throw new ModelFormatException(
                    file.file(),
                    "byte 0",
                    String.format("is not a GGUF file: expected the bytes \"GGUF\", found 0x%08x", Integer.reverseBytes(magic)));
        }
        int version = in.i32("version");
        checkVersion(file, version);
        long tensorCount = in.count64(MIN_TENSOR_BYTES, "tensor count");
        long keyCount = in.count64(MIN_KEY_BYTES, "key count");

        Map<String, GgufValue> values = new LinkedHashMap<>();
        for (long i = 0; i < keyCount; i++) {
            readValue(file, in, values);
        }
        long alignment = alignment(file, values);
        List<Description> descriptions = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long i = 0; i < tensorCount; i++) {
            Description tensor = readDescription(file, in, i);
            if (!names.add(tensor.name)) {
                throw new ModelFormatException(
                        file.file(), "tensor " + tensor.name, "is described twice; the file is corrupt");
            }
            descriptions.add(tensor);
        }
        long dataStart = Math.ceilDiv(in.position(), alignment) * alignment;
        return new GgufFile(version, values, place(file, descriptions, dataStart, alignment));
    }

    private static void checkVersion(MappedFile file, int version) {
        if (version == 2 || version == 3) {
            return;
        }
        if (version == 1) {
            throw new UnsupportedModelException(file.file()
                    + ": byte 4: is GGUF version 1, which was replaced in 2023; supported: 2 and 3. Convert the"
                    + " model again or download a newer file");
        }
        if (version != 0 && (version & 0xffff) == 0) {
            throw new UnsupportedModelException(file.file() + ": byte 4: is a big-endian GGUF file (version "
                    + Integer.reverseBytes(version)
                    + " with its bytes reversed); only little-endian is supported. Convert it with"
                    + " gguf_convert_endian.py of llama.cpp");
        }
        if (version > 3 && version < 1000) {
            throw new UnsupportedModelException(file.file() + ": byte 4: is GGUF version " + version
                    + ", newer than this library; supported: 2 and 3. Upgrade djl-quant");
        }
        throw new ModelFormatException(
                file.file(),
                "byte 4",
                "GGUF version is " + Integer.toUnsignedString(version) + ", expected 2 or 3; the file is corrupt");
    }

    private static void readValue(MappedFile file, ByteCursor in, Map<String, GgufValue> values) {
        long keyAt = in.position();
        String key = in.text64("metadata key");
        if (key.isEmpty()) {
            throw new ModelFormatException(file.file(), "byte " + keyAt, "empty metadata key; the file is corrupt");
        }
        GgufType type = valueType(in, key);
        long at = in.position();
        skip(in, type, key, 0);
        GgufValue value = new GgufValue(file.file(), at, type, file.data().asSlice(at, in.position() - at));
        if (values.putIfAbsent(key, value) != null) {
            throw new ModelFormatException(
                    file.file(), "byte " + keyAt, "metadata key " + key + " is stored twice; the file is corrupt");
        }
    }

    private static GgufType valueType(ByteCursor in, String key) {
        int id = in.i32("type of " + key);
        GgufType type = GgufType.of(id);
        if (type == null) {
            throw in.error(4, "metadata key " + key + " has the type " + Integer.toUnsignedString(id)
                    + ", expected 0 to 12; the file is corrupt or newer than this library");
        }
        return type;
    }

    private static void skip(ByteCursor in, GgufType type, String key, int depth) {
        if (type.fixed()) {
            in.skip(type.minBytes(), key);
        } else if (type == GgufType.STRING) {
            in.skip(in.count64(1, "string length"), key);
        } else {
            if (depth == MAX_NESTING) {
                throw in.error(4, "metadata key " + key + " nests arrays deeper than " + MAX_NESTING
                        + "; the file is corrupt");
            }
            GgufType items = valueType(in, key);
            long count = in.count64(items.minBytes(), "array length");
            if (items.fixed()) {
                in.skip(count * items.minBytes(), key);
            } else {
                for (long i = 0; i < count; i++) {
                    skip(in, items, key, depth + 1);
                }
            }
        }
    }

    private static long alignment(MappedFile file, Map<String, GgufValue> values) {
        GgufValue value = values.get(ALIGNMENT_KEY);
        if (value == null) {
            return DEFAULT_ALIGNMENT;
        }
        if (value.type() != GgufType.UINT32) {
            throw new ModelFormatException(
                    file.file(), "key " + ALIGNMENT_KEY, "has the type " + value.type() + ", expected UINT32");
        }
        long alignment = (Long) value.decode(ALIGNMENT_KEY);
        if (Long.bitCount(alignment) != 1) {
            throw new ModelFormatException(
                    file.file(), "key " + ALIGNMENT_KEY, "is " + alignment + ", expected a power of two");
        }
        return alignment;
    }

    private static Description readDescription(MappedFile file, ByteCursor in, long index) {
        String what = "description of tensor " + index;
        long nameLength = in.count64(1, "length of the name of tensor " + index);
        if (nameLength > MAX_NAME) {
            throw in.error(8, "the name of tensor " + index + " has " + nameLength + " bytes, at most " + MAX_NAME
                    + " are allowed; the file is corrupt");
        }
        String name = in.text(nameLength, "name of tensor " + index);
        int dims = in.i32(what);
        if (dims < 0 || dims > MAX_DIMS) {
            throw in.error(4, "tensor " + name + " has " + Integer.toUnsignedString(dims) + " dimensions, at most "
                    + MAX_DIMS + " are allowed; the file is corrupt");
        }
        long[] shape = new long[dims];
        long elements = 1;
        for (int d = dims - 1; d >= 0; d--) {
            shape[d] = in.i64(what);
            if (shape[d] <= 0 || Math.multiplyHigh(elements, shape[d]) != 0 || elements * shape[d] < 0) {
                throw in.error(8, "tensor " + name + ": dimension " + (dims - 1 - d) + " is "
                        + Long.toUnsignedString(shape[d])
                        + ", which is not positive or overflows 64 bits; the file is corrupt");
            }
            elements *= shape[d];
        }
        GgmlType type = tensorType(file, in, name);
        long inner = dims == 0 ? 1 : shape[dims - 1];
        if (inner % type.blockLength() != 0) {
            throw new ModelFormatException(
                    file.file(),
                    "tensor " + name,
                    "has rows of " + inner + " elements, which " + type + " can only store in multiples of "
                            + type.blockLength());
        }
        long blocks = elements / type.blockLength();
        if (Math.multiplyHigh(blocks, type.blockBytes()) != 0 || blocks * type.blockBytes() < 0) {
            throw new ModelFormatException(
                    file.file(), "tensor " + name, "its " + elements + " elements of " + type + " overflow 64 bits");
        }
        return new Description(name, type, shape, in.i64(what), blocks * type.blockBytes());
    }

    private static GgmlType tensorType(MappedFile file, ByteCursor in, String name) {
        int id = in.i32("type of tensor " + name);
        GgmlType type = GgmlType.of(id);
        if (type == null) {
            throw new UnsupportedModelException(file.file() + ": byte " + (in.position() - 4) + ": tensor " + name
                    + " has the unknown type number " + Integer.toUnsignedString(id)
                    + "; the file is corrupt or newer than this library, which knows " + GgmlType.known());
        }
        if (type.removed()) {
            throw new UnsupportedModelException(file.file() + ": tensor " + name + ": type " + type
                    + " was removed from GGUF; use a file of type "
                    + (type.name().startsWith("IQ4_NL") ? "IQ4_NL" : "Q4_0") + " instead");
        }
        return type;
    }

    private static List<TensorInfo> place(
            MappedFile file, List<Description> descriptions, long dataStart, long alignment) {
        List<TensorInfo> tensors = new ArrayList<>(descriptions.size());
        long expected = 0;
        for (Description tensor : descriptions) {
            long available = Math.max(0, file.size() - dataStart);
            checkOffset(file, tensor, expected, available, alignment);
            if (tensor.byteSize > available - tensor.offset) {
                throw new ModelFormatException(
                        file.file(),
                        "tensor " + tensor.name,
                        "needs the bytes " + (dataStart + tensor.offset) + " to "
                                + Long.toUnsignedString(dataStart + tensor.offset + tensor.byteSize)
                                + ", but the file ends at " + file.size()
                                + "; it is truncated, download it again");
            }
            tensors.add(new TensorInfo(
                    tensor.name,
                    tensor.type.name(),
                    tensor.shape,
                    file.file(),
                    dataStart + tensor.offset,
                    tensor.byteSize));
            expected = Math.ceilDiv(tensor.offset + tensor.byteSize, alignment) * alignment;
        }
        return tensors;
    }

    private static void checkOffset(
            MappedFile file, Description tensor, long expected, long available, long alignment) {
        if (tensor.offset == expected) {
            return;
        }
        String found = "has the data offset " + Long.toUnsignedString(tensor.offset);
        String problem;
        if (tensor.offset < 0 || tensor.offset > available) {
            problem = found + ", outside the " + available + " bytes of data in the file; expected " + expected
                    + "; the file is corrupt or truncated";
        } else if (tensor.offset % alignment != 0) {
            problem = found + ", which is not a multiple of the alignment " + alignment + "; expected " + expected
                    + "; the file is corrupt";
        } else if (tensor.offset < expected) {
            problem = found + ", which overlaps the tensor before it; expected " + expected + "; the file is corrupt";
        } else {
            problem = found + ", which leaves a gap after the tensor before it; expected " + expected
                    + "; write the file again with a tool that orders tensors as GGUF demands";
        }
        throw new ModelFormatException(file.file(), "tensor " + tensor.name, problem);
    }
}
