package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.MatMul;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.kernel.vector.VectorKernels;
import org.djlquant.kernel.vector.WarmingKernels;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.Schemes;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Warm-up must end with the vector code in use. A trial that fails is silent, and plain loops or passes over few
 * tokens serve instead; their results differ in the last bits, by which this test tells them apart.
 */
@Tag("vector")
class WarmingKernelsTest {
    private static final int ROWS = 512;
    private static final int COLS = 1024;

    @ParameterizedTest
    @ValueSource(strings = {"Q4_0", "Q4_K", "Q6_K", "IQ4_NL"})
    void waitsForManyTokens(String scheme) {
        assertArrayEquals(multiply(new VectorKernels(), scheme, 40), multiply(new WarmingKernels(), scheme, 40));
    }

    /** Of a form that no other test uses, since warm-ups are shared. */
    @Test
    void compilesWhenPlainLoopsHaveDoneEnough() {
        GroupForm form = new GroupForm(7, 64, 64, 64, false, false, true, null);
        int rows = 128;
        float[] x = gaussians(COLS);
        try (Arena arena = Arena.ofConfined(); Workers alone = Workers.of(1)) {
            GroupedMatrix weight = new GroupedMatrix(form, rows, COLS, null, 5);
            float[] plain = new float[rows];
            new ScalarKernels().inPlace(weight).multiply(x, 0, COLS, 1, plain, 0, rows, alone);
            Kernels warming = new WarmingKernels();
            warming.prepare(weight, rows * COLS);
            MatMul matrix = warming.pack(weight, arena, alone);
            float[] y = new float[rows];
            int calls = 0;
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            do {
                matrix.multiply(x, 0, COLS, 1, y, 0, rows, alone);
                calls++;
            } while (Arrays.equals(plain, y) && System.nanoTime() < end);
            assertFalse(Arrays.equals(plain, y), "not compiled after a minute");
            assertArrayEquals(plain, y, 1e-4f);
            long work = (long) calls * rows * COLS;
            assertTrue(work >= 100_000_000, "compiled after " + work + " multiply-adds");
        }
    }

    private static float[] gaussians(int n) {
        float[] x = new float[n];
        Random random = new Random(7);
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private static float[] multiply(Kernels kernels, String scheme, int tokens) {
        float[] x = gaussians(tokens * COLS);
        float[] y = new float[tokens * ROWS];
        try (Arena arena = Arena.ofConfined(); Workers alone = Workers.of(1)) {
            GroupedMatrix matrix = new GroupedMatrix(Schemes.block(scheme).form(), ROWS, COLS, null, 3);
            kernels.pack(matrix, arena, alone).multiply(x, 0, COLS, tokens, y, 0, ROWS, alone);
        }
        return y;
    }
}
