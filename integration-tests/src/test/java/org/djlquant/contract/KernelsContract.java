package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.LayerCache;
import org.djlquant.kernel.MatMul;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every implementation of {@link Kernels} must do; a subclass names the implementation. */
abstract class KernelsContract {
    private static final int[] TOKENS = {1, 2, 3, 5, 8, 13, 33, 130, 141};

    private final Workers workers = Workers.of(2);
    private final Arena arena = Arena.ofShared();

    abstract Kernels kernels();

    @AfterEach
    void close() {
        workers.close();
        arena.close();
    }

    static Stream<BlockScheme> schemes() {
        return Schemes.blocks().values().stream();
    }

    // ---- matrices ---------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("schemes")
    void multiplyAgreesWithTheDotProductOfTheScheme(BlockScheme scheme) {
        int step = scheme.blockLength();
        // rows that fill no tile, columns that fill no chunk, and one shape with several chunks and passes
        int[][] shapes = {{64, 2 * step}, {1, step}, {17, 3 * step}, {131, step == 1 ? 77 : 5 * step}, {70, 1280}};
        for (int[] shape : shapes) {
            WeightMatrix weight = RandomMatrix.of(scheme, shape[0], shape[1], shape[0], arena);
            checkMultiply(weight, shape[0] == 70 ? TOKENS : new int[] {1, 2, 3, 5, 13});
        }
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void packingLosesNothing(BlockScheme scheme) {
        int step = scheme.blockLength();
        for (int[] shape : new int[][] {{1, step}, {19, 3 * step}, {67, 1280}}) {
            checkLossless(RandomMatrix.of(scheme, shape[0], shape[1], 7, arena));
        }
    }

    /** Forms that no block scheme has: other widths and groups, float scales, tables, a column order. */
    static Stream<GroupForm> forms() {
        Stream.Builder<GroupForm> forms = Stream.builder();
        for (int bits = 1; bits <= 8; bits++) {
            for (int group : new int[] {16, 32, 64, 128, 512}) {
                forms.add(new GroupForm(bits, group, group, 1 << bits - 1, false, false, true, null));
            }
            forms.add(new GroupForm(bits, 128, 128, 0, false, true, true, null));
            forms.add(new GroupForm(bits, 64, 64, 3 % (1 << bits), false, false, false, null));
            forms.add(new GroupForm(bits, 32, 32, 0, false, true, false, null));
            forms.add(new GroupForm(bits, 32, 32, 0, false, true, false, null, true));
            forms.add(new GroupForm(bits, 128, 128, 0, false, true, false, null, true));
            forms.add(new GroupForm(bits, 16, 64, 0, true, true, true, null));
            forms.add(new GroupForm(bits, 1 << 20, 1 << 20, 1 << bits - 1, false, false, false, null));
            forms.add(new GroupForm(bits, 24, 24, 0, false, false, true, null));
            float[] table = new float[1 << bits];
            for (int i = 0; i < table.length; i++) {
                table[i] = (float) Math.sin(i * 1.7);
            }
            forms.add(new GroupForm(bits, 64, 64, 0, false, false, false, table));
        }
        return forms.build();
    }

    @ParameterizedTest
    @MethodSource("forms")
    void anyFormRunsAndLosesNothing(GroupForm form) {
        int cols = form.group() == 24 ? 24 * 13 : form.group() == 1 << 20 ? 300 : 704;
        if (form.group() == 512) {
            cols = 1536;
        }
        GroupedMatrix plain = new GroupedMatrix(form, 35, cols, null, 11);
        checkLossless(plain);
        checkMultiply(plain, new int[] {1, 2, 6, 9});
        int[] order = new Random(5).ints(0, cols).distinct().limit(cols).toArray();
        GroupedMatrix ordered = new GroupedMatrix(form, 35, cols, order, 12);
        checkLossless(ordered);
        checkMultiply(ordered, new int[] {1, 3});
    }

    private void checkLossless(WeightMatrix weight) {
        MatMul packed = kernels().pack(weight, arena, workers);
        float[] expected = new float[weight.cols()];
        float[] actual = new float[weight.cols() + 2];
        for (int row = 0; row < weight.rows(); row++) {
            weight.decodeRow(row, expected, 0);
            packed.decodeRow(row, actual, 1);
            for (int k = 0; k < expected.length; k++) {
                assertEquals(
                        Float.floatToRawIntBits(expected[k]), Float.floatToRawIntBits(actual[k + 1]),
                        weight.scheme() + " row " + row + " column " + k);
            }
        }
    }

    private void checkMultiply(WeightMatrix weight, int[] tokenCounts) {
        int rows = weight.rows();
        int cols = weight.cols();
        MatMul packed = kernels().pack(weight, arena, workers);
        assertEquals(rows, packed.rows());
        assertEquals(cols, packed.cols());
        int most = Arrays.stream(tokenCounts).max().orElseThrow();
        int xStride = cols + 3;
        int yStride = rows + 5;
        float[] x = random(2 + most * xStride, 3);
        double[][] expected = new double[most][rows];
        double[][] allowed = new double[most][rows];
        float[] w = new float[cols];
        for (int r = 0; r < rows; r++) {
            weight.decodeRow(r, w, 0);
            for (int t = 0; t < most; t++) {
                double sum = 0;
                double size = 0;
                for (int k = 0; k < cols; k++) {
                    double product = (double) w[k] * x[2 + t * xStride + k];
                    sum += product;
                    size += Math.abs(product);
                }
                expected[t][r] = sum;
                // every code contributes Σ|x|·scale to rounding even where its weight is 0
                allowed[t][r] = 1e-5 * size + 1e-7;
            }
        }
        for (int tokens : tokenCounts) {
            float[] y = new float[4 + tokens * yStride];
            Arrays.fill(y, Float.NaN);
            packed.multiply(x, 2, xStride, tokens, y, 4, yStride, workers);
            for (int i = 0; i < y.length; i++) {
                int t = Math.floorDiv(i - 4, yStride);
                int r = i - 4 - t * yStride;
                String where = weight.scheme() + " " + rows + "x" + cols + " tokens " + tokens + " t " + t + " r " + r;
                if (i < 4 || r >= rows) {
                    assertTrue(Float.isNaN(y[i]), "wrote outside of the result: " + where);
                } else {
                    assertEquals(expected[t][r], y[i], allowed[t][r], where);
                }
            }
        }
    }

    // ---- elementwise ------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 15, 16, 17, 64, 100, 4099})
    void rmsNorm(int n) {
        float[] x = random(n + 3, n);
        float[] weight = random(n, n + 1);
        double squares = 0;
        for (int i = 0; i < n; i++) {
            squares += (double) x[3 + i] * x[3 + i];
        }
        double factor = 1 / Math.sqrt(squares / n + 1e-5);
        float[] out = new float[n + 1];
        kernels().rmsNorm(x, 3, n, weight, 1e-5f, out, 1);
        float[] inPlace = x.clone();
        kernels().rmsNorm(inPlace, 3, n, weight, 1e-5f, inPlace, 3);
        for (int i = 0; i < n; i++) {
            assertEquals(x[3 + i] * factor * weight[i], out[1 + i], 1e-6 * Math.abs(out[1 + i]) + 1e-9);
            assertEquals(out[1 + i], inPlace[3 + i]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 33, 1000})
    void add(int n) {
        float[] x = random(n + 4, 1);
        float[] y = random(n + 2, 2);
        float[] sum = x.clone();
        kernels().add(sum, 3, y, 2, n);
        for (int i = 0; i < sum.length; i++) {
            assertEquals(i >= 3 && i < 3 + n ? x[i] + y[i - 1] : x[i], sum[i]);
        }
    }

    @Test
    void siluMultiplyOverTheWholeRange() {
        int n = 20_001;
        float[] gate = new float[n + 1];
        for (int i = 0; i < n; i++) {
            gate[1 + i] = (i - n / 2) * 0.0107f;
        }
        float[] up = random(n, 4);
        float[] out = gate.clone();
        kernels().siluMultiply(out, 1, up, 0, n);
        for (int i = 0; i < n; i++) {
            double v = gate[1 + i];
            double expected = v / (1 + Math.exp(-v)) * up[i];
            assertEquals(expected, out[1 + i], 1e-6 * Math.abs(expected) + 1e-35, "silu of " + v);
        }
        assertEquals(gate[0], out[0]);
    }

    @Test
    void geluOverTheWholeRange() {
        int n = 20_001;
        float[] x = new float[n + 2];
        for (int i = 0; i < n; i++) {
            x[1 + i] = (i - n / 2) * 0.0017f;
        }
        x[n + 1] = x[0] = 7;
        float[] out = x.clone();
        kernels().gelu(out, 1, n);
        for (int i = 0; i < n; i++) {
            double v = x[1 + i];
            double u = Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v);
            // where the function all but vanishes, rounding of u shows in e^u
            assertEquals(v / (1 + Math.exp(-2 * u)), out[1 + i], 1e-6 * Math.abs(v), "gelu of " + v);
        }
        assertEquals(7, out[0]);
        assertEquals(7, out[n + 1]);
        float[] extremes = {0f, 1e30f, -1e30f, -50f};
        kernels().gelu(extremes, 0, 4);
        assertArrayEquals(new float[] {0f, 1e30f, 0f, 0f}, extremes, 1e-30f);
    }

    @ParameterizedTest
    @ValueSource(floats = {0.5f, 30f, 50f})
    void softCapApproachesItsBound(float cap) {
        int n = 1003;
        float[] x = random(n + 5, 6);
        for (int i = 0; i < n; i++) {
            x[2 + i] *= 40;
        }
        x[7] = 1e30f;
        x[8] = Float.NEGATIVE_INFINITY;
        x[9] = 0;
        float[] out = x.clone();
        kernels().softCap(out, 2, n, cap);
        for (int i = 0; i < x.length; i++) {
            boolean inside = i >= 2 && i < 2 + n;
            assertEquals(inside ? cap * Math.tanh(x[i] / (double) cap) : x[i], out[i], inside ? 3e-7 * cap : 0, "of " + x[i]);
        }
    }

    @Test
    void siluOfExtremes() {
        float[] gate = {0f, -0f, 1e30f, -1e30f, Float.POSITIVE_INFINITY, Float.MIN_VALUE, -200f};
        float[] up = {1, 1, 1, 1, 1, 1, 1};
        kernels().siluMultiply(gate, 0, up, 0, gate.length);
        assertEquals(0f, gate[0]);
        assertEquals(1e30f, gate[2], 1e24f);
        assertEquals(0f, gate[3], 1e-30f);
        assertEquals(Float.POSITIVE_INFINITY, gate[4]);
        assertEquals(0f, gate[5], 1e-30f);
        assertEquals(0f, gate[6], 1e-30f);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 6, 16, 24, 32, 64, 128, 192})
    void ropeRotatesPairs(int rotaryDim) {
        for (boolean interleaved : new boolean[] {false, true}) {
            float[] x = random(rotaryDim + 5, 9);
            float[] cos = new float[rotaryDim / 2 + 2];
            float[] sin = new float[rotaryDim / 2 + 2];
            for (int i = 0; i < rotaryDim / 2; i++) {
                cos[2 + i] = (float) Math.cos(i + 0.3);
                sin[2 + i] = (float) Math.sin(i + 0.3);
            }
            float[] turned = x.clone();
            kernels().rope(turned, 3, rotaryDim, interleaved, cos, sin, 2);
            for (int i = 0; i < rotaryDim / 2; i++) {
                int a = 3 + (interleaved ? 2 * i : i);
                int b = interleaved ? a + 1 : a + rotaryDim / 2;
                assertEquals((double) x[a] * cos[2 + i] - (double) x[b] * sin[2 + i], turned[a], 1e-6);
                assertEquals((double) x[b] * cos[2 + i] + (double) x[a] * sin[2 + i], turned[b], 1e-6);
            }
            assertEquals(x[2], turned[2]);
            assertEquals(x[3 + rotaryDim], turned[3 + rotaryDim]);
        }
    }

