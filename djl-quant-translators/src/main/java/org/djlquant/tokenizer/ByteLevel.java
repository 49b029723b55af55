package org.djlquant.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's reversible table of bytes and printable characters: printable Latin-1 bytes stand for
 * themselves, the other 68 follow from U+0100 on in order of their value.
 */
final class ByteLevel {
    private static final short[] BYTE_OF = new short[0x180];

    static {
        Arrays.fill(BYTE_OF, (short) -1);
        int next = 0x100;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            BYTE_OF[printable ? b : next++] = (short) b;
        }
    }

    private ByteLevel() {}

    /** Bytes of a token; a token with any character outside the table is ordinary text, as in Hugging Face's decoder. */
    static byte[] bytes(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = token.charAt(i);
            if (c >= BYTE_OF.length || BYTE_OF[c] < 0) {
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) BYTE_OF[c];
        }
        return bytes;
    }
}
