package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.djlquant.kernel.ActivationType;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.MatMul;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every implementation of {@link Kernels} must do with activations of 8 bits: multiply the rounded ones, to float
 * rounding. A subclass names the implementation.
 */
abstract class ByteActivationsContract {
    private static final int[] TOKENS = {1, 2, 3, 4, 5, 11, 34};

    private final Workers workers = Workers.of(2);
    private final Arena arena = Arena.ofShared();

    abstract Kernels floatKernels();

    @AfterEach
    void close() {
        workers.close();
        arena.close();
    }

    private Kernels kernels() {
        return floatKernels().withActivations(ActivationType.INT8);
    }

    private static GroupForm form(int bits, int group, int zero, boolean min, boolean half) {
        return new GroupForm(bits, group, group, zero, false, min, half, null);
    }

    /** Widths with one code in the middle or at an end, every kind of scale, groups up to the whole row. */
    static Stream<GroupForm> forms() {
        Stream.Builder<GroupForm> forms = Stream.builder();
        for (int bits = 1; bits <= 5; bits++) {
            for (int group : new int[] {32, 64, 128, 512, 1 << 20}) {
                forms.add(form(bits, group, 1 << bits - 1, false, true));
            }
            forms.add(form(bits, 128, 0, true, true));
            forms.add(form(bits, 32, 0, true, false));
            forms.add(form(bits, 64, (1 << bits) - 1 >> 1, false, false));
            forms.add(new GroupForm(bits, 32, 256, 0, true, true, true, null));
            forms.add(new GroupForm(bits, 32, 256, 1 << bits - 1, true, false, true, null));
        }
        return forms.build();
    }

    private static int cols(GroupForm form) {
        return form.group() == 512 ? 1536 : form.superGroup() == 256 ? 768 : form.group() >= 1 << 20 ? 300 : 640 + form.group();
    }

    @ParameterizedTest
    @MethodSource("forms")
    void theProductIsThatWithRoundedActivations(GroupForm form) {
        int cols = cols(form);
        assertTrue(ActivationType.INT8.rounds(form, cols));
        GroupedMatrix plain = new GroupedMatrix(form, 67, cols, null, 11);
        checkLossless(plain);
        checkMultiply(plain, KernelsContract.random(2 + 34 * (cols + 3), 3), true, TOKENS);
        int[] order = new Random(5).ints(0, cols).distinct().limit(cols).toArray();
        GroupedMatrix ordered = new GroupedMatrix(form, 67, cols, order, 12);
        checkLossless(ordered);
        checkMultiply(ordered, KernelsContract.random(2 + 5 * (cols + 3), 4), true, 1, 5);
    }

    @ParameterizedTest
    @MethodSource("forms")
    void sumsOfExtremesFit(GroupForm form) {
        int cols = cols(form);
        int top = (1 << form.bits()) - 1;
        GroupedMatrix matrix = new GroupedMatrix(form, 70, cols, null, 13) {
            @Override
            public void unpackRow(int row, GroupedRow into) {
                super.unpackRow(row, into);
                for (int k = 0; k < cols; k++) {
                    into.codes[k] = (byte) (row % 3 == 0 ? 0 : row % 3 == 1 ? top : k % 2 * top);
                }
            }

            @Override
            public void decodeRow(int row, float[] dst, int dstOffset) {
                GroupedRow parts = new GroupedRow(form, cols);
                unpackRow(row, parts);
                for (int k = 0; k < cols; k++) {
                    dst[dstOffset + k] = parts.value(form, k);
                }
            }
        };
        float[] x = new float[2 + 5 * (cols + 3)];
        for (int i = 0; i < x.length; i++) {
            int k = i - 2;
            int t = k / (cols + 3);
            x[i] = (t == 1 ? -1 : t == 2 && k % 2 == 0 ? -1 : t == 3 && k % 16 == 0 ? -1 : 1) * 1e20f;
        }
        checkMultiply(matrix, x, true, 1, 5);
    }

