package org.djlquant.tokenizer;

/**
 * Streaming decoder of byte-level vocabularies: a UTF-8 decoder that keeps an unfinished character for
 * the next token. Malformed bytes become one U+FFFD for each maximal subpart (Unicode 3.9, table 3-7),
 * as in the native decoding of the whole; Java's own decoder counts surrogates and overlong forms differently.
 */
final class ByteLevelDetokenizer implements StreamingDetokenizer {
    private final Vocabulary vocabulary;
    /** Bytes still to come of the character begun, and the bits gathered of it. */
    private int missing;

    private int bits;
    /** Range of the next continuation byte: narrower after E0, ED, F0 and F4. */
    private int low;

    private int high;

    ByteLevelDetokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    @Override
    public String add(int token) {
        String text = vocabulary.text(token);
        if (text == null || vocabulary.isSpecial(token)) {
            return "";
        }
        StringBuilder out = new StringBuilder(text.length() + 1);
        for (byte b : ByteLevel.bytes(text)) {
            decode(b & 0xFF, out);
        }
        return out.toString();
    }

    @Override
    public String finish() {
        boolean unfinished = missing > 0;
        missing = 0;
        return unfinished ? "\uFFFD" : "";
    }

    private void decode(int b, StringBuilder out) {
        if (missing > 0) {
            if (b >= low && b <= high) {
                bits = bits << 6 | b & 0x3F;
                low = 0x80;
                high = 0xBF;
                if (--missing == 0) {
                    out.appendCodePoint(bits);
                }
                return;
            }
            missing = 0;
            out.append('\uFFFD');
        }
        if (b < 0x80) {
            out.append((char) b);
        } else if (b >= 0xC2 && b <= 0xDF) {
            begin(1, b & 0x1F, 0x80, 0xBF);
        } else if (b >= 0xE0 && b <= 0xEF) {
            begin(2, b & 0x0F, b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF);
        } else if (b >= 0xF0 && b <= 0xF4) {
            begin(3, b & 0x07, b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF);
        } else {
            out.append('\uFFFD');
        }
    }

    private void begin(int continuations, int firstBits, int from, int to) {
        missing = continuations;
        bits = firstBits;
        low = from;
        high = to;
    }
}
