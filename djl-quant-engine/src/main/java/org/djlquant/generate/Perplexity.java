package org.djlquant.generate;

import java.util.function.Consumer;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.djlquant.model.SequencePool;

/**
 * How well a model predicts a text.
 *
 * @param tokens number of tokens that were predicted
 * @param nats Σ −ln p over them
 * @param seconds time it took
 */
public record Perplexity(int tokens, double nats, double seconds) {
    /** Logits of one pass together; more rows would hardly be faster. */
    private static final int LOGITS_OF_A_PASS = 8 << 20;

    private static final int LEAST_ROWS = 16;
    private static final int MOST_ROWS = 256;
    private static final long PATIENCE_MILLIS = 1000;

    /** Mean −ln p of a token. */
    public double natsPerToken() {
        return nats / tokens;
    }

    /** e^{@link #natsPerToken()}. */
    public double perplexity() {
        return Math.exp(natsPerToken());
    }

    /** Tokens a second. */
    public double tokensPerSecond() {
        return tokens / seconds;
    }

    /**
     * Scores a text of any length in windows that slide, as the guide of transformers to perplexity does: each window takes up
     * to {@code context} tokens and begins {@code stride} later than the one before, and only what no earlier window scored
     * counts. So each token counts once, and from the second window on each has at least {@code context − stride} tokens before it.
     *
     * @param text ids without BOS
     * @param bos id that each window begins with, within its context, or −1 for none; then the first token is not scored
     * @param context tokens of a window, at most the model's
     * @param stride tokens between the beginnings of windows, at most what a window holds of the text
     * @param progress called after each window with the sums so far
     * @return the sums; an interrupt ends early with those so far and stays set
     * @throws IllegalArgumentException if context or stride is out of range, naming it, or the text is too short
     * @throws IllegalStateException if the model is closed
     */
    public static Perplexity measure(
            CausalLM model, int[] text, int bos, int context, int stride, Consumer<Perplexity> progress) {
        int first = bos < 0 ? 0 : 1;
        require(
                context >= 2 && context <= model.contextLength(),
                "context must be between 2 and " + model.contextLength() + ", the context of the model, found " + context);
        int room = context - first;
        require(stride >= 1 && stride <= room, "stride must be between 1 and " + room + ", the text of a window, found " + stride);
        require(
                text.length + first >= 2,
                "the text must have at least " + (first > 0 ? "1 token" : "2 tokens") + " to be predicted, found " + text.length);
        long start = System.nanoTime();
        Perplexity sum = new Perplexity(0, 0, 0);
        int done = 1 - first;
        for (int begin = 0; done < text.length && !Thread.currentThread().isInterrupted(); begin += stride) {
            int end = Math.min(begin + room, text.length);
            int[] window = new int[first + end - begin];
            if (first > 0) {
                window[0] = bos;
            }
            System.arraycopy(text, begin, window, first, end - begin);
            double nats = sum.nats + score(model, window, first + done - begin);
            sum = new Perplexity(sum.tokens + end - done, nats, (System.nanoTime() - start) / 1e9);
            progress.accept(sum);
            done = end;
        }
        return sum;
    }

    /** Σ −ln p of the tokens of a window from index {@code from} on. */
    private static double score(CausalLM model, int[] window, int from) {
        int vocabulary = model.vocabularySize();
        int rows = Math.clamp(LOGITS_OF_A_PASS / vocabulary, LEAST_ROWS, MOST_ROWS);
        Batch batch = new Batch();
        double nats = 0;
        try (SequencePool.Claim claim = model.pool().claim(window, window.length - 1)) {
            while (!claim.await(PATIENCE_MILLIS)) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new IllegalStateException("interrupted while waiting for memory");
                }
            }
            Sequence sequence = claim.start();
            sequence.truncate(0);
            for (int fed = 0; fed < window.length - 1; ) {
                // the row of a token predicts the next one
                boolean scored = fed + 1 >= from;
                int limit = scored ? window.length - 1 : Math.min(from - 1, window.length - 1);
                int count = Math.min(rows, limit - fed);
                batch.clear();
                batch.add(sequence, window, fed, count, scored ? Batch.Logits.ALL : Batch.Logits.NONE);
                model.forward(batch);
                for (int i = 0; scored && i < count; i++) {
                    double norm = TokenLogProbs.logSumExp(batch.logits(), i * vocabulary, vocabulary);
                    nats += norm - batch.logits()[i * vocabulary + window[fed + i + 1]];
                }
                fed += count;
            }
        }
        return nats;
    }

    private static void require(boolean ok, String message) {
        if (!ok) {
            throw new IllegalArgumentException(message);
        }
    }
}
