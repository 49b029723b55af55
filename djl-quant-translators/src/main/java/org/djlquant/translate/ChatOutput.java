package org.djlquant.translate;

import java.util.List;

/**
 * An answer.
 *
 * @param text its text, without stop strings and end tokens
 * @param finishReason {@code stop} (the model or a stop string ended it), {@code length} (max_new_tokens or the context
 *     was reached) or {@code cancelled}
 * @param usage tokens
 * @param timings time
 * @param logProbs one entry for each generated token if the parameter {@code logprobs} asked for them, else empty
 */
public record ChatOutput(String text, String finishReason, Usage usage, Timings timings, List<TokenLogProb> logProbs) {
    /** Copies the list. */
    public ChatOutput {
        logProbs = List.copyOf(logProbs);
    }
}
