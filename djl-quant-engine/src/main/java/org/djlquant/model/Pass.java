package org.djlquant.model;

import java.util.Arrays;
import org.djlquant.kernel.Kernels;
import org.djlquant.runtime.Workers;

/**
 * The working memory of one forward pass: up to {@link #capacity} tokens of several sequences, each
 * token one row in every buffer. Owned by a model and used under its lock; grows to the largest pass
 * and is then reused, so that decoding allocates nothing.
 */
final class Pass implements Workers.Task {
    /** The rotations of one rope at the positions of the pass; a model has one or two. */
    private static final class Rotations {
        private final Rope rope;
        private float[] cos = {};
        private float[] sin = {};
        private boolean known;

        Rotations(Rope rope) {
            this.rope = rope;
        }
    }

    /** Work on one token's rows. */
    @FunctionalInterface
    interface PerToken {
        void run(Pass pass, int token);
    }

    /** Below this many tokens, waking the workers costs more than it saves. */
    private static final int PARALLEL_TOKENS = 8;

    /** Most tokens of a pass: enough to read weights rarely, small enough for the caches. */
    private static final int MAX_TOKENS = 512;

    /** Bound on the elements of one buffer. */
    private static final long MAX_BUFFER = 1 << 27;

    final Kernels kernels;
    final Workers workers;
    private final DecoderParts parts;
    private final int maxTokens;

    /** Residual stream. */
    float[] hidden = {};

    /** Input of the running sub-layer. */
    float[] normed = {};

    /** Output of the running sub-layer, to be added to the residual stream. */
    float[] projected = {};

    /** Queries, keys and values, side by side. */
    float[] qkv = {};

    /** Results of the heads. */
    float[] attended = {};

    /** Gate and up, side by side. */
    float[] mlp = {};

    /** Rotation of each token by the rope chosen last, rotaryDim/2 values each. */
    float[] cos = {};

    float[] sin = {};

    private int[] tokens = {};
    private int[] positions = {};
    private DecoderSequence[] sequences = new DecoderSequence[4];
    private int[] starts = new int[5];
    private int segments;
    private int count;
    private final Rotations[] rotations;
    private PerToken task;
    private Norm norm;
    private float[] normFrom;
    private float[] normTo;
    private final PerToken normalizeToken = Pass::normalizeToken;

    Pass(DecoderParts parts, Kernels kernels, Workers workers) {
        this.parts = parts;
        this.kernels = kernels;
        this.workers = workers;
        maxTokens = maxTokens(parts);
        rotations = parts.ropes().stream().map(Rotations::new).toArray(Rotations[]::new);
    }

    /** The most tokens of one pass through a decoder. */
    static int maxTokens(DecoderParts parts) {
        long widest = Math.max(Math.max(parts.maxHidden(), parts.maxQkv()), Math.max(parts.maxMlp(), parts.maxAttended()));
        return (int) Math.clamp(MAX_BUFFER / Math.max(1, widest), 1, MAX_TOKENS);
    }

    /** Starts an empty pass. */
    void begin() {
        Arrays.fill(sequences, 0, segments, null);
        segments = 0;
        count = 0;
        for (Rotations each : rotations) {
            each.known = false;
        }
    }

    /** Tokens there is still room for. */
    int room() {
        return maxTokens - count;
    }

    int tokens() {
        return count;
    }

    /**
     * Adds consecutive tokens of a sequence; there must be {@link #room()}.
     *
     * @param first position of the first one, if {@code given} is {@code null}
     * @param given positions of all ids, or {@code null}
     */
    void add(DecoderSequence sequence, int first, int[] given, int[] ids, int from, int n) {
        reserve(count + n);
        if (segments == sequences.length) {
            sequences = Arrays.copyOf(sequences, 2 * segments);
            starts = Arrays.copyOf(starts, 2 * segments + 1);
        }
        sequences[segments++] = sequence;
        for (int i = 0; i < n; i++) {
            tokens[count] = ids[from + i];
            positions[count++] = given == null ? first + i : given[from + i];
        }
        starts[segments] = count;
    }

    int segments() {
        return segments;
    }

    /** First token of a segment; that of segment {@code segments()} is the number of tokens. */
    int segmentStart(int segment) {
        return starts[segment];
    }

    DecoderSequence sequence(int segment) {
        return sequences[segment];
    }

