package org.djlquant.format;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Strict UTF-8: malformed bytes are an error that names their place, never U+FFFD. */
public final class Utf8 {
    private Utf8() {}

    /**
     * Decodes a part of an array.
     *
     * @param file named in the error
     * @param offset where the array begins in the file
     * @param bytes the array
     * @param from the first byte
     * @param length number of bytes
     * @param what what they are, for the error
     * @throws ModelFormatException if they are not UTF-8
     */
    public static String decode(Path file, long offset, byte[] bytes, int from, int length, String what) {
        String text = new String(bytes, from, length, StandardCharsets.UTF_8);
        // the fast decoder replaces what is malformed, so only text with U+FFFD needs the slow look
        if (text.indexOf('\uFFFD') >= 0) {
            CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
            ByteBuffer in = ByteBuffer.wrap(bytes, from, length);
            CoderResult result = decoder.decode(in, CharBuffer.allocate(length), true);
            if (result.isError()) {
                throw new ModelFormatException(
                        file,
                        "byte " + (offset + in.position()),
                        String.format(
                                "%s is not valid UTF-8 (byte 0x%02x at position %d of it); the file is corrupt",
                                what, bytes[in.position()], in.position() - from));
            }
        }
        return text;
    }

    /** Decodes a whole array. */
    static String decode(Path file, long offset, byte[] bytes, String what) {
        return decode(file, offset, bytes, 0, bytes.length, what);
    }
}
