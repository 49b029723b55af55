package org.djlquant.model;

import org.djlquant.kernel.Kernels;

/**
 * {@code (x − mean(x)) / √(variance(x) + eps) · weight + bias}. Plain loops: the models that use it
 * spend next to nothing here.
 *
 * @param weight factor of each element
 * @param bias added to each element
 * @param eps added to the variance
 */
record LayerNorm(float[] weight, float[] bias, float eps) implements Norm {
    @Override
    public void apply(Kernels kernels, float[] x, int xOffset, float[] out, int outOffset) {
        int n = weight.length;
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[xOffset + i];
        }
        double mean = sum / n;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            double d = x[xOffset + i] - mean;
            squares += d * d;
        }
        double factor = 1 / Math.sqrt(squares / n + eps);
        for (int i = 0; i < n; i++) {
            out[outOffset + i] = (float) ((x[xOffset + i] - mean) * factor) * weight[i] + bias[i];
        }
    }
}