    // ---- attention --------------------------------------------------------------------------------------------

    static Stream<LayerCache.Shape> caches() {
        int all = Integer.MAX_VALUE;
        Stream.Builder<LayerCache.Shape> shapes = Stream.builder();
        for (LayerCache.Type type : LayerCache.Type.values()) {
            shapes.add(new LayerCache.Shape(4, 4, 64, 0.125f, 0, all, type));
            shapes.add(new LayerCache.Shape(8, 2, 128, 0.09f, 0, all, type));
            shapes.add(new LayerCache.Shape(7, 1, 80, 0.1f, 2.5f, all, type));
            shapes.add(new LayerCache.Shape(6, 2, 20, 0.2f, 0, 37, type));
            shapes.add(new LayerCache.Shape(32, 4, 16, 0.25f, 0, 1, type));
            shapes.add(new LayerCache.Shape(6, 3, 36, 0.3f, 1.5f, 29, type));
        }
        return shapes.build();
    }

    @ParameterizedTest
    @MethodSource("caches")
    void attentionAgreesWithItsFormula(LayerCache.Shape shape) {
        int width = shape.kvHeads() * shape.headDim();
        int all = 200;
        float[] keys = random(3 + all * (width + 2), 21);
        float[] values = random(1 + all * (width + 4), 22);
        try (LayerCache cache = kernels().newCache(shape)) {
            int length = 0;
            // a prompt, single tokens over a block boundary, a step back, and another prompt
            for (int tokens : new int[] {1, 70, 1, 1, 57, -29, 3, 90}) {
                if (tokens < 0) {
                    length += tokens;
                    cache.truncate(length);
                    continue;
                }
                cache.append(
                        keys, 3 + length * (width + 2), width + 2,
                        values, 1 + length * (width + 4), width + 4, tokens);
                length += tokens;
                assertEquals(length, cache.length());
                checkAttention(cache, shape, tokens);
            }
            float[] key = new float[width];
            float[] value = new float[width];
            for (int position : new int[] {0, 63, 64, 100, length - 1}) {
                cache.read(position, key, value);
                assertArrayEquals(stored(keys, 3 + position * (width + 2), shape), key);
                assertArrayEquals(stored(values, 1 + position * (width + 4), shape), value);
            }
            assertTrue(cache.bytes() >= 2L * length * width * (4 >> shape.type().ordinal()));
        }
    }

