package org.djlquant.generate;

/**
 * How likely the model found a token, before penalties, temperature and filters.
 *
 * @param token the chosen token
 * @param logProb natural logarithm of its probability
 * @param topTokens the likeliest tokens, likeliest first, the lower id among equals
 * @param topLogProbs their logarithms
 */
public record TokenLogProbs(int token, float logProb, int[] topTokens, float[] topLogProbs) {

    /** Computes them from the logits of {@code n} tokens from {@code offset} on. */
    static TokenLogProbs of(float[] logits, int offset, int n, int token, int top) {
        double norm = logSumExp(logits, offset, n);
        int size = Math.min(top, n);
        int[] tokens = new int[size];
        int found = 0;
        for (int i = 0; i < n; i++) {
            if (found == size && (size == 0 || logits[offset + i] <= logits[offset + tokens[size - 1]])) {
                continue;
            }
            int at = found < size ? found++ : size - 1;
            while (at > 0 && logits[offset + i] > logits[offset + tokens[at - 1]]) {
                tokens[at] = tokens[at - 1];
                at--;
            }
            tokens[at] = i;
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (logits[offset + tokens[i]] - norm);
        }
        return new TokenLogProbs(token, (float) (logits[offset + token] - norm), tokens, values);
    }

    /** Fills the first {@code n} scores with log-probabilities. */
    static void logSoftmax(float[] logits, int offset, int n, float[] scores) {
        double norm = logSumExp(logits, offset, n);
        for (int i = 0; i < n; i++) {
            scores[i] = (float) (logits[offset + i] - norm);
        }
    }

    /** ln Σ e^logit. */
    static double logSumExp(float[] logits, int offset, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, logits[offset + i]);
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += Math.exp((double) logits[offset + i] - max);
        }
        return max + Math.log(sum);
    }
}
