package org.djlquant.generate;

/**
 * The outcome of one request.
 *
 * @param tokens generated ids, EOS excluded
 * @param finish why it ended
 * @param promptTokens length of the prompt
 * @param cachedTokens how many of them an earlier request had computed
 * @param draftTokens tokens that were guessed from the text so far and checked beside others
 * @param acceptedTokens how many of those were right
 * @param prefillNanos time until the prompt was processed
 * @param decodeNanos time of the steps after it
 */
public record Generation(int[] tokens, FinishReason finish, int promptTokens, int cachedTokens, int draftTokens, int acceptedTokens, long prefillNanos, long decodeNanos) {}
