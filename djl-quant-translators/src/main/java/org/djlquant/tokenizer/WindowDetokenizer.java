package org.djlquant.tokenizer;

import java.util.Arrays;
import java.util.function.Function;

/**
 * Streaming decoder for any vocabulary, by decoding a short window twice: without and with the new
 * tokens; the difference is the new text. The window begins one piece back, because a decoder may treat
 * the first token in a special way, and is not emitted while it ends in an unfinished character.
 */
final class WindowDetokenizer implements StreamingDetokenizer {
    /** Tokens after which an unfinished tail is given out as it is: no character has so many. */
    private static final int LIMIT = 64;

    private final Function<int[], String> decode;
    private int[] window = new int[LIMIT];
    private int emitted;
    private int length;
    private String before = "";

    WindowDetokenizer(Function<int[], String> decode) {
        this.decode = decode;
    }

    @Override
    public String add(int token) {
        if (length == window.length) {
            window = Arrays.copyOf(window, 2 * length);
        }
        window[length++] = token;
        return emit(length - emitted >= LIMIT);
    }

    @Override
    public String finish() {
        return emit(true);
    }

    private String emit(boolean all) {
        String text = decode.apply(Arrays.copyOf(window, length));
        if (text.length() <= before.length() || !all && text.endsWith("\uFFFD")) {
            return "";
        }
        String piece = text.substring(before.length());
        System.arraycopy(window, emitted, window, 0, length - emitted);
        length -= emitted;
        emitted = length;
        before = decode.apply(Arrays.copyOf(window, length));
        return piece;
    }
}
