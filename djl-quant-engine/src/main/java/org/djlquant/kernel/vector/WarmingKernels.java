package org.djlquant.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import org.djlquant.kernel.ActivationType;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.LayerCache;
import org.djlquant.kernel.MatMul;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.quant.FloatRows;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * {@link VectorKernels} for programs that have just started: each kind of operator runs on plain loops
 * until its vector code is compiled, see {@link WarmUp}. Results differ by float rounding only.
 */
public final class WarmingKernels implements Kernels {
    /** Multiply-adds from which on waiting for the compiler is quicker than plain loops. */
    private static final long WORTH_WAITING = 16_000_000;

    /** Multiply-adds of plain loops after which the code for a layout is worth compiling: about a quarter of a second. */
    private static final long WORTH_WARMING = 150_000_000;

    /** Weights of a layout from which on it is worth compiling at once: five tokens make it so. */
    private static final long LARGE = WORTH_WARMING / 5;

    /** {@link #WORTH_WARMING} of an operator on elements, which is compiled in no time. */
    private static final long ELEMENTS_WORTH_WARMING = 10_000_000;

    /** The same of attention: some dozen tokens of a large model. */
    private static final long ATTENTION_WORTH_WARMING = 50_000_000;

    /** Up to here some passes over a matrix are quicker than waiting for the code that needs only one. */
    private static final int SOME_TOKENS = 32;

    /** What a call costs besides its arithmetic. */
    private static final int CALL_NANOS = 2000;

    private static final int[] FEW = {1};

    private static final boolean BLOCKS = FewTokens.MAX_TOKENS > FewTokens.MAX_SINGLE;

    /** A block and a pair of {@link FewTokens}, or a block and two single tokens of {@link ByteTileMatMul}. */
    private static final int[] SOME = {6};

    /** One number of tokens for each block of {@link PanelMultiply}. */
    private static final int[] MANY = BLOCKS
            ? new int[] {PanelMultiply.MAX_BLOCK + 4, PanelMultiply.MAX_BLOCK + 6, PanelMultiply.MAX_BLOCK + 8}
            : new int[] {PanelMultiply.MAX_BLOCK + 2};

    private final VectorKernels vector;
    private final ScalarKernels plain;
    private final WarmUp norm;
    private final WarmUp silu;
    private final WarmUp rope;
    private final WarmUp gelu;
    private final WarmUp cap;

    /**
     * Warms up whatever is used, from its first use on.
     *
     * @throws IllegalStateException if vectors are too narrow to be of use
     */
    public WarmingKernels() {
        this(ActivationType.FLOAT32);
    }

    private WarmingKernels(ActivationType activations) {
        vector = new VectorKernels(activations);
        plain = new ScalarKernels(activations);
        int n = 2 * Lanes.L;
        float[] a = filled(n);
        float[] b = filled(n);
        float[] c = new float[n];
        norm = elementwise("norm", 2 * n, () -> vector.rmsNorm(a, 0, n, b, 1e-5f, c, 0));
        silu = elementwise("silu", 10 * n, () -> {
            Arrays.fill(c, 0.5f);
            vector.siluMultiply(c, 0, b, 0, n);
        });
        rope = elementwise("rope", 2 * n, () -> vector.rope(c, 0, n, false, a, b, 0));
        gelu = elementwise("gelu", 10 * n, () -> {
            Arrays.fill(c, 0.5f);
            vector.gelu(c, 0, n);
        });
        cap = elementwise("soft cap", 10 * n, () -> {
            Arrays.fill(c, 0.5f);
            vector.softCap(c, 0, n, 30);
        });
    }

    /** @param plainNanos what plain code takes, besides {@link #CALL_NANOS} */
    private static WarmUp elementwise(String name, int plainNanos, Runnable task) {
        return WarmUp.of(name, ELEMENTS_WORTH_WARMING, () -> new WarmUp.Trial() {
            @Override
            public void run() {
                task.run();
            }

            @Override
            public long plainNanos() {
                return CALL_NANOS + plainNanos;
            }
        });
    }

