package org.djlquant.kernel;

import org.djlquant.quant.Int8Rows;
import org.djlquant.runtime.Workers;

/**
 * LLM.int8(): inputs in which some token reaches the threshold are multiplied in floats, the others in
 * integers with the activations of each token rounded to 8 bits.
 *
 * <pre>
 * outlier[k] = |x[t, k]| ≥ threshold for any token t of the call
 * s[t]       = max |x[t, k]| over the values below the threshold
 * q[t, k]    = round(x[t, k] · 127 / s[t]), 0 for outliers
 * y[t, r]    = (s[t] / 127) · scale[r] · Σ code[r, k] · q[t, k]  +  Σ over outliers x[t, k] · scale[r] · code[r, k]
 * </pre>
 *
 * <p>Activations are rounded to float16 before the comparison and before q is made. Tokens of one call
 * share their outliers, so a result depends, within the rounding, on what it is computed together with.
 *
 * <p>The CPU code of bitsandbytes 0.49.2 multiplies the first sum by 6.200124e-5 where 1 / 127² is
 * 6.200012e-5, as on its GPUs: results of its CPU code are 1.8e-5 of that sum larger.
 *
 * <p>Source: MatMul8bitLt and int8_vectorwise_quant of bitsandbytes 0.49.2; Dettmers et al., "LLM.int8()",
 * arXiv:2208.07339.
 */
final class MixedInt8MatMul implements MatMul {
    private final Int8Rows weight;
    private final float threshold;

    MixedInt8MatMul(Int8Rows weight, float threshold) {
        this.weight = weight;
        this.threshold = threshold;
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

    static String layout(float threshold) {
        return "INT8 with 8-bit activations below " + threshold + ", scalar";
    }

    @Override
    public String layout() {
        return layout(threshold);
    }

    @Override
    public void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
        int rows = rows();
        int cols = cols();
        workers.run((part, parts) -> {
            // each part rounds all activations for itself: little work beside the product
            float[] q = workers.scratch(part, 0, tokens * cols);
            float[] largest = workers.scratch(part, 1, tokens);
            float[] outliers = workers.scratch(part, 2, cols);
            int count = quantize(x, xOffset, xStride, tokens, q, largest, outliers);
            float[] w = workers.scratch(part, 3, cols);
            int end = (int) ((long) rows * (part + 1) / parts);
            for (int r = (int) ((long) rows * part / parts); r < end; r++) {
                IntegerDot.loadRow(weight.codes(), r, cols, w);
                float scale = weight.scales()[r];
                for (int t = 0; t < tokens; t++) {
                    float rounded = IntegerDot.sum(w, q, t * cols, cols) * (largest[t] / 127 * scale);
                    float exact = 0;
                    for (int i = 0; i < count; i++) {
                        int k = (int) outliers[i];
                        exact += x[xOffset + t * xStride + k] * (scale * w[k]);
                    }
                    y[yOffset + t * yStride + r] = rounded + exact;
                }
            }
        });
    }

    /** Returns how many outliers there are; {@code outliers} begins with their columns. */
    private int quantize(
            float[] x, int xOffset, int xStride, int tokens, float[] q, float[] largest, float[] outliers) {
        int cols = cols();
        for (int t = 0; t < tokens; t++) {
            largest[t] = 0;
            for (int k = 0; k < cols; k++) {
                float half = Float.float16ToFloat(Float.floatToFloat16(x[xOffset + t * xStride + k]));
                q[t * cols + k] = half;
                if (Math.abs(half) < threshold) {
                    largest[t] = Math.max(largest[t], Math.abs(half));
                }
            }
        }
        int count = 0;
        for (int k = 0; k < cols; k++) {
            if (isOutlier(q, k, tokens, cols)) {
                outliers[count++] = k;
                for (int t = 0; t < tokens; t++) {
                    q[t * cols + k] = 0;
                }
            }
        }
        for (int t = 0; t < tokens; t++) {
            // the order in which torch divides a number by a tensor
            float inverse = largest[t] == 0 ? 0 : 1 / largest[t] * 127;
            for (int i = t * cols; i < (t + 1) * cols; i++) {
                q[i] = (float) Math.rint(q[i] * inverse);
            }
        }
        return count;
    }

    private boolean isOutlier(float[] q, int k, int tokens, int cols) {
        for (int t = 0; t < tokens; t++) {
            // a NaN is one too, so that it reaches the result
            if (!(Math.abs(q[t * cols + k]) < threshold)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        weight.decodeRow(row, dst, dstOffset);
    }
}