    /** Fills the residual stream from the token ids. */
    void embed(Embedding embedding) {
        Linear projection = embedding.projection();
        int width = projection == null ? parts.hiddenSize() : projection.cols();
        float[] rows = projection == null ? hidden : normed;
        for (int t = 0; t < count; t++) {
            embedding.tokens().decodeRow(tokens[t], rows, t * width);
        }
        if (embedding.scale() != 1) {
            for (int i = 0; i < count * width; i++) {
                rows[i] *= embedding.scale();
            }
        }
        if (projection != null) {
            projection.apply(kernels, workers, rows, width, count, hidden, 0, parts.hiddenSize());
        }
        if (embedding.positions() != null) {
            for (int t = 0; t < count; t++) {
                embedding.positions().decodeRow(positions[t] + embedding.firstPosition(), normed, 0);
                kernels.add(hidden, t * parts.hiddenSize(), normed, 0, parts.hiddenSize());
            }
        }
    }

    /** Fills {@code normed} with what a sub-layer reads. */
    void begin(Norms norms) {
        if (norms.input() == null) {
            System.arraycopy(hidden, 0, normed, 0, count * parts.hiddenSize());
        } else {
            normalize(norms.input(), hidden, normed);
        }
    }

    /** Adds {@code projected}, what a sub-layer yielded, to the residual stream. */
    void end(Norms norms) {
        if (norms.output() != null) {
            normalize(norms.output(), projected, projected);
        }
        kernels.add(hidden, 0, projected, 0, count * parts.hiddenSize());
        if (norms.stream() != null) {
            normalize(norms.stream(), hidden, hidden);
        }
    }

    private void normalize(Norm by, float[] from, float[] to) {
        norm = by;
        normFrom = from;
        normTo = to;
        forEachToken(normalizeToken);
    }

    private void normalizeToken(int token) {
        int at = token * parts.hiddenSize();
        norm.apply(kernels, normFrom, at, normTo, at);
    }

    /** Projects {@code normed} by matrices whose results lie side by side in rows of {@code stride}. */
    void project(Linear[] by, float[] out, int stride) {
        int at = 0;
        for (Linear linear : by) {
            linear.apply(kernels, workers, normed, parts.hiddenSize(), count, out, at, stride);
            at += linear.rows();
        }
    }

    /** Projects rows of {@code stride} into {@code projected}. */
    void project(Linear by, float[] x, int stride) {
        by.apply(kernels, workers, x, stride, count, projected, 0, parts.hiddenSize());
    }

    /** Chooses the rotations of a rope, computed once for all layers that share it. */
    void rope(Rope of) {
        for (Rotations each : rotations) {
            if (each.rope == of) {
                if (!each.known) {
                    each.known = true;
                    for (int s = 0; s < segments; s++) {
                        Rope rope = of.in(sequences[s].isLong());
                        for (int t = starts[s]; t < starts[s + 1]; t++) {
                            rope.angles(positions[t], each.cos, each.sin, t * (of.dim() / 2));
                        }
                    }
                }
                cos = each.cos;
                sin = each.sin;
            }
        }
    }

    /** Runs work on every token, split over the workers when it pays. */
    void forEachToken(PerToken work) {
        task = work;
        if (count < PARALLEL_TOKENS) {
            run(0, 1);
        } else {
            workers.run(this);
        }
    }

    @Override
    public void run(int index, int of) {
        int end = (int) ((long) count * (index + 1) / of);
        for (int t = (int) ((long) count * index / of); t < end; t++) {
            task.run(this, t);
        }
    }

    private void reserve(int rows) {
        if (rows <= tokens.length) {
            return;
        }
        // Only at the start of a pass or while tokens are added: the float buffers hold nothing yet.
        int capacity = Math.min(maxTokens, Math.max(rows, 2 * tokens.length));
        hidden = new float[capacity * parts.hiddenSize()];
        normed = new float[capacity * parts.maxHidden()];
        projected = new float[capacity * parts.maxHidden()];
        qkv = new float[capacity * parts.maxQkv()];
        attended = new float[capacity * parts.maxAttended()];
        mlp = new float[capacity * parts.maxMlp()];
        for (Rotations each : rotations) {
            each.cos = new float[capacity * (each.rope.dim() / 2)];
            each.sin = new float[capacity * (each.rope.dim() / 2)];
        }
        tokens = Arrays.copyOf(tokens, capacity);
        positions = Arrays.copyOf(positions, capacity);
    }
}
