package org.djlquant.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The integer arithmetic of operators whose weights and activations both are codes of 8 bits. */
final class IntegerDot {
    private IntegerDot() {}

    /** Widens one row of int8 codes; integers up to 2²⁴ are exact in a float. */
    static void loadRow(MemorySegment codes, int row, int cols, float[] into) {
        long offset = (long) row * cols;
        for (int k = 0; k < cols; k++) {
            into[k] = codes.get(ValueLayout.JAVA_BYTE, offset + k);
        }
    }

    /** {@code Σ w[k] · q[qOffset + k]} of arrays that hold integers of 8 bits and a sign. */
    static long sum(float[] w, float[] q, int qOffset, int n) {
        long sum = 0;
        for (int start = 0; start < n; start += 65536) {
            int end = Math.min(n, start + 65536);
            int part = 0; // at most 65536 · 128 · 255 in magnitude, which an int holds
            for (int k = start; k < end; k++) {
                part += (int) w[k] * (int) q[qOffset + k];
            }
            sum += part;
        }
        return sum;
    }
}
