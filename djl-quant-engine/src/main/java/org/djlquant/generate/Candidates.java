package org.djlquant.generate;

import static org.djlquant.generate.Processors.REMOVED;

import java.util.Arrays;

/**
 * Filters that remove unlikely tokens before one is drawn, each working on what the one before it left. They select
 * with heaps instead of sorting the vocabulary: a heap of k for top_k, and for top_p and typical_p one of the tokens likely
 * enough to matter, of which only as many are taken as are kept. Not thread-safe; the arrays are reused.
 */
final class Candidates {
    private float[] heap = {};
    private int[] tokens = {};
    private double[] probabilities = {};
    /** What the heap of tokens is ordered by: smallest first, the lower id among equals. */
    private double[] keys = {};

    /** Keeps every score that is at least the k-th largest (more than k among equals). */
    void keepTopK(float[] scores, int n, int k) {
        if (heap.length < k) {
            heap = new float[k];
        }
        System.arraycopy(scores, 0, heap, 0, k);
        for (int i = k / 2 - 1; i >= 0; i--) {
            siftSmallestScore(i, k);
        }
        for (int i = k; i < n; i++) {
            if (scores[i] > heap[0]) {
                heap[0] = scores[i];
                siftSmallestScore(0, k);
            }
        }
        for (int i = 0; i < n; i++) {
            if (scores[i] < heap[0]) {
                scores[i] = REMOVED;
            }
        }
    }

    private void siftSmallestScore(int i, int size) {
        float value = heap[i];
        for (int child = 2 * i + 1; child < size; child = 2 * i + 1) {
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (value <= heap[child]) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = value;
    }

    /** Keeps the likeliest tokens until their probability reaches {@code topP}; of equals the lower ids. */
    void keepTopP(float[] scores, int n, float topP) {
        double total = exponentials(scores, n);
        double wanted = topP * total;
        // less likely tokens than this cannot be among them, since all of them together do not make up 1 - topP
        double cutoff = n == 1 ? 0 : (total - wanted) / (n - 1);
        for (int i = 0; i < n; i++) {
            keys[i] = -scores[i];
        }
        keep(scores, n, take(n, cutoff, wanted, false));
    }

    /** Keeps tokens with at least {@code minP} of the likeliest one's probability. */
    void keepMinP(float[] scores, int n, float minP) {
        float max = max(scores, n);
        for (int i = 0; i < n; i++) {
            if (scores[i] != max && Math.exp((double) scores[i] - max) < minP) {
                scores[i] = REMOVED;
            }
        }
    }

    /**
     * Locally typical sampling (Meister et al. 2022): keeps tokens whose surprise −log p is nearest to the entropy, until
     * their probability reaches {@code typicalP}, and others just as near.
     */
    void keepTypical(float[] scores, int n, float typicalP) {
        double total = exponentials(scores, n);
        double norm = max(scores, n) + Math.log(total);
        double entropy = 0;
        for (int i = 0; i < n; i++) {
            if (scores[i] != REMOVED) {
                entropy += probabilities[i] / total * (norm - scores[i]);
            }
        }
        for (int i = 0; i < n; i++) {
            // in float as in transformers, so that equals are the same
            keys[i] = scores[i] == REMOVED ? Double.POSITIVE_INFINITY : (float) Math.abs(norm - scores[i] - entropy);
        }
        keep(scores, n, take(n, 0, typicalP * total, true));
    }

    /**
     * Takes tokens by their keys until their probability is {@code wanted}; returns how many are left in the heap, those
     * taken stand behind it up to {@code size}.
     *
     * @param cutoff tokens less likely are not looked at
     * @param withEquals whether to go on taking tokens whose key is that of the last
     */
    private Taken take(int n, double cutoff, double wanted, boolean withEquals) {
        int size = 0;
        for (int i = 0; i < n; i++) {
            if (probabilities[i] > 0 && probabilities[i] >= cutoff) {
                tokens[size++] = i;
            }
        }
        for (int i = size / 2 - 1; i >= 0; i--) {
            siftFirst(i, size);
        }
        double sum = 0;
        double last = Double.NEGATIVE_INFINITY;
        int left = size;
        while (left > 0 && (left == size || sum < wanted || withEquals && keys[tokens[0]] == last)) {
            int token = tokens[0];
            last = keys[token];
            sum += probabilities[token];
            tokens[0] = tokens[--left];
            tokens[left] = token;
            siftFirst(0, left);
        }
        return new Taken(left, size);
    }

    /** Places of the tokens taken. */
    private record Taken(int from, int to) {}

    private void keep(float[] scores, int n, Taken taken) {
        Arrays.sort(tokens, taken.from, taken.to);
        int next = taken.from;
        for (int i = 0; i < n; i++) {
            if (next < taken.to && tokens[next] == i) {
                next++;
            } else {
                scores[i] = REMOVED;
            }
        }
    }

    private boolean before(int a, int b) {
        return keys[a] < keys[b] || keys[a] == keys[b] && a < b;
    }

    private void siftFirst(int i, int size) {
        if (size == 0) {
            return;
        }
        int value = tokens[i];
        for (int child = 2 * i + 1; child < size; child = 2 * i + 1) {
            if (child + 1 < size && before(tokens[child + 1], tokens[child])) {
                child++;
            }
            if (before(value, tokens[child])) {
                break;
            }
            tokens[i] = tokens[child];
            i = child;
        }
        tokens[i] = value;
    }

    /** Draws a token by its probability: the first at which the cumulative one exceeds {@code uniform}, in [0, 1). */
    int draw(float[] scores, int n, double uniform) {
        double threshold = exponentials(scores, n) * uniform;
        double sum = 0;
        int last = 0;
        for (int i = 0; i < n; i++) {
            if (probabilities[i] > 0) {
                sum += probabilities[i];
                last = i;
                if (sum > threshold) {
                    break;
                }
            }
        }
        return last;
    }

    /** Fills {@code probabilities}, not yet normalized; returns their sum. */
    private double exponentials(float[] scores, int n) {
        if (probabilities.length < n) {
            probabilities = new double[n];
            keys = new double[n];
            tokens = new int[n];
        }
        float max = max(scores, n);
        double total = 0;
        for (int i = 0; i < n; i++) {
            double e = scores[i] == REMOVED ? 0 : Math.exp((double) scores[i] - max);
            probabilities[i] = e;
            total += e;
        }
        return total;
    }

    private static float max(float[] scores, int n) {
        return scores[argmax(scores, 0, n)];
    }

    /**
     * The largest of {@code n} values from {@code offset} on, the lower index of equals.
     *
     * @throws IllegalStateException if one is NaN, or none is left
     */
    static int argmax(float[] values, int offset, int n) {
        int best = 0;
        for (int i = 0; i < n; i++) {
            float value = values[offset + i];
            if (value > values[offset + best]) {
                best = i;
            } else if (value != value) {
                throw new IllegalStateException("the model's score of token " + i
                        + " is not a number; its weights hold NaN or overflow");
            }
        }
        if (values[offset + best] == REMOVED) {
            throw new IllegalStateException(
                    "no token is left to choose from; the bans and the logits processor forbid all of them");
        }
        return best;
    }
}
