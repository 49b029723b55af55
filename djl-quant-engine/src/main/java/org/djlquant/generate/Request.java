package org.djlquant.generate;

/**
 * One prompt to continue.
 *
 * @param prompt token ids, BOS included, at least one
 * @param config how to choose tokens
 * @param listener receives each token
 * @param cancellation ends the request early
 * @param processor constrains the choice; use one for each request if it has a state
 */
public record Request(
        int[] prompt, GenerationConfig config, TokenListener listener, Cancellation cancellation, LogitsProcessor processor) {
    /** A request without constraints. */
    public Request(int[] prompt, GenerationConfig config, TokenListener listener, Cancellation cancellation) {
        this(prompt, config, listener, cancellation, LogitsProcessor.NONE);
    }

    /** A request without listener and constraints that is never cancelled. */
    public Request(int[] prompt, GenerationConfig config) {
        this(prompt, config, token -> true, new Cancellation());
    }
}
