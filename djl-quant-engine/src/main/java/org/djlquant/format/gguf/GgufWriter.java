package org.djlquant.format.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.djlquant.format.AtomicFile;
import org.djlquant.quant.BlockMatrix;

/**
 * Writes a GGUF version 3 file: collect keys and tensors, then {@link #write}. The bytes of a tensor
 * are asked for when its turn comes, so that a model can be quantized one tensor at a time. Not
 * thread-safe.
 */
public final class GgufWriter {
    private static final int VERSION = 3;
    private static final int MAX_NAME = 63;
    private static final int MAX_DIMS = 4;

    private record Tensor(GgmlType type, long[] shape, long byteSize, Supplier<MemorySegment> bytes) {}

    private final Map<String, GgufValue> values = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /** Sets a key, replacing its earlier value; keys are written in the order they were first set. */
    public GgufWriter put(String key, GgufValue value) {
        if (key.isEmpty()) {
            throw new IllegalArgumentException("empty key");
        }
        values.put(key, value);
        return this;
    }

    /** Sets the keys of another file, without those that say how it was split. */
    public GgufWriter putAll(Map<String, GgufValue> others) {
        others.forEach((key, value) -> {
            if (!key.startsWith("split.")) {
                put(key, value);
            }
        });
        return this;
    }

    /**
     * Adds a tensor.
     *
     * @param name at most 63 bytes of UTF-8
     * @param type a type that is still part of the format
     * @param shape up to four dimensions, outermost first; the last a multiple of the block length
     * @param bytes called once, during {@link #write}
     */
    public GgufWriter tensor(String name, GgmlType type, long[] shape, Supplier<MemorySegment> bytes) {
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
            throw new IllegalArgumentException("tensor name " + name + " is longer than " + MAX_NAME + " bytes");
        }
        if (type.removed() || shape.length > MAX_DIMS) {
            throw new IllegalArgumentException(
                    "tensor " + name + ": type " + type + " with " + shape.length + " dimensions");
        }
        long elements = 1;
        for (long size : shape) {
            if (size < 1) {
                throw new IllegalArgumentException("tensor " + name + " has a dimension of " + size);
            }
            elements = Math.multiplyExact(elements, size);
        }
        long inner = shape.length == 0 ? 1 : shape[shape.length - 1];
        if (inner % type.blockLength() != 0) {
            throw new IllegalArgumentException("tensor " + name + ": rows of " + inner + " elements, " + type
                    + " needs multiples of " + type.blockLength());
        }
        long byteSize = Math.multiplyExact(elements / type.blockLength(), type.blockBytes());
        if (tensors.putIfAbsent(name, new Tensor(type, shape.clone(), byteSize, bytes)) != null) {
            throw new IllegalArgumentException("tensor " + name + " is added twice");
        }
        return this;
    }

    /** Adds a matrix of a scheme that GGUF has. */
    public GgufWriter matrix(String name, BlockMatrix matrix) {
        return tensor(
                name, GgmlType.valueOf(matrix.scheme()), new long[] {matrix.rows(), matrix.cols()}, matrix::data);
    }

    /** Adds a 1-D tensor of float32. */
    public GgufWriter vector(String name, float[] values) {
        return tensor(name, GgmlType.F32, new long[] {values.length}, () -> {
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            return MemorySegment.ofArray(bytes.array());
        });
    }

    /**
     * Writes the file, replacing one that is there only when the new one is whole and on disk.
     *
     * @throws java.io.UncheckedIOException if it cannot be written
     * @throws IllegalArgumentException if a tensor supplies another number of bytes than its shape takes
     */
    public void write(Path target) {
        long alignment = alignment();
        byte[] header = header(alignment);
        AtomicFile.write(target, out -> {
            AtomicFile.writeAll(out, MemorySegment.ofArray(header));
            for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
                pad(out, alignment);
                MemorySegment bytes = entry.getValue().bytes.get();
                if (bytes.byteSize() != entry.getValue().byteSize) {
                    throw new IllegalArgumentException("tensor " + entry.getKey() + " takes "
                            + entry.getValue().byteSize + " bytes, but " + bytes.byteSize() + " were supplied");
                }
                AtomicFile.writeAll(out, bytes);
            }
            pad(out, alignment);
        });
    }

    private long alignment() {
        GgufValue value = values.get(GgufFile.ALIGNMENT_KEY);
        if (value == null) {
            return GgufFile.DEFAULT_ALIGNMENT;
        }
        if (value.type() != GgufType.UINT32
                || Long.bitCount((Long) value.decode(GgufFile.ALIGNMENT_KEY)) != 1) {
            throw new IllegalArgumentException(GgufFile.ALIGNMENT_KEY + " must be a power of two, as UINT32");
        }
        return (Long) value.decode(GgufFile.ALIGNMENT_KEY);
    }

    private byte[] header(long alignment) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ints(out, GgufFile.MAGIC, VERSION);
        longs(out, tensors.size(), values.size());
        values.forEach((key, value) -> {
            text(out, key);
            ints(out, value.type().ordinal());
            out.writeBytes(value.toBytes());
        });
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            text(out, entry.getKey());
            ints(out, tensor.shape.length);
            for (int d = tensor.shape.length - 1; d >= 0; d--) {
                longs(out, tensor.shape[d]);
            }
            ints(out, tensor.type.id());
            longs(out, offset);
            offset = Math.ceilDiv(offset + tensor.byteSize, alignment) * alignment;
        }
        return out.toByteArray();
    }

    private static void pad(FileChannel out, long alignment) throws IOException {
        long gap = Math.ceilDiv(out.position(), alignment) * alignment - out.position();
        AtomicFile.writeAll(out, MemorySegment.ofArray(new byte[(int) gap]));
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        longs(out, utf8.length);
        out.writeBytes(utf8);
    }

    private static void ints(ByteArrayOutputStream out, int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        out.writeBytes(bytes.array());
    }

    private static void longs(ByteArrayOutputStream out, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        out.writeBytes(bytes.array());
    }
}
