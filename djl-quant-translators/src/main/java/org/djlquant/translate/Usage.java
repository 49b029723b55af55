package org.djlquant.translate;

/**
 * Tokens of a request.
 *
 * @param promptTokens tokens of the prompt
 * @param completionTokens generated tokens, end tokens not counted
 * @param cachedTokens tokens of the prompt that an earlier request had computed
 * @param acceptedPredictionTokens generated tokens that were guessed rightly ({@code prompt_lookup_num_tokens})
 * @param rejectedPredictionTokens wrong guesses; they are not part of the answer
 */
public record Usage(
        int promptTokens,
        int completionTokens,
        int cachedTokens,
        int acceptedPredictionTokens,
        int rejectedPredictionTokens) {
    /** Prompt and answer together. */
    public int totalTokens() {
        return promptTokens + completionTokens;
    }
}
