package org.djlquant.generate;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Chooses the tokens of one answer. The chain and its order are those of transformers: the {@link Processors} of the
 * request, then temperature, top-k, top-p, min-p and typical-p if tokens are drawn.
 *
 * <p>The random numbers are SplitMix64 (Steele, Lea, Flood 2014) started at the seed: each token takes
 * one number, its upper 53 bits make u in [0, 1), and the token is the first, in order of id, at which
 * the cumulative probability exceeds u. Not thread-safe.
 */
final class Sampler {
    private final List<LogitsProcessor> processors;
    private final Candidates candidates = new Candidates();
    private final boolean draws;
    private final float temperature;
    private final int topK;
    private final float topP;
    private final float minP;
    private final float typicalP;
    private long state;
    private float[] scores = {};

    Sampler(GenerationConfig config) {
        processors = Processors.of(config);
        draws = config.get(Parameter.DO_SAMPLE);
        temperature = config.get(Parameter.TEMPERATURE);
        topK = config.get(Parameter.TOP_K);
        topP = config.get(Parameter.TOP_P);
        minP = config.get(Parameter.MIN_P);
        typicalP = config.get(Parameter.TYPICAL_P);
        Long seed = config.get(Parameter.SEED);
        state = seed != null ? seed : ThreadLocalRandom.current().nextLong();
    }

    /**
     * Chooses a token.
     *
     * @param history prompt and answer so far
     * @param logits the model's logits of {@code n} tokens from {@code offset} on; not changed
     * @throws IllegalStateException if a logit is NaN, or no token is left
     */
    int sample(TokenHistory history, float[] logits, int offset, int n) {
        if (!draws && processors.isEmpty()) {
            return Candidates.argmax(logits, offset, n);
        }
        process(history, logits, offset, n);
        return draws ? candidates.draw(scores, nextUniform()) : Candidates.argmax(scores, 0, n);
    }

    /** Applies the chain; returns the scores left, −∞ for removed tokens. The array is reused and may be longer. */
    float[] process(TokenHistory history, float[] logits, int offset, int n) {
        if (scores.length < n) {
            scores = new float[n];
        }
        System.arraycopy(logits, offset, scores, 0, n);
        for (int i = 0; i < processors.size(); i++) {
            processors.get(i).process(history, scores, n);
        }
        if (draws) {
            if (temperature != 1) {
                for (int i = 0; i < n; i++) {
                    scores[i] /= temperature;
                }
            }
            candidates.begin(n);
            if (topK > 0) {
                candidates.keepTopK(scores, topK);
            }
            if (topP < 1) {
                candidates.keepTopP(scores, topP);
            }
            if (minP > 0) {
                candidates.keepMinP(scores, minP);
            }
            if (typicalP < 1) {
                candidates.keepTypical(scores, typicalP);
            }
        }
        return scores;
    }

    /** SplitMix64. */
    private double nextUniform() {
        state += 0x9E3779B97F4A7C15L;
        long z = state;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >>> 11) * 0x1.0p-53;
    }
}
