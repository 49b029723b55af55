package org.djlquant.model;

import org.djlquant.kernel.Kernels;

/** Brings a vector to unit size, with learned factors. Stateless. */
interface Norm {
    /** Normalizes one vector; x and out may be the same. */
    void apply(Kernels kernels, float[] x, int xOffset, float[] out, int outOffset);
}
