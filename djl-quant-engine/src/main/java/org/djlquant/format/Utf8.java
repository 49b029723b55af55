package org.djlquant.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
     * Decodes bytes.
     *
     * @param file named in the error
     * @param offset where the bytes begin in the file
     * @param bytes the bytes
     * @param what what they are, for the error
     * @throws ModelFormatException if they are not UTF-8
     */
    public static String decode(Path file, long offset, byte[] bytes, String what) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        // the fast decoder replaces what is malformed, so only text with U+FFFD needs the slow look
        if (text.indexOf('\uFFFD') >= 0) {
            CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
            ByteBuffer in = ByteBuffer.wrap(bytes);
            CoderResult result = decoder.decode(in, CharBuffer.allocate(bytes.length), true);
            if (result.isError()) {
                throw new ModelFormatException(
                        file,
                        "byte " + (offset + in.position()),
                        what + " is not valid UTF-8 (byte 0x"
                                + String.format("%02x", bytes[in.position()]) + " at position " + in.position()
                                + " of it); the file is corrupt");
            }
        }
        return text;
    }

    static String decode(Path file, long offset, MemorySegment bytes, String what) {
        return decode(file, offset, bytes.toArray(ValueLayout.JAVA_BYTE), what);
    }
}
