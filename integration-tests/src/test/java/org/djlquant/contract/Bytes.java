package org.djlquant.contract;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds headers field by field, little-endian, so that a test can get any one of them wrong. */
final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A GGUF file up to its first key. */
    static Bytes gguf(int version, long tensors, long keys) {
        return new Bytes().ascii("GGUF").u32(version).u64(tensors).u64(keys);
    }

    /** A whole GGUF file of two F32 tensors [2, 8] and no keys, described as given. */
    static Bytes ggufOfTwo(String first, long firstOffset, String second, long secondOffset) {
        return gguf(3, 2, 0)
                .tensor(first, 0, firstOffset, 8, 2)
                .tensor(second, 0, secondOffset, 8, 2)
                .pad(32)
                .zeros(128);
    }

    /** A safetensors file of a header and zeros as data. */
    static Bytes safetensors(String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return new Bytes().u64(json.length).raw(json).zeros(dataBytes);
    }

    Bytes raw(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    Bytes ascii(String text) {
        return raw(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    Bytes u32(int value) {
        return raw(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    Bytes u64(long value) {
        return raw(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    /** A string with its length. */
    Bytes text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return u64(utf8.length).raw(utf8);
    }

    /** The name and type of a metadata key. */
    Bytes key(String name, int type) {
        return text(name).u32(type);
    }

    /** The description of a tensor; dimensions innermost first. */
    Bytes tensor(String name, int type, long offset, long... dims) {
        text(name).u32(dims.length);
        for (long dim : dims) {
            u64(dim);
        }
        return u32(type).u64(offset);
    }

    Bytes pad(int alignment) {
        return zeros(Math.ceilDiv(out.size(), alignment) * alignment - out.size());
    }

    Bytes zeros(int count) {
        return raw(new byte[count]);
    }

    byte[] array() {
        return out.toByteArray();
    }

    Path writeTo(Path file) throws IOException {
        return Files.write(file, array());
    }
}
