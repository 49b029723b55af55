package org.djlquant.generate;

import java.util.Arrays;

/**
 * Guesses what comes next from the text so far: what followed the last time its final tokens occurred
 * (prompt lookup decoding, Saxena 2023). Good where an answer quotes its prompt or repeats itself; the
 * model checks all guesses in one pass. After a wrong guess the next one is shorter.
 */
final class PromptLookup {
    /** Tokens that must occur before; two are tried if three do not. */
    private static final int LONGEST_MATCH = 3;

    private static final int SHORTEST_MATCH = 2;

    private final int most;
    private int[] tokens;
    private int count;
    private int size;

    /**
     * Starts with a prompt.
     *
     * @param most tokens of a guess, at least 1
     */
    PromptLookup(int[] prompt, int most) {
        this.most = most;
        size = most;
        tokens = Arrays.copyOf(prompt, prompt.length + 64);
        count = prompt.length;
    }

    /** Notes a token of the answer. */
    void accept(int token) {
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * count);
        }
        tokens[count++] = token;
    }

    /**
     * Guesses the next tokens.
     *
     * @param guess receives them from index {@code at} on
     * @param limit most tokens wanted
     * @return how many there are, 0 if the text gives no hint
     */
    int guess(int[] guess, int at, int limit) {
        int wanted = Math.min(size, limit);
        for (int n = LONGEST_MATCH; n >= SHORTEST_MATCH && wanted > 0; n--) {
            for (int from = count - n - 1; from >= 0; from--) {
                if (Arrays.equals(tokens, from, from + n, tokens, count - n, count)) {
                    int length = Math.min(wanted, count - from - n);
                    System.arraycopy(tokens, from + n, guess, at, length);
                    return length;
                }
            }
        }
        return 0;
    }

    /** Learns how good the last guess was. */
    void learn(int guessed, int right) {
        size = right == guessed ? Math.min(most, 2 * size) : Math.max(1, right);
    }
}
