package org.djlquant.generate;

import java.util.List;

/**
 * One answer of a beam search.
 *
 * @param generation tokens, why it ended, and the times of the whole search
 * @param score what it was chosen by: log-probability / length^length_penalty, its end token counted in both
 * @param logProbs log-probability of each token if the listener asked for them, else empty
 */
public record Beam(Generation generation, double score, List<TokenLogProbs> logProbs) {}
