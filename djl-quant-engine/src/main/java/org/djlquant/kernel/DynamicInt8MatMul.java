package org.djlquant.kernel;

import org.djlquant.quant.Int8Tensor;
import org.djlquant.runtime.Workers;

/**
 * Dynamic quantization as torch does it: all activations of a call are rounded to the same 128 steps.
 *
 * <pre>
 * s       = (max − min) / 127 over all activations of the call and 0
 * zero    = the code that means 0, so that codes cover [min, max]
 * q[t, k] = round(x[t, k] / s) + zero
 * y[t, r] = s · scale · Σ code[r, k] · (q[t, k] − zero)
 * </pre>
 *
 * <p>The range is that of the whole array, so a result depends on what it is computed together with.
 *
 * <p>Source: quantized::linear_dynamic of PyTorch 2.7.1 with the engine fbgemm, and its
 * ChooseQuantizationParams.
 */
final class DynamicInt8MatMul implements MatMul {
    static final String LAYOUT = "DYNAMIC_INT8 with 8-bit activations, scalar";

    /** The largest code of the range ({@code reduce_range}): with 8 bits, fbgemm's 16-bit sums would overflow. */
    private static final int MAX_CODE = 127;

    /** Steps below are replaced by it. */
    private static final float LEAST_STEP = 6.1e-5f;

    private record Rounding(float step, int zero) {}

    private final Int8Tensor weight;

    DynamicInt8MatMul(Int8Tensor weight) {
        this.weight = weight;
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
        return LAYOUT;
    }

    @Override
    public void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
        int rows = rows();
        int cols = cols();
        float min = 0;
        float max = 0;
        for (int t = 0; t < tokens; t++) {
            for (int k = 0; k < cols; k++) {
                min = Math.min(min, x[xOffset + t * xStride + k]);
                max = Math.max(max, x[xOffset + t * xStride + k]);
            }
        }
        Rounding rounding = rounding(min, max);
        float scale = rounding.step * weight.scale();
        workers.run((part, parts) -> {
            // each part rounds all activations for itself: little work beside the product
            float[] q = workers.scratch(part, 0, tokens * cols);
            for (int t = 0; t < tokens; t++) {
                quantize(x, xOffset + t * xStride, rounding, q, t * cols, cols);
            }
            float[] w = workers.scratch(part, 1, cols);
            int end = (int) ((long) rows * (part + 1) / parts);
            for (int r = (int) ((long) rows * part / parts); r < end; r++) {
                IntegerDot.loadRow(weight.codes(), r, cols, w);
                for (int t = 0; t < tokens; t++) {
                    y[yOffset + t * yStride + r] = IntegerDot.sum(w, q, t * cols, cols) * scale;
                }
            }
        });
    }

    /** Codes less the zero point. */
    private static void quantize(float[] x, int xOffset, Rounding rounding, float[] q, int qOffset, int n) {
        float inverse = 1 / rounding.step;
        for (int k = 0; k < n; k++) {
            float code = (float) Math.rint(x[xOffset + k] * inverse) + rounding.zero;
            q[qOffset + k] = Math.max(0, Math.min(255, code)) - rounding.zero;
        }
    }

    /** Step and zero point for values in [min, max], which contains 0. */
    private static Rounding rounding(float min, float max) {
        double step = ((double) max - min) / MAX_CODE;
        double low = min;
        double high = max;
        if ((float) step == 0 || Float.isInfinite(1 / (float) step)) {
            step = 0.1;
        }
        if (step < LEAST_STEP) {
            // the range grows with the step, so that the zero point stays where it is
            float growth = LEAST_STEP / (float) step;
            low = min == 0 ? 0 : max == 0 ? -LEAST_STEP * MAX_CODE : min * growth;
            high = max == 0 ? 0 : min == 0 ? LEAST_STEP * MAX_CODE : max * growth;
            step = LEAST_STEP;
        }
        // the end of the range with the smaller terms gives the smaller error
        double fromLow = -low / step;
        double fromHigh = MAX_CODE - high / step;
        double zero = -Math.abs(low / step) < MAX_CODE - Math.abs(high / step) ? fromLow : fromHigh;
        return new Rounding((float) step, (int) Math.clamp(Math.rint(zero), 0, MAX_CODE));
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        weight.decodeRow(row, dst, dstOffset);
    }
}
