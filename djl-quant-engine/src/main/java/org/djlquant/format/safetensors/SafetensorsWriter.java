package org.djlquant.format.safetensors;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.djlquant.format.AtomicFile;

/**
 * Writes one safetensors file: collect tensors, then {@link #write}. The bytes of a tensor are asked
 * for when its turn comes. Not thread-safe.
 */
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 8;

    private record Tensor(SafetensorsType type, long[] shape, long byteSize, Supplier<MemorySegment> bytes) {}

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /**
     * Adds a tensor.
     *
     * @param name full name
     * @param type element type
     * @param shape outermost first
     * @param bytes called once, during {@link #write}
     */
    public SafetensorsWriter tensor(String name, SafetensorsType type, long[] shape, Supplier<MemorySegment> bytes) {
        long bits = type.bits();
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("tensor " + name + " has a dimension of " + size);
            }
            bits = Math.multiplyExact(bits, size);
        }
        if (bits % 8 != 0) {
            throw new IllegalArgumentException("tensor " + name + " does not fill whole bytes");
        }
        if (tensors.putIfAbsent(name, new Tensor(type, shape.clone(), bits / 8, bytes)) != null) {
            throw new IllegalArgumentException("tensor " + name + " is added twice");
        }
        return this;
    }

    /**
     * Writes the file, replacing one that is there only when the new one is whole and on disk.
     *
     * @throws java.io.UncheckedIOException if it cannot be written
     * @throws IllegalArgumentException if a tensor supplies another number of bytes than its shape takes
     */
    public void write(Path target) {
        byte[] header = header();
        AtomicFile.write(target, out -> {
            AtomicFile.writeAll(out, MemorySegment.ofArray(header));
            for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
                MemorySegment bytes = entry.getValue().bytes.get();
                if (bytes.byteSize() != entry.getValue().byteSize) {
                    throw new IllegalArgumentException("tensor " + entry.getKey() + " takes "
                            + entry.getValue().byteSize + " bytes, but " + bytes.byteSize() + " were supplied");
                }
                AtomicFile.writeAll(out, bytes);
            }
        });
    }

    private byte[] header() {
        JsonObject metadata = new JsonObject();
        // transformers refuses files that do not name a framework
        metadata.addProperty("format", "pt");
        JsonObject header = new JsonObject();
        header.add("__metadata__", metadata);
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            JsonObject description = new JsonObject();
            description.addProperty("dtype", tensor.type.name());
            description.add("shape", array(tensor.shape));
            description.add("data_offsets", array(offset, offset + tensor.byteSize));
            header.add(entry.getKey(), description);
            offset += tensor.byteSize;
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        int padded = Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT;
        ByteBuffer bytes = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(padded).put(json);
        while (bytes.hasRemaining()) {
            bytes.put((byte) ' ');
        }
        return bytes.array();
    }

    private static JsonArray array(long... values) {
        JsonArray array = new JsonArray();
        for (long value : values) {
            array.add(value);
        }
        return array;
    }
}
