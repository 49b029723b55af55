package org.djlquant.generate;

import org.djlquant.model.CausalLM;

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

    /**
     * Whether the model can take the request.
     *
     * @throws IllegalArgumentException if the prompt is empty, longer than the context or not of the vocabulary, or a
     *     parameter names a token outside it
     */
    public void check(CausalLM model) {
        Continuation.check(model, this);
    }
}
