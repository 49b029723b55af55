package org.djlquant.translate;

/**
 * An answer.
 *
 * @param text its text, without stop strings and end tokens
 * @param finishReason {@code stop} (the model or a stop string ended it), {@code length} (max_new_tokens or the context
 *     was reached) or {@code cancelled}
 * @param usage tokens
 * @param timings time
 */
public record ChatOutput(String text, String finishReason, Usage usage, Timings timings) {}
