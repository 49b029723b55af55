package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.LSHL;
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
    private static final int HALF = BLOCK / 2;
    private static final int MAGNITUDE = 0x7fffffff;

    /** Adding it to a small float leaves the nearest integer, halves to even, in the low bits. */
    private static final float ROUNDING = 0x1.8p23f;

    private static final int ROUNDING_BITS = 0x4b400000;

    /** For each width, which columns of a unit have another before them in their half of a word: all bits, or none. */
    private static final int[][] NOT_FIRST = new int[5][HALF];

    static {
        for (int bits = 1; bits < NOT_FIRST.length; bits++) {
            for (int k = 0; k < HALF; k++) {
                NOT_FIRST[bits][k] = k % (HALF / bits) == 0 ? 0 : -1;
            }
        }
    }

    private ByteTerms() {}

    /** Terms of a unit of 32 columns. */
    static int perUnit(int bits) {
        return bits * ((15 + bits) / bits);
    }

    /** Integers that {@link #round} needs to work on. */
    static int room(int units) {
        return units * BLOCK + 1;
    }

    /**
     * Rounds the activations of one token.
     *
     * @param x activations in stored order, from {@code at} on
     * @param units how many times 32
     * @param bits of the codes
     * @param centre the code from which sums are counted
     * @param q to work on, see {@link #room}
     * @param terms receives the factors, from {@code to} on: in lower halves those of columns 0 … 15 of a unit
     * @param start receives where sums begin, from {@code unitsAt} on
     * @param step receives steps
     * @param sums receives the sums of rounded activations
     */
    static void round(
            float[] x, int at, int units, int bits, int centre, int[] q,
            int[] terms, int to, int[] start, float[] step, float[] sums, int unitsAt) {
        codes(x, at, units, q, step, unitsAt);
        sums(q, units, centre, start, step, sums, unitsAt);
        if (16 % bits == 0) {
            evenTerms(q, units, bits, terms, to);
        } else {
            oddTerms(q, units, bits, terms, to);
        }
    }

    /** Rounds to {@code q} from 1 on. */
    private static void codes(float[] x, int at, int units, int[] q, float[] step, int unitsAt) {
        int to = 1;
        for (int g = unitsAt; g < unitsAt + units; g++, at += BLOCK, to += BLOCK) {
            IntVector most = IntVector.zero(I);
            for (int k = 0; k < BLOCK; k += L) {
                // magnitudes of floats are in the order of their bits, what is not finite behind all others
                most = most.max(FloatVector.fromArray(F, x, at + k).reinterpretAsInts().and(MAGNITUDE));
            }
            step[g] = RoundedActivations.step(Float.intBitsToFloat(most.reduceLanes(MAX)));
            float inverse = RoundedActivations.inverse(step[g]);
            for (int k = 0; k < BLOCK; k += L) {
                FloatVector.fromArray(F, x, at + k).mul(inverse).add(ROUNDING).reinterpretAsInts().sub(ROUNDING_BITS)
                        .intoArray(q, to + k);
            }
        }
    }

    private static void sums(int[] q, int units, int centre, int[] start, float[] step, float[] sums, int unitsAt) {
        int k = 1;
        for (int g = unitsAt; g < unitsAt + units; g++, k += BLOCK) {
            IntVector both = IntVector.zero(I);
            for (int i = 0; i < HALF; i += L) {
                IntVector high = IntVector.fromArray(I, q, k + HALF + i).lanewise(LSHL, 16);
                both = both.add(IntVector.fromArray(I, q, k + i)).add(high);
            }
            int sum = both.reduceLanes(ADD);
            int low = (short) sum;
            int high = sum - low >> 16;
            start[g] = pair(ByteDot.MIDDLE - centre * low, ByteDot.MIDDLE - centre * high);
            sums[g] = step[g] * (low + high);
        }
    }

    /** Where codes fill halves of words, a term is that of a column. */
    private static void evenTerms(int[] q, int units, int bits, int[] terms, int to) {
        int[] notFirst = NOT_FIRST[bits];
        for (int u = 0, k = 1; u < units; u++, k += BLOCK, to += HALF) {
            for (int i = 0; i < HALF; i += L) {
                IntVector mask = IntVector.fromArray(I, notFirst, i);
                IntVector low = IntVector.fromArray(I, q, k + i - 1).and(mask).lanewise(LSHL, bits);
                IntVector high = IntVector.fromArray(I, q, k + HALF + i - 1).and(mask).lanewise(LSHL, bits);
                low = IntVector.fromArray(I, q, k + i).sub(low);
                high = IntVector.fromArray(I, q, k + HALF + i).sub(high);
                low.and(0xffff).or(high.lanewise(LSHL, 16)).intoArray(terms, to + i);
            }
        }
    }

    /** Where a bit is left over in every half of a word, there are terms more for the bits of the last code. */
    private static void oddTerms(int[] q, int units, int bits, int[] terms, int to) {
        int whole = HALF / bits;
        for (int u = 0, k = 1; u < units; u++, k += BLOCK) {
            int column = k;
            for (int i = 0; i < bits; i++) {
                int low = 0;
                int high = 0;
                for (int j = 0; j < whole; j++, column++, to++) {
                    terms[to] = pair(q[column] - (low << bits), q[column + HALF] - (high << bits));
                    low = q[column];
                    high = q[column + HALF];
                }
                terms[to++] = pair(
                        (q[k + HALF - 1] << i) - (low << bits), (q[k + BLOCK - 1] << i) - (high << bits));
            }
        }
    }

    private static int pair(int low, int high) {
        return low & 0xffff | high << 16;
    }
}
