package org.djlquant.translate;

/**
 * Where the time of a request went.
 *
 * @param prefillMillis until the prompt was processed and the first token chosen
 * @param decodeMillis for the tokens after the first
 */
public record Timings(double prefillMillis, double decodeMillis) {}
