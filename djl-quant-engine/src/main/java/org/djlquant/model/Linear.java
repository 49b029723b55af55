package org.djlquant.model;

import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.MatMul;
import org.djlquant.runtime.Workers;

/**
 * {@code y = W x + b}, whatever scheme W is stored in. Made by {@link Weights}, which checks the
 * shape at once and packs the matrix later.
 */
final class Linear {
    private final int rows;
    private final int cols;
    private final float[] bias;
    private MatMul packed;

    Linear(int rows, int cols, float[] bias) {
        this.rows = rows;
        this.cols = cols;
        this.bias = bias;
    }

    int rows() {
        return rows;
    }

    int cols() {
        return cols;
    }

    /** Called once, when the matrix is packed. */
    void packed(MatMul matMul) {
        packed = matMul;
    }

    /** {@code y[t] = W x[t] + b} for {@code tokens} rows of x, which lie {@code xStride} apart from index 0 on. */
    void apply(Kernels kernels, Workers workers, float[] x, int xStride, int tokens, float[] y, int yOffset, int yStride) {
        packed.multiply(x, 0, xStride, tokens, y, yOffset, yStride, workers);
        if (bias != null) {
            for (int t = 0; t < tokens; t++) {
                kernels.add(y, yOffset + t * yStride, bias, 0, rows);
            }
        }
    }

    /** Row of W as float32, for embeddings tied to the head. */
    void decodeRow(int row, float[] dst, int dstOffset) {
        packed.decodeRow(row, dst, dstOffset);
    }
}
