package org.djlquant.generate;

/**
 * Changes the scores of the next token, for constraints such as a grammar. Runs after the repetition
 * penalty and before temperature and filters, where transformers runs processors of the user.
 */
@FunctionalInterface
public interface LogitsProcessor {
    /** Changes nothing. */
    LogitsProcessor NONE = (answer, count, scores, vocabulary) -> {};

    /**
     * Changes scores in place; −∞ forbids a token. At least one token must stay allowed.
     *
     * @param answer the tokens generated so far, the first {@code count} entries; not to be changed or kept
     * @param count number of tokens generated so far
     * @param scores one score per token, the first {@code vocabulary} entries
     * @param vocabulary size of the vocabulary
     */
    void process(int[] answer, int count, float[] scores, int vocabulary);
}
