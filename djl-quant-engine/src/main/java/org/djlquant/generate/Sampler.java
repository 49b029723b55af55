package org.djlquant.generate;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Chooses the tokens of one answer. The chain and its order are those of transformers: repetition
 * penalty, the request's own processor, temperature, top-k, top-p, min-p, each working on what the one
 * before left. With temperature 0 the likeliest token wins, the lowest id among equals.
 *
 * <p>The random numbers are SplitMix64 (Steele, Lea, Flood 2014) started at the seed: each token takes
 * one number, its upper 53 bits make u in [0, 1), and the token is the first, in order of id, at which
 * the cumulative probability exceeds u. Nothing sorts the whole vocabulary. Not thread-safe.
 */
final class Sampler {
    private static final float REMOVED = Float.NEGATIVE_INFINITY;

    private final GenerationConfig config;
    private final LogitsProcessor processor;
    private final BitSet seen = new BitSet();
    private long state;
    private int[] answer = new int[64];
    private int count;
    private float[] scores = {};
    private double[] probabilities = {};
    private float[] heap = {};
    private int[] candidates = {};

    Sampler(GenerationConfig config, LogitsProcessor processor) {
        this.config = config;
        this.processor = processor;
        state = config.seed();
    }

    /** Notes a token of the prompt, for the repetition penalty. */
    void acceptPrompt(int token) {
        if (config.repetitionPenalty() != 1) {
            seen.set(token);
        }
    }

    /** Notes a token of the answer. */
    void accept(int token) {
        acceptPrompt(token);
        if (count == answer.length) {
            answer = Arrays.copyOf(answer, 2 * count);
        }
        answer[count++] = token;
    }

    /** Number of tokens of the answer. */
    int count() {
        return count;
    }

    /** One token of the answer. */
    int token(int index) {
        return answer[index];
    }

    /** A copy of the answer so far. */
    int[] answer() {
        return Arrays.copyOf(answer, count);
    }

    /**
     * Chooses a token.
     *
     * @param logits the model's logits of {@code n} tokens from {@code offset} on; not changed
     */
    int sample(float[] logits, int offset, int n) {
        if (config.temperature() == 0 && config.repetitionPenalty() == 1 && processor == LogitsProcessor.NONE) {
            return argmax(logits, offset, n);
        }
        process(logits, offset, n);
        return config.temperature() == 0 ? argmax(scores, 0, n) : draw(n);
    }

    /** Applies the chain; returns the scores left, −∞ for removed tokens. The array is reused and may be longer. */
    float[] process(float[] logits, int offset, int n) {
        if (scores.length < n) {
            scores = new float[n];
        }
        System.arraycopy(logits, offset, scores, 0, n);
        penalize(n);
        processor.process(answer, count, scores, n);
        if (config.temperature() > 0) {
            if (config.temperature() != 1) {
                for (int i = 0; i < n; i++) {
                    scores[i] /= config.temperature();
                }
            }
            if (config.topK() > 0 && config.topK() < n) {
                keepTopK(n);
            }
            if (config.topP() < 1) {
                keepTopP(n);
            }
            if (config.minP() > 0) {
                keepMinP(n);
            }
        }
        return scores;
    }

    private static int argmax(float[] values, int offset, int n) {
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
            throw new IllegalStateException("no token is left to choose from; the logits processor forbids all of them");
        }
        return best;
    }

    private static IllegalStateException notANumber(int token) {
        return new IllegalStateException(
                "the model's score of token " + token + " is not a number; its weights hold NaN or overflow");
    }

    private void penalize(int n) {
        float penalty = config.repetitionPenalty();
        for (int i = seen.nextSetBit(0); i >= 0 && i < n; i = seen.nextSetBit(i + 1)) {
            scores[i] = scores[i] < 0 ? scores[i] * penalty : scores[i] / penalty;
        }
    }

    /** Keeps every score that is at least the k-th largest (more than k among equals), found with a heap of k. */
    private void keepTopK(int n) {
        int k = config.topK();
        if (heap.length < k) {
            heap = new float[k];
        }
        System.arraycopy(scores, 0, heap, 0, k);
        for (int i = k / 2 - 1; i >= 0; i--) {
            siftSmallest(i, k);
        }
        for (int i = k; i < n; i++) {
            if (scores[i] > heap[0]) {
                heap[0] = scores[i];
                siftSmallest(0, k);
            }
        }
        for (int i = 0; i < n; i++) {
            if (scores[i] < heap[0]) {
                scores[i] = REMOVED;
            }
        }
    }

    private void siftSmallest(int i, int size) {
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

    /**
     * Keeps the likeliest tokens until their probability reaches top_p. Tokens less likely than
     * (1 − top_p)/(n − 1) cannot be among them, so only the others go through a heap.
     */
    private void keepTopP(int n) {
        double total = exponentials(n);
        double wanted = config.topP() * total;
        double cutoff = n == 1 ? 0 : (total - wanted) / (n - 1);
        if (candidates.length < n) {
            candidates = new int[n];
        }
        int size = 0;
        for (int i = 0; i < n; i++) {
            if (scores[i] != REMOVED && probabilities[i] >= cutoff) {
                candidates[size++] = i;
            }
        }
        for (int i = size / 2 - 1; i >= 0; i--) {
            siftLikeliest(i, size);
        }
        double sum = 0;
        int left = size;
        while (left > 0 && (left == size || sum < wanted)) {
            int token = candidates[0];
            sum += probabilities[token];
            candidates[0] = candidates[--left];
            candidates[left] = token; // kept tokens gather behind the heap
            siftLikeliest(0, left);
        }
        Arrays.sort(candidates, left, size);
        int next = left;
        for (int i = 0; i < n; i++) {
            if (next < size && candidates[next] == i) {
                next++;
            } else {
                scores[i] = REMOVED;
            }
        }
    }

    /** Likeliest first; the lower id among equals, which transformers leaves to chance. */
    private boolean before(int a, int b) {
        return scores[a] > scores[b] || scores[a] == scores[b] && a < b;
    }

    private void siftLikeliest(int i, int size) {
        if (size == 0) {
            return;
        }
        int value = candidates[i];
        for (int child = 2 * i + 1; child < size; child = 2 * i + 1) {
            if (child + 1 < size && before(candidates[child + 1], candidates[child])) {
                child++;
            }
            if (before(value, candidates[child])) {
                break;
            }
            candidates[i] = candidates[child];
            i = child;
        }
        candidates[i] = value;
    }

    /** Keeps tokens with at least min_p of the likeliest one's probability. */
    private void keepMinP(int n) {
        float max = scores[argmax(scores, 0, n)];
        for (int i = 0; i < n; i++) {
            if (scores[i] != max && Math.exp((double) scores[i] - max) < config.minP()) {
                scores[i] = REMOVED;
            }
        }
    }

    /** Fills {@code probabilities}, not yet normalized; returns their sum. */
    private double exponentials(int n) {
        if (probabilities.length < n) {
            probabilities = new double[n];
        }
        float max = scores[argmax(scores, 0, n)];
        double total = 0;
        for (int i = 0; i < n; i++) {
            double e = scores[i] == REMOVED ? 0 : Math.exp((double) scores[i] - max);
            probabilities[i] = e;
            total += e;
        }
        return total;
    }

    private int draw(int n) {
        double total = exponentials(n);
        double threshold = nextUniform() * total;
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
