package org.djlquant.generate;

/** Ends answers by a rule of the caller's. Called on the generating thread, after each token. */
@FunctionalInterface
public interface StoppingCriteria {
    /** Ends nothing. */
    StoppingCriteria NONE = tokens -> false;

    /**
     * Whether the answer ends here, its last token included. A beam search also asks about continuations that
     * it then does not follow, so the outcome should depend on the tokens alone.
     *
     * @param tokens prompt and answer so far, not to be kept
     */
    boolean isDone(TokenHistory tokens);

    /** Ends where this or another rule does. */
    default StoppingCriteria or(StoppingCriteria other) {
        return tokens -> isDone(tokens) || other.isDone(tokens);
    }
}
