package org.djlquant.kernel;

/**
 * Activations of 8 bits. The columns of a matrix, in the order it stores them, come in blocks of
 * {@value #BLOCK}; the last may be shorter. Over each block of the activations of a token
 *
 * <pre>
 * step = max |x| / 127
 * q[k] = round(x[k] · (1 / step)), to the nearest, halves to even
 * </pre>
 *
 * and the product is that with {@code step · q[k]} in place of {@code x[k]}, for one token as for many.
 * A block whose step would be subnormal counts as zeros, and one with a value that is not finite makes
 * products not a number.
 *
 * <p>This is the rounding of Q8_0 in llama.cpp, but for the step, which stays a float32 here.
 */
public final class RoundedActivations {
    /** Columns that share a step. */
    public static final int BLOCK = 32;

    private RoundedActivations() {}

    /** The step of a block: NaN if its largest magnitude is not finite, 0 if all of it counts as zeros. */
    public static float step(float largest) {
        float step = largest / 127;
        if (!(step < Float.POSITIVE_INFINITY)) {
            return Float.NaN;
        }
        return step < Float.MIN_NORMAL ? 0 : step;
    }

    /** What activations are multiplied with before they are rounded; 0 for a step that is no positive number. */
    public static float inverse(float step) {
        return step > 0 ? 1 / step : 0;
    }

    /**
     * Rounds the activations of one token.
     *
     * @param x activations in input order, from {@code xOffset} on
     * @param order the input that each stored column multiplies, or {@code null} for the same order
     * @param cols how many
     * @param out receives {@code step · q} in input order, from {@code outOffset} on
     */
    static void round(float[] x, int xOffset, int[] order, int cols, float[] out, int outOffset) {
        for (int from = 0; from < cols; from += BLOCK) {
            int to = Math.min(cols, from + BLOCK);
            float largest = 0;
            for (int k = from; k < to; k++) {
                largest = Math.max(largest, Math.abs(x[xOffset + input(order, k)]));
            }
            float step = step(largest);
            float inverse = inverse(step);
            for (int k = from; k < to; k++) {
                int i = input(order, k);
                out[outOffset + i] = step * (float) Math.rint(x[xOffset + i] * inverse);
            }
        }
    }

    private static int input(int[] order, int k) {
        return order == null ? k : order[k];
    }
}
