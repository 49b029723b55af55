package org.djlquant.generate;

/**
 * One prompt to continue.
 *
 * @param prompt token ids, BOS included, at least one
 * @param config how to choose tokens
 * @param listener receives each token
 * @param cancellation ends the request early
 */
public record Request(int[] prompt, GenerationConfig config, TokenListener listener, Cancellation cancellation) {
    /** A request without listener that is never cancelled. */
    public Request(int[] prompt, GenerationConfig config) {
        this(prompt, config, token -> true, new Cancellation());
    }
}