    static Stream<BlockScheme> schemes() {
        return Schemes.blocks().values().stream();
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void schemesRoundWhereTheirFormAllows(BlockScheme scheme) {
        int step = scheme.blockLength();
        int cols = step == 1 ? 77 : 5 * step;
        WeightMatrix weight = RandomMatrix.of(scheme, 70, cols, 70, arena);
        boolean rounds = ActivationType.INT8.rounds(weight.form(), cols);
        assertEquals(scheme.name().matches("Q[45]_[01](_GGJT[12])?|Q[45]_K|Q2_0|TQ[12]_0"), rounds, scheme.name());
        assertEquals(rounds, kernels().layout(weight).contains("8-bit activations"), kernels().layout(weight));
        assertEquals(kernels().layout(weight), kernels().pack(weight, arena, workers).layout());
        checkLossless(weight);
        checkMultiply(weight, KernelsContract.random(2 + 5 * (cols + 3), 6), rounds, 1, 3, 5);
    }

    static Stream<GroupForm> otherForms() {
        return Stream.of(
                form(4, 16, 8, false, true),
                form(4, 24, 8, false, true),
                form(4, 96, 8, false, true),
                form(5, 32, 3, false, true),
                form(6, 32, 32, false, true),
                form(8, 32, 128, false, true),
                new GroupForm(4, 64, 64, 0, false, false, false, new float[16]));
    }

    @ParameterizedTest
    @MethodSource("otherForms")
    void otherFormsMultiplyActivationsAsTheyAre(GroupForm form) {
        assertFalse(ActivationType.INT8.rounds(form, 480));
        GroupedMatrix matrix = new GroupedMatrix(form, 20, 480, null, 3);
        checkMultiply(matrix, KernelsContract.random(2 + 5 * 483, 8), false, 1, 5);
    }

    @Test
    void roundingShowsAndFloatKernelsDoNotRound() {
        GroupedMatrix matrix = new GroupedMatrix(form(4, 32, 8, false, true), 64, 256, null, 3);
        float[] x = KernelsContract.random(256, 8);
        float[] y = new float[64];
        float[] rounded = new float[64];
        Kernels floats = kernels().withActivations(ActivationType.FLOAT32);
        floats.pack(matrix, arena, workers).multiply(x, 0, 256, 1, y, 0, 64, workers);
        kernels().pack(matrix, arena, workers).multiply(x, 0, 256, 1, rounded, 0, 64, workers);
        double squares = 0;
        double differences = 0;
        for (int r = 0; r < 64; r++) {
            squares += y[r] * y[r];
            differences += (y[r] - rounded[r]) * (y[r] - rounded[r]);
            assertEquals(matrix.dot(r, x, 0), y[r], 1e-5);
        }
        double error = Math.sqrt(differences / squares);
        // a step is 1/127 of the largest of 32 normal values, some 2.1: uniform rounding errors of 0.0048
        assertTrue(error > 0.003 && error < 0.007, "relative error " + error);
        assertEquals(floats.name(), floatKernels().name());
        assertEquals(floats.name() + ", 8-bit activations", kernels().name());
    }

    @Test
    void whatIsNotFiniteStaysInItsTokenAndNothingElseDoes() {
        GroupedMatrix matrix = new GroupedMatrix(form(4, 32, 8, false, true), 40, 96, null, 3);
        float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        for (float value : odd) {
            float[] x = KernelsContract.random(2 * 96, 9);
            x[96 + 40] = value;
            float[] y = new float[80];
            kernels().pack(matrix, arena, workers).multiply(x, 0, 96, 2, y, 0, 40, workers);
            for (int r = 0; r < 40; r++) {
                assertTrue(Float.isFinite(y[r]), value + " reached another token");
                assertTrue(Float.isNaN(y[40 + r]), value + " became " + y[40 + r]);
            }
        }
    }

    @Test
    void tinyBlocksCountAsZeros() {
        GroupedMatrix matrix = new GroupedMatrix(form(4, 32, 8, false, true), 40, 96, null, 3);
        float[] x = new float[5 * 96];
        Arrays.fill(x, 32, 64, -0f);
        Arrays.fill(x, 64, 70, Float.MIN_VALUE);
        Arrays.fill(x, 96, 128, Float.MIN_NORMAL);
        float[] y = new float[5 * 40];
        kernels().pack(matrix, arena, workers).multiply(x, 0, 96, 5, y, 0, 40, workers);
        for (float each : y) {
            assertEquals(0f, Math.abs(each));
        }
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

    private void checkMultiply(WeightMatrix weight, float[] x, boolean rounds, int... tokenCounts) {
        int rows = weight.rows();
        int cols = weight.cols();
        MatMul packed = kernels().pack(weight, arena, workers);
        int xStride = cols + 3;
        int yStride = rows + 5;
        int most = Arrays.stream(tokenCounts).max().orElseThrow();
        float[] v = new float[x.length];
        for (int t = 0; t < most; t++) {
            System.arraycopy(x, 2 + t * xStride, v, 2 + t * xStride, cols);
            if (rounds) {
                round(v, 2 + t * xStride, cols, weight.columnOrder());
            }
        }
        double[][] expected = new double[most][rows];
        double[][] allowed = new double[most][rows];
        float[] w = new float[cols];
        for (int r = 0; r < rows; r++) {
            weight.decodeRow(r, w, 0);
            for (int t = 0; t < most; t++) {
                double size = 0;
                for (int k = 0; k < cols; k++) {
                    double product = (double) w[k] * v[2 + t * xStride + k];
                    expected[t][r] += product;
                    size += Math.abs(product);
                }
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

    /** The definition, block by block of 32 stored columns. */
    private static void round(float[] x, int at, int cols, int[] order) {
        for (int from = 0; from < cols; from += 32) {
            float largest = 0;
            for (int k = from; k < Math.min(cols, from + 32); k++) {
                largest = Math.max(largest, Math.abs(x[at + (order == null ? k : order[k])]));
            }
            float inverse = 1 / (largest / 127);
            for (int k = from; k < Math.min(cols, from + 32); k++) {
                int i = at + (order == null ? k : order[k]);
                x[i] = (float) Math.rint(x[i] * inverse) * (largest / 127);
            }
        }
    }
}
