package org.djlquant.model;

import org.djlquant.kernel.Kernels;

/**
 * {@code x · weight / √(mean(x²) + eps)}.
 *
 * @param weight factor of each element
 * @param eps added to the mean
 */
record RmsNorm(float[] weight, float eps) implements Norm {
    @Override
    public void apply(Kernels kernels, float[] x, int xOffset, float[] out, int outOffset) {
        kernels.rmsNorm(x, xOffset, weight.length, weight, eps, out, outOffset);
    }
}
