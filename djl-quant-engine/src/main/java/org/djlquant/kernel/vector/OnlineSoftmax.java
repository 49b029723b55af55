package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.XOR;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Softmax over positions that arrive piece by piece, for the weighted sums of four queries: the largest score so far is
 * the reference of all weights, and whatever was summed is scaled down when a larger one comes (Milakov and Gimelshein
 * 2018, Online normalizer calculation for softmax). Sums over different positions can be put together at the end
 * (Flash-Decoding, Dao et al. 2023).
 *
 * <p>The state of four queries is one piece of an array:
 *
 * <pre>
 * sums    [column of 2L dimensions][query][2L]
 * largest score [query], sum of weights [query]
 * </pre>
 */
final class OnlineSoftmax {
    private static final int QUERIES = VectorLayerCache.QUERIES;

    private OnlineSoftmax() {}

    /** Elements of a state. */
    static int size(int dim) {
        return QUERIES * dim + 2 * QUERIES;
    }

    /** The state at {@code at} before any position. */
    static void begin(float[] state, int at, int dim) {
        int largest = at + QUERIES * dim;
        Arrays.fill(state, at, largest, 0);
        Arrays.fill(state, largest, largest + QUERIES, Float.NEGATIVE_INFINITY);
        Arrays.fill(state, largest + QUERIES, largest + 2 * QUERIES, 0);
    }

    /**
     * Turns {@code n} scores of each query into weights and makes the state ready for their values. All maxima come
     * first, since one query after the other would wait for each reduction and each exponential function, and they
     * are found among integers that are ordered as the floats are, whose maximum is one instruction.
     *
     * @param scores from {@code at + query · stride} on, −∞ for positions that the query does not see; receive the weights
     * @param n a multiple of L
     * @param factor what every weight is multiplied by, without being counted in their sum
     * @param state that of the queries from {@code stateAt} on
     */
    static void weigh(float[] scores, int at, int stride, int n, float factor, float[] state, int stateAt, int dim) {
        IntVector most0 = IntVector.broadcast(I, Integer.MIN_VALUE);
        IntVector most1 = most0;
        IntVector most2 = most0;
        IntVector most3 = most0;
        for (int i = at; i < at + n; i += L) {
            IntVector bits = FloatVector.fromArray(F, scores, i).reinterpretAsInts();
            most0 = most0.max(bits.lanewise(ASHR, 31).and(Integer.MAX_VALUE).lanewise(XOR, bits));
            bits = FloatVector.fromArray(F, scores, i + stride).reinterpretAsInts();
            most1 = most1.max(bits.lanewise(ASHR, 31).and(Integer.MAX_VALUE).lanewise(XOR, bits));
            bits = FloatVector.fromArray(F, scores, i + 2 * stride).reinterpretAsInts();
            most2 = most2.max(bits.lanewise(ASHR, 31).and(Integer.MAX_VALUE).lanewise(XOR, bits));
            bits = FloatVector.fromArray(F, scores, i + 3 * stride).reinterpretAsInts();
            most3 = most3.max(bits.lanewise(ASHR, 31).and(Integer.MAX_VALUE).lanewise(XOR, bits));
        }
        float reference0 = refer(state, stateAt, dim, 0, most0.reduceLanes(MAX));
        float reference1 = refer(state, stateAt, dim, 1, most1.reduceLanes(MAX));
        float reference2 = refer(state, stateAt, dim, 2, most2.reduceLanes(MAX));
        float reference3 = refer(state, stateAt, dim, 3, most3.reduceLanes(MAX));
        int total = stateAt + QUERIES * dim + QUERIES;
        state[total] += exponentials(scores, at, n, reference0, factor);
        state[total + 1] += exponentials(scores, at + stride, n, reference1, factor);
        state[total + 2] += exponentials(scores, at + 2 * stride, n, reference2, factor);
        state[total + 3] += exponentials(scores, at + 3 * stride, n, reference3, factor);
    }

    /** Turns scores into e^(score − reference) · factor; returns the sum without the factor. */
    private static float exponentials(float[] scores, int at, int n, float reference, float factor) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = at; i < at + n; i += L) {
            FloatVector e = VectorKernels.expOfNegative(FloatVector.fromArray(F, scores, i).sub(reference));
            e.mul(factor).intoArray(scores, i);
            sum = sum.add(e);
        }
        return sum.reduceLanes(ADD);
    }

    /** Takes the largest of some scores, as the integer, into the state; returns what scores are to be compared with. */
    private static float refer(float[] state, int stateAt, int dim, int query, int most) {
        int largest = stateAt + QUERIES * dim + query;
        float before = state[largest];
        float now = Math.max(before, Float.intBitsToFloat(most >> 31 & Integer.MAX_VALUE ^ most));
        if (before != now) {
            float shrink = (float) Math.exp(before - now);
            state[largest] = now;
            state[largest + QUERIES] *= shrink;
            scale(state, stateAt + query * 2 * L, QUERIES * dim, shrink);
        }
        return now == Float.NEGATIVE_INFINITY ? 0 : now;
    }

    /** Multiplies the sums of one query. */
    private static void scale(float[] state, int at, int n, float factor) {
        for (int end = at + n; at < end; at += QUERIES * 2 * L) {
            for (int i = at; i < at + 2 * L; i++) {
                state[i] *= factor;
            }
        }
    }

    /**
     * The weighted mean of a query over the positions of some states.
     *
     * @param states arrays, of which those of {@code first} to {@code end} hold a state of the same four queries at
     *     {@code at}, at least one with a position
     * @param out receives {@code headDim} values from {@code to} on
     */
    static void finish(
            float[][] states, int first, int end, int at, int dim, int query, float[] out, int to, int headDim) {
        int largest = at + QUERIES * dim + query;
        float most = Float.NEGATIVE_INFINITY;
        for (int i = first; i < end; i++) {
            most = Math.max(most, states[i][largest]);
        }
        float total = 0;
        for (int i = first; i < end; i++) {
            total += states[i][largest + QUERIES] * factor(states[i][largest], most);
        }
        boolean empty = true;
        for (int s = first; s < end; s++) {
            float[] state = states[s];
            float factor = factor(state[largest], most) / total;
            if (factor == 0) {
                continue; // saw nothing that counts
            }
            for (int d = 0; d < headDim; d += 2 * L) {
                int n = Math.min(2 * L, headDim - d);
                int from = at + QUERIES * d + query * 2 * L;
                if (empty) {
                    for (int i = 0; i < n; i++) {
                        out[to + d + i] = state[from + i] * factor;
                    }
                } else {
                    for (int i = 0; i < n; i++) {
                        out[to + d + i] += state[from + i] * factor;
                    }
                }
            }
            empty = false;
        }
    }

    private static float factor(float largest, float most) {
        return largest == most ? 1 : (float) Math.exp(largest - most);
    }
}
