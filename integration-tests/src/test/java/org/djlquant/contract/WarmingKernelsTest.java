package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.Arena;
import java.util.Random;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.vector.VectorKernels;
import org.djlquant.kernel.vector.WarmingKernels;
import org.djlquant.quant.Schemes;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Tag;
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

    private static float[] multiply(Kernels kernels, String scheme, int tokens) {
        float[] x = new float[tokens * COLS];
        Random random = new Random(7);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        float[] y = new float[tokens * ROWS];
        try (Arena arena = Arena.ofConfined(); Workers alone = Workers.of(1)) {
            GroupedMatrix matrix = new GroupedMatrix(Schemes.block(scheme).form(), ROWS, COLS, null, 3);
            kernels.pack(matrix, arena, alone).multiply(x, 0, COLS, tokens, y, 0, ROWS, alone);
        }
        return y;
    }
}
