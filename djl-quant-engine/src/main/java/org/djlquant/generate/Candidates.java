package org.djlquant.generate;

import static org.djlquant.generate.Processors.REMOVED;

import java.util.Arrays;

/**
 * Filters that remove unlikely tokens before one is drawn, each working on what the one before it left. They select
 * with heaps instead of sorting the vocabulary: a heap of k for top_k, and for top_p and typical_p one of the tokens likely
 * enough to matter, of which only as many are taken as are kept. What is left is a list, so that only the first filter
 * looks at the whole vocabulary. Not thread-safe; the arrays are reused.
 */
final class Candidates {
    private float[] heap = {};

    /** Tokens that are left, in order of their ids; the other arrays speak of places in this list. */
    private int[] left = {};

    private int count;
    private double[] probabilities = {};
    private int[] places = {};
    /** What the heap of places is ordered by: smallest first, the lower id among equals. */
    private double[] keys = {};

    /** Begins with the tokens 0 to {@code n} − 1. */
    void begin(int n) {
        if (left.length < n) {
            left = new int[n];
            probabilities = new double[n];
            places = new int[n];
            keys = new double[n];
        }
        for (int i = 0; i < n; i++) {
            left[i] = i;
        }
        count = n;
    }

    /** Keeps every score that is at least the k-th largest (more than k among equals). */
    void keepTopK(float[] scores, int k) {
        if (k >= count) {
            return;
        }
        if (heap.length < k) {
            heap = new float[k];
        }
        for (int i = 0; i < k; i++) {
            heap[i] = scores[left[i]];
        }
        for (int i = k / 2 - 1; i >= 0; i--) {
            siftSmallestScore(i, k);
        }
        for (int i = k; i < count; i++) {
            float score = scores[left[i]];
            if (score > heap[0]) {
                heap[0] = score;
                siftSmallestScore(0, k);
            }
        }
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (scores[left[i]] < heap[0]) {
                scores[left[i]] = REMOVED;
            } else {
                left[kept++] = left[i];
            }
        }
        count = kept;
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
    void keepTopP(float[] scores, float topP) {
        double total = exponentials(scores, max(scores));
        double wanted = topP * total;
        // less likely tokens than this cannot be among them, since all of them together do not make up 1 - topP
        double cutoff = count == 1 ? 0 : (total - wanted) / (count - 1);
        for (int i = 0; i < count; i++) {
            keys[i] = -scores[left[i]];
        }
        keep(scores, take(cutoff, wanted, false));
    }

    /** Keeps tokens with at least {@code minP} of the likeliest one's probability. */
    void keepMinP(float[] scores, float minP) {
        float max = max(scores);
        int kept = 0;
        for (int i = 0; i < count; i++) {
            float score = scores[left[i]];
            if (score == max || Math.exp((double) score - max) >= minP) {
                left[kept++] = left[i];
            } else {
                scores[left[i]] = REMOVED;
            }
        }
        count = kept;
    }

    /**
     * Locally typical sampling (Meister et al. 2022): keeps tokens whose surprise −log p is nearest to the entropy, until
     * their probability reaches {@code typicalP}, and others just as near.
     */
    void keepTypical(float[] scores, float typicalP) {
        float max = max(scores);
        double total = exponentials(scores, max);
        double norm = max + Math.log(total);
        double entropy = 0;
        for (int i = 0; i < count; i++) {
            if (probabilities[i] > 0) {
                entropy += probabilities[i] / total * (norm - scores[left[i]]);
            }
        }
        for (int i = 0; i < count; i++) {
            float score = scores[left[i]];
            // in float as in transformers, so that equals are the same
            keys[i] = score == REMOVED ? Double.POSITIVE_INFINITY : (float) Math.abs(norm - score - entropy);
        }
        keep(scores, take(0, typicalP * total, true));
    }

    /**
     * Takes tokens by their keys until their probability is {@code wanted}.
     *
     * @param cutoff tokens less likely are not looked at
     * @param withEquals whether to go on taking tokens whose key is that of the last
     */
    private Taken take(double cutoff, double wanted, boolean withEquals) {
        int size = 0;
        for (int i = 0; i < count; i++) {
            if (probabilities[i] > 0 && probabilities[i] >= cutoff) {
                places[size++] = i;
            }
        }
        for (int i = size / 2 - 1; i >= 0; i--) {
            siftFirst(i, size);
        }
        double sum = 0;
        double last = Double.NEGATIVE_INFINITY;
        int heaped = size;
        while (heaped > 0 && (heaped == size || sum < wanted || withEquals && keys[places[0]] == last)) {
            int place = places[0];
            last = keys[place];
            sum += probabilities[place];
            places[0] = places[--heaped];
            places[heaped] = place;
            siftFirst(0, heaped);
        }
        return new Taken(heaped, size);
    }

    /** Where in {@code places} those taken stand. */
    private record Taken(int from, int to) {}

    private void keep(float[] scores, Taken taken) {
        Arrays.sort(places, taken.from, taken.to);
        int next = taken.from;
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (next < taken.to && places[next] == i) {
                next++;
                left[kept++] = left[i];
            } else {
                scores[left[i]] = REMOVED;
            }
        }
        count = kept;
    }

    private boolean before(int a, int b) {
        return keys[a] < keys[b] || keys[a] == keys[b] && a < b;
    }

    private void siftFirst(int i, int size) {
        if (size == 0) {
            return;
        }
        int value = places[i];
        for (int child = 2 * i + 1; child < size; child = 2 * i + 1) {
            if (child + 1 < size && before(places[child + 1], places[child])) {
                child++;
            }
            if (before(value, places[child])) {
                break;
            }
            places[i] = places[child];
            i = child;
        }
        places[i] = value;
    }

    /** Draws a token by its probability: the first at which the cumulative one exceeds {@code uniform}, in [0, 1). */
    int draw(float[] scores, double uniform) {
        double threshold = exponentials(scores, max(scores)) * uniform;
        double sum = 0;
        int last = 0;
        for (int i = 0; i < count; i++) {
            if (probabilities[i] > 0) {
                sum += probabilities[i];
                last = left[i];
                if (sum > threshold) {
                    break;
                }
            }
        }
        return last;
    }

    /** Fills {@code probabilities}, not yet normalized; returns their sum. */
    private double exponentials(float[] scores, float max) {
        double total = 0;
        for (int i = 0; i < count; i++) {
            float score = scores[left[i]];
            double e = score == REMOVED ? 0 : Math.exp((double) score - max);
            probabilities[i] = e;
            total += e;
        }
        return total;
    }

    /** The largest score that is left; errors as {@link #argmax}. */
    private float max(float[] scores) {
        float max = REMOVED;
        for (int i = 0; i < count; i++) {
            float score = scores[left[i]];
            if (score > max) {
                max = score;
            } else if (score != score) {
                throw notANumber(left[i]);
            }
        }
        if (max == REMOVED) {
            throw noneLeft();
        }
        return max;
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
                throw notANumber(i);
            }
        }
        if (values[offset + best] == REMOVED) {
            throw noneLeft();
        }
        return best;
    }

    private static IllegalStateException notANumber(int token) {
        return new IllegalStateException(
                "the model's score of token " + token + " is not a number; its weights hold NaN or overflow");
    }

    private static IllegalStateException noneLeft() {
        return new IllegalStateException(
                "no token is left to choose from; the bans and the logits processor forbid all of them");
    }
}
