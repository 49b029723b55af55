package org.djlquant.chat;

import java.time.Duration;

/**
 * What one rendering may cost. A template comes with the model file and is code from a stranger, so every
 * resource it could exhaust has a bound; passing one is a {@link ChatTemplateException} of kind
 * {@link ChatTemplateException.Kind#LIMIT}.
 *
 * @param maxSteps evaluated expressions, loop passes, list elements and 16-character pieces of text
 * @param maxCharacters longest text that may be built, the output included
 * @param maxDepth nesting of macro calls, recursive loops and values
 * @param maxTime wall-clock time
 */
public record TemplateLimits(long maxSteps, int maxCharacters, int maxDepth, Duration maxTime) {

    /** Generous for real chats (they take about a hundred steps a message), small against a bomb. */
    public static final TemplateLimits DEFAULT =
            new TemplateLimits(20_000_000L, 16 << 20, 150, Duration.ofSeconds(10));

    /** Checks that every bound is positive. */
    public TemplateLimits {
        if (maxSteps <= 0 || maxCharacters <= 0 || maxDepth <= 0 || maxTime.isNegative() || maxTime.isZero()) {
            throw new IllegalArgumentException("template limits must be positive: steps " + maxSteps
                    + ", characters " + maxCharacters + ", depth " + maxDepth + ", time " + maxTime);
        }
    }
}
