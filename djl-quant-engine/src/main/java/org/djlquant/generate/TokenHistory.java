package org.djlquant.generate;

import java.util.Arrays;
import java.util.Objects;

/** The tokens of a prompt and of its answer so far. Grows with the answer; not thread-safe. */
public final class TokenHistory {
    private final int promptLength;
    private int[] ids;
    private int length;

    /** A prompt without answer. */
    TokenHistory(int[] prompt) {
        promptLength = prompt.length;
        length = prompt.length;
        ids = Arrays.copyOf(prompt, prompt.length + 64);
    }

    private TokenHistory(TokenHistory other) {
        promptLength = other.promptLength;
        length = other.length;
        ids = other.ids.clone();
    }

    /** The same tokens, to go on otherwise. */
    TokenHistory fork() {
        return new TokenHistory(this);
    }

    void add(int token) {
        if (length == ids.length) {
            ids = Arrays.copyOf(ids, 2 * length);
        }
        ids[length++] = token;
    }

    /** Takes the last token back. */
    void removeLast() {
        length--;
    }

    /** Number of tokens of prompt and answer. */
    public int length() {
        return length;
    }

    /** Number of tokens of the prompt; the answer begins there. */
    public int promptLength() {
        return promptLength;
    }

    /** Number of tokens of the answer. */
    public int answerLength() {
        return length - promptLength;
    }

    /** The token at an index, counted from the beginning of the prompt. */
    public int get(int index) {
        return ids[Objects.checkIndex(index, length)];
    }

    /** A copy of the first tokens. */
    int[] first(int count) {
        return Arrays.copyOf(ids, Objects.checkIndex(count, length + 1));
    }

    /** A copy of the answer. */
    public int[] answer() {
        return Arrays.copyOfRange(ids, promptLength, length);
    }
}
