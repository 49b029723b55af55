package org.djlquant.generate;

/**
 * Changes the scores of the next token, for constraints such as a grammar. Runs after the penalties and bans of the request
 * and before temperature and filters, where transformers runs processors of the user. In a beam search scores are
 * log-probabilities, and each beam asks in turn, so the outcome should depend on the tokens alone.
 */
@FunctionalInterface
public interface LogitsProcessor {
    /** Changes nothing. */
    LogitsProcessor NONE = (tokens, scores, vocabulary) -> {};

    /**
     * Changes scores in place; −∞ forbids a token. At least one token must stay allowed.
     *
     * @param tokens prompt and answer so far, not to be kept
     * @param scores one score per token, the first {@code vocabulary} entries
     * @param vocabulary size of the vocabulary
     */
    void process(TokenHistory tokens, float[] scores, int vocabulary);

    /** This one and then another. */
    default LogitsProcessor andThen(LogitsProcessor next) {
        return (tokens, scores, vocabulary) -> {
            process(tokens, scores, vocabulary);
            next.process(tokens, scores, vocabulary);
        };
    }
}
