package org.djlquant.kernel.vector;

import java.lang.foreign.Arena;
import java.util.Arrays;
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

    private static final int[] FEW = {1};

    /** One for {@link CodeBlock}. */
    private static final int[] SOME = {4};

    /** One number of tokens for each block of {@link PanelMultiply}. */
    private static final int[] MANY = TileMatMul.MAX_BLOCK_TOKENS > 0
            ? new int[] {PanelMultiply.MAX_BLOCK + 4, PanelMultiply.MAX_BLOCK + 6, PanelMultiply.MAX_BLOCK + 8}
            : new int[] {4, 6, 8, PanelMultiply.MAX_BLOCK};

    private final VectorKernels vector = new VectorKernels();
    private final ScalarKernels plain = new ScalarKernels();
    private final WarmUp norm;
    private final WarmUp silu;
    private final WarmUp rope;

    // Few models have these: their warm-ups begin with the first use.
    private volatile WarmUp gelu;
    private volatile WarmUp cap;

    /**
     * Begins to warm up.
     *
     * @throws IllegalStateException if vectors are too narrow to be of use
     */
    public WarmingKernels() {
        float[] a = filled(256);
        float[] b = filled(256);
        float[] c = new float[256];
        norm = elementwise("norm", kernels -> kernels.rmsNorm(a, 0, 256, b, 1e-5f, c, 0));
        silu = elementwise("silu", kernels -> {
            Arrays.fill(c, 0.5f);
            kernels.siluMultiply(c, 0, b, 0, 256);
        });
        rope = elementwise("rope", kernels -> kernels.rope(c, 0, 128, false, a, b, 0));
    }

    private interface Use {
        void of(Kernels kernels);
    }

    private WarmUp elementwise(String name, Use use) {
        return WarmUp.of(name, () -> new WarmUp.Trial() {
            @Override
            public void vector() {
                use.of(vector);
            }

            @Override
            public void plain() {
                use.of(plain);
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
    public MatMul pack(WeightMatrix weight, Arena arena, Workers workers) {
        return new WarmingMatMul(vector.pack(weight, arena, workers), plain.pack(weight, arena, workers), weight);
    }

    @Override
    public LayerCache newCache(LayerCache.Shape shape) {
        WarmUp attention = attention(shape);
        return attention.ready() ? vector.newCache(shape) : new WarmingCache(vector.newCache(shape), plain.newCache(shape), attention);
    }

    @Override
    public void rmsNorm(float[] x, int xOffset, int n, float[] weight, float eps, float[] out, int outOffset) {
        (norm.ready() ? vector : plain).rmsNorm(x, xOffset, n, weight, eps, out, outOffset);
    }

    @Override
    public void add(float[] x, int xOffset, float[] y, int yOffset, int n) {
        plain.add(x, xOffset, y, yOffset, n);
    }

    @Override
    public void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int n) {
        (silu.ready() ? vector : plain).siluMultiply(gate, gateOffset, up, upOffset, n);
    }

    @Override
    public void gelu(float[] x, int offset, int n) {
        if (gelu == null) {
            float[] y = filled(256);
            gelu = elementwise("gelu", kernels -> kernels.gelu(y, 0, 256));
        }
        (gelu.ready() ? vector : plain).gelu(x, offset, n);
    }

    @Override
    public void softCap(float[] x, int offset, int n, float cap) {
        if (this.cap == null) {
            float[] y = filled(256);
            this.cap = elementwise("soft cap", kernels -> kernels.softCap(y, 0, 256, 30));
        }
        (this.cap.ready() ? vector : plain).softCap(x, offset, n, cap);
    }

    @Override
    public void rope(
            float[] x, int xOffset, int rotaryDim, boolean interleaved, float[] cos, float[] sin, int tableOffset) {
        (rope.ready() ? vector : plain).rope(x, xOffset, rotaryDim, interleaved, cos, sin, tableOffset);
    }

    // ---- matrices ---------------------------------------------------------------------------------------------

    /** Small made-up weights of the same form: a kernel is compiled for a layout, not for a matrix. */
    private record SmallWeight(String scheme, GroupForm form, FloatRows floats, WeightMatrix like, int rows, int cols)
            implements WeightMatrix {

        /** One quad of rows. Columns are few, since a call costs a hundred times more before it is compiled. */
        static SmallWeight like(WeightMatrix weight) {
            GroupForm form = weight.form();
            int rows = Math.min(4 * Lanes.L, weight.rows());
            if (form == null) {
                return new SmallWeight(weight.scheme(), null, weight.floats(), weight, rows, weight.cols());
            }
            int cols = form.subScales() || form.group() > 64 ? TileLayout.CHUNK : 64;
            return new SmallWeight(weight.scheme(), form, null, null, 4 * Lanes.L, Math.min(cols, weight.cols()));
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

    /** The race between vector and plain code for a layout and some numbers of tokens. */
    private WarmUp matrix(WeightMatrix weight, String layout, int[] tokens) {
        int most = tokens[tokens.length - 1];
        return WarmUp.of(layout + " x" + most, () -> new WarmUp.Trial() {
            private final Arena arena = Arena.ofShared();
            private final Workers alone = Workers.of(1);
            private final SmallWeight small = SmallWeight.like(weight);
            private final MatMul fast = vector.pack(small, arena, alone);
            private final MatMul slow = plain.pack(small, arena, alone);
            private final float[] x = filled(most * small.cols());
            private final float[] y = new float[most * small.rows()];

            @Override
            public void vector() {
                multiply(fast);
            }

            @Override
            public void plain() {
                multiply(slow);
            }

            private void multiply(MatMul matrix) {
                for (int count : tokens) {
                    matrix.multiply(x, 0, small.cols(), count, y, 0, small.rows(), alone);
                }
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

        WarmingMatMul(MatMul packed, MatMul stored, WeightMatrix weight) {
            this.packed = packed;
            few = matrix(weight, packed.layout(), FEW);
            maxBlockTokens = packed instanceof TileMatMul tiles ? tiles.maxBlockTokens() : 0;
            some = maxBlockTokens > 0 ? matrix(weight, packed.layout(), SOME) : few;
            many = matrix(weight, packed.layout(), MANY);
            this.stored = allReady() ? null : stored;
        }

        @Override
        public void multiply(
                float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
            MatMul slow = stored;
            if (slow == null || quick(tokens)) {
                packed.multiply(x, xOffset, xStride, tokens, y, yOffset, yStride, workers);
                stored = allReady() ? null : slow;
            } else {
                slow.multiply(x, xOffset, xStride, tokens, y, yOffset, yStride, workers);
            }
        }

        private boolean allReady() {
            return few.ready() && some.ready() && many.ready();
        }

        private boolean quick(int tokens) {
            WarmUp warmUp = tokens <= TileMatMul.MAX_DOT_TOKENS ? few : tokens <= maxBlockTokens ? some : many;
            return warmUp.ready() || (long) rows() * cols() * tokens >= WORTH_WAITING && warmUp.await();
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
        return WarmUp.of("attention " + shape.type() + (shape.softCap() == 0 ? "" : " capped"), () -> new WarmUp.Trial() {
            private static final int LENGTH = 48;
            private final int width = shape.kvHeads() * shape.headDim();
            private final int heads = shape.heads() * shape.headDim();
            private final Workers alone = Workers.of(1);
            private final float[] q = filled(4 * heads);
            private final float[] out = new float[4 * heads];
            private final LayerCache fast = cache(vector);
            private final LayerCache slow = cache(plain);

            private LayerCache cache(Kernels kernels) {
                LayerCache cache = kernels.newCache(shape);
                float[] kv = filled(LENGTH * width);
                cache.append(kv, 0, width, kv, 0, width, LENGTH);
                return cache;
            }

            @Override
            public void vector() {
                fast.attend(q, 0, heads, out, 0, heads, 1, alone);
            }

            @Override
            public void plain() {
                slow.attend(q, 0, heads, out, 0, heads, 1, alone);
            }

            @Override
            public void close() {
                alone.close();
                fast.close();
                slow.close();
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
            if (slow != null && attention.ready()) {
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