    private static float[] filled(int n) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (i * 37 % 101 - 50) / 50f;
        }
        return x;
    }

    @Override
    public String name() {
        return vector.name();
    }

    @Override
    public Kernels withActivations(ActivationType type) {
        return new WarmingKernels(type);
    }

    @Override
    public MatMul pack(WeightMatrix weight, Arena arena, Workers workers) {
        return new WarmingMatMul(vector.pack(weight, arena, workers), plain.inPlace(weight), weight);
    }

    @Override
    public MatMul open(WeightMatrix weight, MemorySegment packed) {
        return new WarmingMatMul(vector.open(weight, packed), plain.inPlace(weight), weight);
    }

    /** Not for what is multiplied where it lies: that needs rows of the matrix. */
    @Override
    public void prepare(WeightMatrix weight, long weights) {
        if (weight.form() != null && weights >= LARGE) {
            matrix(weight, vector.layout(weight), FEW).begin();
        }
    }

    @Override
    public String layout(WeightMatrix weight) {
        return vector.layout(weight);
    }

    @Override
    public LayerCache newCache(LayerCache.Shape shape) {
        WarmUp attention = attention(shape);
        return attention.compiled()
                ? vector.newCache(shape)
                : new WarmingCache(vector.newCache(shape), plain.newCache(shape), attention);
    }

    @Override
    public void rmsNorm(float[] x, int xOffset, int n, float[] weight, float eps, float[] out, int outOffset) {
        (norm.ready(2 * n) ? vector : plain).rmsNorm(x, xOffset, n, weight, eps, out, outOffset);
    }

    @Override
    public void add(float[] x, int xOffset, float[] y, int yOffset, int n) {
        plain.add(x, xOffset, y, yOffset, n);
    }

    @Override
    public void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int n) {
        (silu.ready(10 * n) ? vector : plain).siluMultiply(gate, gateOffset, up, upOffset, n);
    }

    @Override
    public void gelu(float[] x, int offset, int n) {
        (gelu.ready(10 * n) ? vector : plain).gelu(x, offset, n);
    }

    @Override
    public void softCap(float[] x, int offset, int n, float cap) {
        (this.cap.ready(10 * n) ? vector : plain).softCap(x, offset, n, cap);
    }

    @Override
    public void rope(
            float[] x, int xOffset, int rotaryDim, boolean interleaved, float[] cos, float[] sin, int tableOffset) {
        (rope.ready(2 * rotaryDim) ? vector : plain).rope(x, xOffset, rotaryDim, interleaved, cos, sin, tableOffset);
    }

    // ---- matrices ---------------------------------------------------------------------------------------------

    /** Small made-up weights of the same form: a kernel is compiled for a layout, not for a matrix. */
    private record SmallWeight(String scheme, GroupForm form, FloatRows floats, WeightMatrix like, int rows, int cols)
            implements WeightMatrix {

        /**
         * One quad of rows. Columns are few, so that methods are compiled by their calls and not within
         * loops, but two units, and five groups where four share a word of scales: a loop that never came back
         * would be compiled as if it never did.
         */
        static SmallWeight like(WeightMatrix weight) {
            GroupForm form = weight.form();
            if (form == null) {
                int rows = Math.min(4, weight.rows());
                return new SmallWeight(weight.scheme(), null, weight.floats(), weight, rows, weight.cols());
            }
            return new SmallWeight(weight.scheme(), form, null, null, 4 * Lanes.L, form.subScales() ? 160 : 64);
        }

        @Override
        public long byteSize() {
            return (long) rows * cols;
        }

        @Override
        public void decodeRow(int row, float[] dst, int dstOffset) {
            if (like != null) {
                like.decodeRow(row, dst, dstOffset);
                return;
            }
            GroupedRow parts = new GroupedRow(form, cols);
            unpackRow(row, parts);
            for (int k = 0; k < cols; k++) {
                dst[dstOffset + k] = parts.value(form, k);
            }
        }

        @Override
        public void unpackRow(int row, GroupedRow into) {
            for (int k = 0; k < cols; k++) {
                into.codes[k] = (byte) ((row + k) % (1 << form.bits()));
            }
            Arrays.fill(into.d, 0.25f);
            Arrays.fill(into.dmin, 0.25f);
            Arrays.fill(into.sc, (byte) 3);
            Arrays.fill(into.m, (byte) 3);
        }
    }

    /** The warm-up of a layout for some numbers of tokens. */
    private WarmUp matrix(WeightMatrix weight, String layout, int[] tokens) {
        int most = tokens[tokens.length - 1];
        return WarmUp.of(layout + " x" + most, WORTH_WARMING, () -> new WarmUp.Trial() {
            private final Arena arena = Arena.ofShared();
            private final Workers alone = Workers.of(1);
            private final SmallWeight small = SmallWeight.like(weight);
            private final MatMul matrix = vector.pack(small, arena, alone);
            private final float[] x = filled(most * small.cols());
            private final float[] y = new float[most * small.rows()];

            @Override
            public void run() {
                for (int count : tokens) {
                    matrix.multiply(x, 0, small.cols(), count, y, 0, small.rows(), alone);
                }
            }

            @Override
            public long plainNanos() {
                return tokens.length * CALL_NANOS + Arrays.stream(tokens).sum() * (long) small.rows() * small.cols();
            }

            @Override
            public void close() {
                alone.close();
                arena.close();
            }
        });
    }

    /** A matrix in its packed layout, and as the checkpoint stores it while the former is not compiled. */
    private final class WarmingMatMul implements MatMul {
        private final MatMul packed;
        private final WarmUp few;
        private final WarmUp some;
        private final int maxBlockTokens;
        private final WarmUp many;
        private MatMul stored;
        private boolean used;

        WarmingMatMul(MatMul packed, MatMul stored, WeightMatrix weight) {
            this.packed = packed;
            few = matrix(weight, packed.layout(), FEW);
            maxBlockTokens = switch (packed) {
                case TileMatMul _ -> BLOCKS ? FewTokens.MAX_TOKENS : 0;
                case ByteTileMatMul _ -> Integer.MAX_VALUE;
                default -> 0;
            };
            some = maxBlockTokens > 0 ? matrix(weight, packed.layout(), SOME) : few;
            many = maxBlockTokens == Integer.MAX_VALUE ? some : matrix(weight, packed.layout(), MANY);
            this.stored = allCompiled() ? null : stored;
        }

        @Override
        public void multiply(
                float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
            MatMul slow = stored;
            int step = slow == null ? tokens : step(tokens);
            if (step == 0) {
                slow.multiply(x, xOffset, xStride, tokens, y, yOffset, yStride, workers);
                return;
            }
            for (int t = 0; t < tokens; t += step) {
                packed.multiply(
                        x, xOffset + t * xStride, xStride, Math.min(step, tokens - t),
                        y, yOffset + t * yStride, yStride, workers);
            }
            stored = allCompiled() ? null : slow;
        }

        private boolean allCompiled() {
            return few.compiled() && some.compiled() && many.compiled();
        }

        /** Tokens that the packed form takes at a time, or 0 if the stored form is to serve. */
        private int step(int tokens) {
            long work = (long) rows() * cols() * tokens;
            boolean large = work >= WORTH_WAITING;
            if (tokens > FewTokens.MAX_SINGLE) {
                WarmUp all = tokens <= maxBlockTokens ? some : many;
                // a single short prompt is over before this would be ready, and what is needed at once would wait
                boolean soon = all.compiled() || used && few.compiled() && all.ready(work);
                used = true;
                if (soon || large && tokens > SOME_TOKENS && all.await()) {
                    return tokens;
                }
                if (tokens > maxBlockTokens && maxBlockTokens > 0 && some.compiled()) {
                    return maxBlockTokens;
                }
            }
            return few.ready(work) || large && few.await() ? FewTokens.MAX_SINGLE : 0;
        }

        @Override
        public int rows() {
            return packed.rows();
        }

        @Override
        public int cols() {
            return packed.cols();
        }

        @Override
        public long packedBytes() {
            return packed.packedBytes();
        }

        @Override
        public Optional<MemorySegment> packed() {
            return packed.packed();
        }

        @Override
        public String layout() {
            return packed.layout();
        }

        @Override
        public void decodeRow(int row, float[] dst, int dstOffset) {
            packed.decodeRow(row, dst, dstOffset);
        }
    }

    // ---- attention --------------------------------------------------------------------------------------------

    private WarmUp attention(LayerCache.Shape shape) {
        return WarmUp.of("attention " + shape.type() + (shape.softCap() == 0 ? "" : " capped"), ATTENTION_WORTH_WARMING, () -> new WarmUp.Trial() {
            private static final int LENGTH = 20;
            private final int dim = shape.headDim();
            private final int heads = shape.heads() / shape.kvHeads();
            private final Workers alone = Workers.of(1);
            private final float[] q = filled(heads * dim);
            private final float[] out = new float[heads * dim];
            private final LayerCache cache = vector.newCache(
                    new LayerCache.Shape(
                            heads, 1, dim, shape.scale(), shape.softCap(), shape.window(), shape.type()));

            {
                float[] kv = filled(LENGTH * dim);
                cache.append(kv, 0, dim, kv, 0, dim, LENGTH);
            }

            @Override
            public void run() {
                cache.attend(q, 0, q.length, out, 0, q.length, 1, alone);
            }

            @Override
            public long plainNanos() {
                return CALL_NANOS + 2L * heads * dim * LENGTH;
            }

            @Override
            public void close() {
                alone.close();
                cache.close();
            }
        });
    }

    /** Keys and values in both layouts while the vector code is not compiled. */
    private final class WarmingCache implements LayerCache {
        private final LayerCache fast;
        private final WarmUp attention;
        private LayerCache slow;

        WarmingCache(LayerCache fast, LayerCache slow, WarmUp attention) {
            this.fast = fast;
            this.slow = slow;
            this.attention = attention;
        }

        @Override
        public LayerCache fork(int length) {
            LayerCache copy = fast.fork(length);
            return slow == null ? copy : new WarmingCache(copy, slow.fork(length), attention);
        }

        @Override
        public long bytes(int positions) {
            return fast.bytes(positions); // what lasts
        }

        @Override
        public void attend(
                float[] q, int qOffset, int qStride, float[] out, int outOffset, int outStride, int tokens, Workers workers) {
            if (slow != null && attention.ready((long) tokens * length() * qStride)) {
                slow.close();
                slow = null;
            }
            (slow == null ? fast : slow).attend(q, qOffset, qStride, out, outOffset, outStride, tokens, workers);
        }

        @Override
        public void append(
                float[] keys, int keysOffset, int keysStride, float[] values, int valuesOffset, int valuesStride, int tokens) {
            fast.append(keys, keysOffset, keysStride, values, valuesOffset, valuesStride, tokens);
            if (slow != null) {
                slow.append(keys, keysOffset, keysStride, values, valuesOffset, valuesStride, tokens);
            }
        }

        @Override
        public void truncate(int length) {
            fast.truncate(length);
            if (slow != null) {
                slow.truncate(length);
            }
        }

        @Override
        public void read(int position, float[] key, float[] value) {
            fast.read(position, key, value);
        }

        @Override
        public int length() {
            return fast.length();
        }

        @Override
        public long bytes() {
            return fast.bytes() + (slow == null ? 0 : slow.bytes());
        }

        @Override
        public void close() {
            fast.close();
            if (slow != null) {
                slow.close();
            }
        }
    }
}
