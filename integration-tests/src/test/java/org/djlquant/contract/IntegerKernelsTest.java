package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.kernel.IntegerKernels;
import org.djlquant.kernel.MatMul;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.Int8Rows;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.quantize.Quantizer;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Operators that round activations to 8 bits, against the results that {@code reference/int8.py} had
 * bitsandbytes and torch compute. One other code of an activation would exceed the bounds.
 */
class IntegerKernelsTest {

    @ParameterizedTest
    @CsvSource({"y0, 3e38", "y6, 6"})
    void multipliesAsBitsandbytesDoes(String result, float threshold) throws URISyntaxException {
        try (Checkpoint checkpoint = open("llm-int8")) {
            for (int call = 0; call < 3; call++) {
                WeightMatrix weight = checkpoint.matrix("linear");
                float[] found = multiply(threshold, weight, checkpoint, "x." + call);
                // its CPU code has 1 / 127² wrong by 1.8e-5
                assertClose(decoded(checkpoint.matrix(result + "." + call)), found, 5e-5f);
            }
        }
    }

    @Test
    void withoutThresholdActivationsStayFloats() throws URISyntaxException {
        try (Checkpoint checkpoint = open("llm-int8")) {
            WeightMatrix weight = checkpoint.matrix("linear");
            float[] bias = checkpoint.vector("source.bias", weight.rows());
            WeightMatrix x = checkpoint.matrix("x.0");
            float[] values = decoded(x);
            float[] expected = new float[x.rows() * weight.rows()];
            for (int i = 0; i < expected.length; i++) {
                int r = i % weight.rows();
                expected[i] = (float) weight.dot(r, values, i / weight.rows() * x.cols()) + bias[r];
            }
            assertClose(expected, multiply(0, weight, checkpoint, "x.0"), 1e-5f);
        }
    }

    @Test
    void roundsWeightsToTheCodesOfBitsandbytes() throws URISyntaxException {
        try (Checkpoint checkpoint = open("llm-int8")) {
            Int8Rows stored = (Int8Rows) checkpoint.matrix("linear");
            Int8Rows found = (Int8Rows) Quantizer.quantize(checkpoint.matrix("source"), "INT8");
            assertEquals(-1, stored.codes().mismatch(found.codes()));
            assertClose(stored.scales(), found.scales(), 1e-9f);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void multipliesAsTorchDoes(int call) throws URISyntaxException {
        try (Checkpoint checkpoint = open("dynamic")) {
            WeightMatrix weight = Quantizer.quantize(checkpoint.matrix("source"), "DYNAMIC_INT8");
            assertClose(decoded(checkpoint.matrix("expected")), decoded(weight), 1e-8f);
            float[] found = multiply(0, weight, checkpoint, "x." + call);
            assertClose(decoded(checkpoint.matrix("y." + call)), found, 2e-6f);
        }
    }

    @Test
    void zeroWeightsAndZeroActivationsGiveZero() {
        try (Arena arena = Arena.ofConfined()) {
            for (String scheme : new String[] {"INT8", "DYNAMIC_INT8"}) {
                WeightMatrix weight = Quantizer.quantize(BlockMatrix.ofFloats(new float[3 * 40], 3, 40), scheme);
                float[] y = {1, 1, 1};
                new IntegerKernels(new ScalarKernels(), 6)
                        .pack(weight, arena, Workers.shared())
                        .multiply(new float[40], 0, 40, 1, y, 0, 3, Workers.shared());
                assertClose(new float[3], y, 0);
            }
        }
    }

    @Test
    void aNegativeThresholdIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new IntegerKernels(new ScalarKernels(), -1));
        assertThrows(IllegalArgumentException.class, () -> new IntegerKernels(new ScalarKernels(), Float.NaN));
    }

    /** One call on all rows of {@code input}, which lie apart in a larger array, and the bias. */
    private static float[] multiply(float threshold, WeightMatrix weight, Checkpoint checkpoint, String input) {
        WeightMatrix x = checkpoint.matrix(input);
        int stride = x.cols() + 5;
        float[] wide = new float[3 + x.rows() * stride];
        for (int t = 0; t < x.rows(); t++) {
            x.decodeRow(t, wide, 3 + t * stride);
        }
        int rows = weight.rows();
        float[] apart = new float[2 + x.rows() * (rows + 1)];
        try (Arena arena = Arena.ofConfined();
                Workers workers = Workers.of(3)) {
            MatMul operator = new IntegerKernels(new ScalarKernels(), threshold).pack(weight, arena, workers);
            operator.multiply(wide, 3, stride, x.rows(), apart, 2, rows + 1, workers);
        }
        float[] bias = checkpoint.vector("source.bias", rows);
        float[] y = new float[x.rows() * rows];
        for (int i = 0; i < y.length; i++) {
            y[i] = apart[2 + i / rows * (rows + 1) + i % rows] + bias[i % rows];
        }
        return y;
    }

    private static float[] decoded(WeightMatrix matrix) {
        float[] values = new float[matrix.rows() * matrix.cols()];
        for (int r = 0; r < matrix.rows(); r++) {
            matrix.decodeRow(r, values, r * matrix.cols());
        }
        return values;
    }

    private static void assertClose(float[] expected, float[] found, float bound) {
        assertEquals(expected.length, found.length);
        for (int i = 0; i < expected.length; i++) {
            assertTrue(
                    Math.abs(expected[i] - found[i]) <= bound * (1 + Math.abs(expected[i])),
                    "value " + i + ": expected " + expected[i] + ", found " + found[i]);
        }
    }

    private static Checkpoint open(String name) throws URISyntaxException {
        return Checkpoints.open(Path.of(IntegerKernelsTest.class.getResource("/golden/int8/" + name).toURI()));
    }
}
