package org.djlquant.translate;

import java.util.List;

/**
 * How likely the model found a token, before temperature and filters.
 *
 * @param token text of the token by itself
 * @param id its id
 * @param logProb natural logarithm of its probability; NaN for the first token of a prompt, which nothing predicts
 * @param top the likeliest tokens at this place, likeliest first; empty unless {@code top_logprobs} asked for them
 */
public record TokenLogProb(String token, int id, double logProb, List<TokenLogProb> top) {
    /** Copies the list. */
    public TokenLogProb {
        top = List.copyOf(top);
    }
}
