package org.djlquant.translate;

import java.util.Arrays;
import java.util.Locale;

/** How the final hidden states of a text's tokens become the one vector of {@link TextGeneration#embed(String, Pooling)}. */
public enum Pooling {
    /** The mean of all. */
    MEAN,
    /** That of the last token, the only one that has seen the whole text. */
    LAST,
    /** That of the first token, where models with attention in both directions keep their summary. */
    CLS;

    /**
     * The kind with a name such as {@code mean}, in any case.
     *
     * @throws IllegalArgumentException naming all kinds
     */
    static Pooling of(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("pooling must be one of "
                        + Arrays.toString(values()).toLowerCase(Locale.ROOT) + ", found " + name));
    }

    /** Whether a token's hidden state counts. */
    boolean takes(int token, int tokens) {
        return switch (this) {
            case MEAN -> true;
            case LAST -> token == tokens - 1;
            case CLS -> token == 0;
        };
    }
}
