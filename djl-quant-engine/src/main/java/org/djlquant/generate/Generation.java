package org.djlquant.generate;

/**
 * The outcome of one request.
 *
 * @param tokens generated ids, EOS excluded
 * @param finish why it ended
 * @param promptTokens length of the prompt
 * @param prefillNanos time until the prompt was processed
 * @param decodeNanos time of the steps after it
 */
public record Generation(int[] tokens, FinishReason finish, int promptTokens, long prefillNanos, long decodeNanos) {}
