package org.djlquant.model;

import org.djlquant.kernel.Kernels;

/** Root-mean-square norm with a learned factor. */
record Norm(float[] weight, float eps) {

    /** Normalizes one vector of {@code weight.length} elements; x and out may be the same. */
    void apply(Kernels kernels, float[] x, int xOffset, float[] out, int outOffset) {
        kernels.rmsNorm(x, xOffset, weight.length, weight, eps, out, outOffset);
    }
}
