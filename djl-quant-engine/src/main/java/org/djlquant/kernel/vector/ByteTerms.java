package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.MAX;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import org.djlquant.kernel.RoundedActivations;

/** Activations as {@link ByteDot} wants them: rounded by {@link RoundedActivations} and turned into factors of words. */
final class ByteTerms {
    private static final int BLOCK = RoundedActivations.BLOCK;
    private static final int MAGNITUDE = 0x7fffffff;

    /** Adding it to a small float leaves the nearest integer, halves to even, in the low bits. */
    private static final float ROUNDING = 0x1.8p23f;

    private static final int ROUNDING_BITS = 0x4b400000;

    private ByteTerms() {}

    /** Terms of a unit of 32 columns. */
    static int perUnit(int bits) {
        return bits * ((15 + bits) / bits);
    }

    /**
     * Rounds the activations of one token.
     *
     * @param x activations in stored order, from {@code at} on
     * @param units how many times 32
     * @param bits of the codes
     * @param centre the code from which sums are counted
     * @param q room for 32 integers
     * @param terms receives the factors, from {@code to} on: in lower halves those of columns 0 … 15 of a unit
     * @param start receives where sums begin, from {@code unitsAt} on
     * @param step receives steps
     * @param sums receives the sums of rounded activations
     */
    static void round(
            float[] x, int at, int units, int bits, int centre, int[] q,
            int[] terms, int to, int[] start, float[] step, float[] sums, int unitsAt) {
        int fields = (15 + bits) / bits;
        int whole = 16 / bits;
        for (int g = unitsAt; g < unitsAt + units; g++, at += BLOCK) {
            IntVector most = IntVector.zero(I);
            for (int k = 0; k < BLOCK; k += L) {
                // magnitudes of floats are in the order of their bits, what is not finite behind all others
                most = most.max(FloatVector.fromArray(F, x, at + k).reinterpretAsInts().and(MAGNITUDE));
            }
            step[g] = RoundedActivations.step(Float.intBitsToFloat(most.reduceLanes(MAX)));
            float inverse = RoundedActivations.inverse(step[g]);
            for (int k = 0; k < BLOCK; k += L) {
                FloatVector.fromArray(F, x, at + k).mul(inverse).add(ROUNDING).reinterpretAsInts().sub(ROUNDING_BITS)
                        .intoArray(q, k);
            }
            int low = 0;
            int high = 0;
            for (int k = 0; k < 16; k++) {
                low += q[k];
                high += q[k + 16];
            }
            sums[g] = step[g] * (low + high);
            start[g] = pair(ByteDot.MIDDLE - centre * low, ByteDot.MIDDLE - centre * high);
            for (int i = 0, k = 0; i < bits; i++) {
                int low0 = 0;
                int high0 = 0;
                for (int j = 0; j < fields; j++, to++) {
                    if (j == whole) { // bit i of the last code
                        low = q[15] << i;
                        high = q[31] << i;
                    } else {
                        low = q[k];
                        high = q[k + 16];
                        k++;
                    }
                    terms[to] = pair(low - (low0 << bits), high - (high0 << bits));
                    low0 = low;
                    high0 = high;
                }
            }
        }
    }

    private static int pair(int low, int high) {
        return low & 0xffff | high << 16;
    }
}
