package org.djlquant.generate;

import java.util.Set;

/**
 * How tokens are chosen and when to stop. Immutable. Names and meanings are those of transformers'
 * GenerationConfig; stop strings live with the tokenizer, see {@link TokenListener}.
 *
 * @param maxNewTokens most tokens to generate, at least 1
 * @param temperature 0 = greedy; else logits are divided by it
 * @param topK keep only the k likeliest tokens; 0 = all
 * @param topP keep the smallest set whose probability reaches it, in (0, 1]; 1 = all
 * @param minP keep tokens with at least this share of the likeliest one's probability; 0 = all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens already in the sequence; 1 = none
 * @param seed start of the random generator: same seed, same tokens
 * @param eosTokenIds tokens that end the answer
 * @param promptLookupNumTokens most tokens to guess from the text so far and to check in one pass; 0 = none. The
 *     answer is the same with and without, up to rounding
 */
public record GenerationConfig(
        int maxNewTokens,
        float temperature,
        int topK,
        float topP,
        float minP,
        float repetitionPenalty,
        long seed,
        Set<Integer> eosTokenIds,
        int promptLookupNumTokens) {

    private static final int MAX_LOOKUP = 32;

    /** Without guessing. */
    public GenerationConfig(
            int maxNewTokens,
            float temperature,
            int topK,
            float topP,
            float minP,
            float repetitionPenalty,
            long seed,
            Set<Integer> eosTokenIds) {
        this(maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, seed, eosTokenIds, 0);
    }

    /** Checks every range; the message names the parameter, its range and what was found. */
    public GenerationConfig {
        check(maxNewTokens >= 1, "max_new_tokens", "at least 1", maxNewTokens);
        check(temperature >= 0 && temperature <= 100, "temperature", "between 0 and 100", temperature);
        check(topK >= 0, "top_k", "0 (off) or more", topK);
        check(topP > 0 && topP <= 1, "top_p", "in (0, 1]", topP);
        check(minP >= 0 && minP <= 1, "min_p", "between 0 and 1", minP);
        check(repetitionPenalty > 0 && repetitionPenalty <= 100, "repetition_penalty", "in (0, 100]", repetitionPenalty);
        check(
                promptLookupNumTokens >= 0 && promptLookupNumTokens <= MAX_LOOKUP,
                "prompt_lookup_num_tokens", "between 0 (off) and " + MAX_LOOKUP, promptLookupNumTokens);
        eosTokenIds = Set.copyOf(eosTokenIds);
    }

    private static void check(boolean ok, String name, String range, Object found) {
        if (!ok) {
            throw new IllegalArgumentException(name + " must be " + range + ", found " + found);
        }
    }
}
