package org.djlquant.quantize;

import org.djlquant.quant.GroupedRow;

/**
 * Round-to-nearest encoders for blocks of 32 with one scale (and minimum), with the arithmetic of
 * ggml's reference quantizers so that the bytes are the same as theirs.
 */
final class RoundToNearest {
    private static final int LENGTH = 32;

    private RoundToNearest() {}

    /**
     * {@code Q4_0} and {@code Q5_0}: the value of the largest magnitude becomes code 0, so that the
     * scale may be negative and the range reaches {@code −2^(bits−1)}.
     */
    static GroupEncoder symmetric(int bits) {
        int zero = 1 << bits - 1;
        return (x, at, into, block) -> {
            float extreme = x[at];
            for (int k = 1; k < LENGTH; k++) {
                if (Math.abs(x[at + k]) > Math.abs(extreme)) {
                    extreme = x[at + k];
                }
            }
            float d = extreme / -zero;
            float inverse = d == 0 ? 0 : 1 / d;
            into.d[block] = d;
            for (int k = 0; k < LENGTH; k++) {
                int code = (int) (x[at + k] * inverse + (zero + 0.5f));
                into.codes[LENGTH * block + k] = (byte) Math.clamp(code, 0, 2 * zero - 1);
            }
        };
    }

    /** {@code Q4_1} and {@code Q5_1}: the range from minimum to maximum in equal steps. */
    static GroupEncoder minMax(int bits) {
        int top = (1 << bits) - 1;
        return (x, at, into, block) -> {
            float min = x[at];
            float max = x[at];
            for (int k = 1; k < LENGTH; k++) {
                min = Math.min(min, x[at + k]);
                max = Math.max(max, x[at + k]);
            }
            float d = (max - min) / top;
            float inverse = d == 0 ? 0 : 1 / d;
            into.d[block] = d;
            into.dmin[block] = -min;
            for (int k = 0; k < LENGTH; k++) {
                int code = (int) ((x[at + k] - min) * inverse + 0.5f);
                into.codes[LENGTH * block + k] = (byte) Math.clamp(code, 0, top);
            }
        };
    }

    /** {@code Q8_0}: the largest magnitude becomes ±127. */
    static void q8(float[] x, int at, GroupedRow into, int block) {
        float largest = 0;
        for (int k = 0; k < LENGTH; k++) {
            largest = Math.max(largest, Math.abs(x[at + k]));
        }
        float d = largest / 127;
        float inverse = d == 0 ? 0 : 1 / d;
        into.d[block] = d;
        for (int k = 0; k < LENGTH; k++) {
            into.codes[LENGTH * block + k] = (byte) (roundAwayFromZero(x[at + k] * inverse) + 128);
        }
    }

    /** C's {@code roundf}: ties away from zero. */
    private static int roundAwayFromZero(float v) {
        float magnitude = Math.abs(v);
        int floor = (int) magnitude;
        int rounded = magnitude - floor >= 0.5f ? floor + 1 : floor;
        return v < 0 ? -rounded : rounded;
    }
}