    /** What the cache holds of the heads of a position. */
    private static float[] stored(float[] x, int at, LayerCache.Shape shape) {
        int dim = shape.headDim();
        float[] held = Arrays.copyOfRange(x, at, at + shape.kvHeads() * dim);
        for (int head = 0; head < held.length; head += dim) {
            float max = 0;
            for (int i = head; i < head + dim; i++) {
                max = Math.max(max, Math.abs(held[i]));
            }
            for (int i = head; i < head + dim; i++) {
                held[i] = switch (shape.type()) {
                    case F32 -> held[i];
                    case F16 -> Float.float16ToFloat(Float.floatToFloat16(held[i]));
                    case Q8 -> Math.round(Math.abs(held[i]) * (127 / max)) * Math.signum(held[i]) * (max / 127) + 0f;
                };
            }
        }
        return held;
    }

    /** Compares with the formula in double precision, over what the cache says it holds. */
    private void checkAttention(LayerCache cache, LayerCache.Shape shape, int tokens) {
        int dim = shape.headDim();
        int length = cache.length();
        int width = shape.kvHeads() * dim;
        float[][] keys = new float[length][width];
        float[][] values = new float[length][width];
        for (int j = 0; j < length; j++) {
            cache.read(j, keys[j], values[j]);
        }
        int stride = shape.heads() * dim + 3;
        float[] q = random(2 + tokens * stride, length);
        float[] out = new float[1 + tokens * stride];
        cache.attend(q, 2, stride, out, 1, stride, tokens, workers);
        for (int t = 0; t < tokens; t++) {
            int position = length - tokens + t;
            int first = Math.max(0, position - shape.window() + 1);
            for (int h = 0; h < shape.heads(); h++) {
                int column = h / (shape.heads() / shape.kvHeads()) * dim;
                double[] weights = new double[position + 1];
                double sum = 0;
                for (int j = first; j <= position; j++) {
                    double dot = 0;
                    for (int d = 0; d < dim; d++) {
                        dot += (double) q[2 + t * stride + h * dim + d] * keys[j][column + d];
                    }
                    double score = dot * shape.scale();
                    double cap = shape.softCap();
                    weights[j] = Math.exp(cap == 0 ? score : cap * Math.tanh(score / cap));
                    sum += weights[j];
                }
                for (int d = 0; d < dim; d++) {
                    double expected = 0;
                    for (int j = first; j <= position; j++) {
                        expected += weights[j] / sum * values[j][column + d];
                    }
                    String where = shape + " length " + length + " t " + t + " head " + h + " d " + d;
                    assertEquals(expected, out[1 + t * stride + h * dim + d], 2e-5, where);
                }
            }
            if (t > 0) {
                assertEquals(0f, out[1 + t * stride - 1], "wrote between the tokens");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(LayerCache.Type.class)
    void scoresOfAnySizeGiveFiniteAttention(LayerCache.Type type) {
        LayerCache.Shape shape = LayerCache.Shape.of(1, 1, 32).withType(type);
        try (LayerCache cache = kernels().newCache(shape)) {
            float[] keys = new float[2 * 32];
            float[] values = new float[2 * 32];
            Arrays.fill(keys, 0, 32, 100f);
            Arrays.fill(keys, 32, 64, -100f);
            Arrays.fill(values, 0, 32, 1f);
            Arrays.fill(values, 32, 64, 2f);
            cache.append(keys, 0, 32, values, 0, 32, 2);
            float[] q = new float[32];
            Arrays.fill(q, 50f);
            float[] out = new float[32];
            cache.attend(q, 0, 32, out, 0, 32, 1, workers);
            assertEquals(1f, out[7], 1e-6f);
        }
    }

    @ParameterizedTest
    @EnumSource(LayerCache.Type.class)
    void forksShareWhatTheyDoNotChange(LayerCache.Type type) {
        LayerCache.Shape shape = LayerCache.Shape.of(4, 2, 20).withType(type);
        int width = 40;
        float[] x = random(400 * width, 5);
        try (LayerCache cache = kernels().newCache(shape);
                LayerCache alone = kernels().newCache(shape)) {
            cache.append(x, 0, width, x, 0, width, 150);
            LayerCache fork = cache.fork(100);
            LayerCache second = fork.fork(100);
            assertEquals(100, fork.length());
            assertEquals(cache.bytes(100), fork.bytes());
            // all of them go on differently, the first after a step back into what they share
            cache.truncate(30);
            cache.append(x, 200 * width, width, x, 200 * width, width, 90);
            fork.append(x, 300 * width, width, x, 300 * width, width, 70);
            second.truncate(64);
            second.append(x, 320 * width, width, x, 320 * width, width, 1);
            alone.append(x, 0, width, x, 0, width, 30);
            alone.append(x, 200 * width, width, x, 200 * width, width, 90);
            assertSame(alone, cache, width);
            alone.truncate(0);
            alone.append(x, 0, width, x, 0, width, 100);
            alone.append(x, 300 * width, width, x, 300 * width, width, 70);
            assertSame(alone, fork, width);
            alone.truncate(64);
            alone.append(x, 320 * width, width, x, 320 * width, width, 1);
            assertSame(alone, second, width);
            assertThrows(IllegalArgumentException.class, () -> second.fork(66));
            fork.close();
            assertSame(alone, second, width);
            second.close();
        }
    }

    private static void assertSame(LayerCache expected, LayerCache found, int width) {
        assertEquals(expected.length(), found.length());
        float[][] e = new float[2][width];
        float[][] f = new float[2][width];
        for (int i = 0; i < expected.length(); i++) {
            expected.read(i, e[0], e[1]);
            found.read(i, f[0], f[1]);
            assertArrayEquals(e, f, "position " + i);
        }
    }

    @Test
    void aCacheCannotBeTruncatedToMoreThanItHolds() {
        LayerCache.Shape shape = LayerCache.Shape.of(1, 1, 8);
        try (LayerCache cache = kernels().newCache(shape)) {
            assertThrows(IllegalArgumentException.class, () -> cache.truncate(1));
            assertThrows(IndexOutOfBoundsException.class, () -> cache.read(0, new float[8], new float[8]));
        }
    }

    static float[] random(int n, long seed) {
        Random random = new Random(seed);
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }
}
