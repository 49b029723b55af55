package org.djlquant.kernel;

import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/** Rows are decoded as the scheme defines and multiplied in plain loops, by activations that may be rounded before. */
final class ScalarMatMul implements MatMul {
    private final WeightMatrix weight;
    private final boolean rounded;

    /** @param rounded whether activations become those of {@link RoundedActivations} */
    ScalarMatMul(WeightMatrix weight, boolean rounded) {
        this.weight = weight;
        this.rounded = rounded;
    }

    @Override
    public int rows() {
        return weight.rows();
    }

    @Override
    public int cols() {
        return weight.cols();
    }

    @Override
    public long packedBytes() {
        return 0;
    }

    @Override
    public String layout() {
        return weight.scheme() + " decoded row by row, scalar" + (rounded ? ", 8-bit activations" : "");
    }

    @Override
    public void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
        int rows = rows();
        int cols = cols();
        workers.run((part, parts) -> {
            float[] w = workers.scratch(part, 0, cols);
            float[] v = x;
            int vOffset = xOffset;
            int vStride = xStride;
            if (rounded) {
                v = workers.scratch(part, 1, tokens * cols);
                vOffset = 0;
                vStride = cols;
                for (int t = 0; t < tokens; t++) {
                    RoundedActivations.round(x, xOffset + t * xStride, weight.columnOrder(), cols, v, t * cols);
                }
            }
            int end = (int) ((long) rows * (part + 1) / parts);
            for (int r = (int) ((long) rows * part / parts); r < end; r++) {
                weight.decodeRow(r, w, 0);
                for (int t = 0; t < tokens; t++) {
                    y[yOffset + t * yStride + r] = dot(w, v, vOffset + t * vStride, cols);
                }
            }
        });
    }

    /** Four sums, so that one addition need not wait for the one before it. */
    private static float dot(float[] w, float[] x, int xOffset, int n) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int k = 0;
        for (; k + 3 < n; k += 4) {
            s0 += w[k] * x[xOffset + k];
            s1 += w[k + 1] * x[xOffset + k + 1];
            s2 += w[k + 2] * x[xOffset + k + 2];
            s3 += w[k + 3] * x[xOffset + k + 3];
        }
        for (; k < n; k++) {
            s0 += w[k] * x[xOffset + k];
        }
        return s0 + s1 + (s2 + s3);
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        weight.decodeRow(row, dst, dstOffset);
    }
}
