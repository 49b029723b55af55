package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.HALF_BITS;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * The inner loops of attention on the layout of {@link VectorLayerCache}: four queries share each load. A float16
 * number is widened to a float that is {@link Lanes#HALF_FACTOR} too small, for which the other factor makes up.
 */
final class AttentionBlock {
    /** What queries for float16 keys are multiplied by: less than what keys lack, so that no query overflows. */
    static final float QUERY_FACTOR = 0x1p88f;

    /** The rest, for the scores. */
    private static final float SCORE_FACTOR = Lanes.HALF_FACTOR / QUERY_FACTOR;

    private AttentionBlock() {}

    /**
     * Scores of four queries with two neighbouring blocks of L keys.
     *
     * @param keys from {@code k} on: 2L positions for each of {@code dim} dimensions
     * @param q four queries, dimension by dimension, from {@code qAt} on
     * @param scores receives 2L scores for each query at {@code at + query · stride}
     */
    static void scores(float[] keys, int k, int dim, float[] q, int qAt, float[] scores, int at, int stride) {
        FloatVector a0 = FloatVector.zero(F);
        FloatVector b0 = a0;
        FloatVector a1 = FloatVector.zero(F);
        FloatVector b1 = a1;
        FloatVector a2 = FloatVector.zero(F);
        FloatVector b2 = a2;
        FloatVector a3 = FloatVector.zero(F);
        FloatVector b3 = a3;
        for (int d = qAt; d < qAt + 4 * dim; d += 4, k += 2 * L) {
            FloatVector ka = FloatVector.fromArray(F, keys, k);
            FloatVector kb = FloatVector.fromArray(F, keys, k + L);
            FloatVector x = FloatVector.broadcast(F, q[d]);
            a0 = ka.fma(x, a0);
            b0 = kb.fma(x, b0);
            x = FloatVector.broadcast(F, q[d + 1]);
            a1 = ka.fma(x, a1);
            b1 = kb.fma(x, b1);
            x = FloatVector.broadcast(F, q[d + 2]);
            a2 = ka.fma(x, a2);
            b2 = kb.fma(x, b2);
            x = FloatVector.broadcast(F, q[d + 3]);
            a3 = ka.fma(x, a3);
            b3 = kb.fma(x, b3);
        }
        a0.intoArray(scores, at);
        b0.intoArray(scores, at + L);
        a1.intoArray(scores, at + stride);
        b1.intoArray(scores, at + stride + L);
        a2.intoArray(scores, at + 2 * stride);
        b2.intoArray(scores, at + 2 * stride + L);
        a3.intoArray(scores, at + 3 * stride);
        b3.intoArray(scores, at + 3 * stride + L);
    }

    /**
     * Scores of four queries with two neighbouring blocks of L keys in float16.
     *
     * @param keys from {@code k} on: 2L positions for each of {@code dim / 2} pairs of dimensions
     * @param q four queries times {@link #QUERY_FACTOR}, dimension by dimension, from {@code qAt} on
     * @param scores receives 2L scores for each query at {@code at + query · stride}
     */
    static void halfScores(int[] keys, int k, int dim, float[] q, int qAt, float[] scores, int at, int stride) {
        FloatVector a0 = FloatVector.zero(F);
        FloatVector b0 = a0;
        FloatVector a1 = FloatVector.zero(F);
        FloatVector b1 = a1;
        FloatVector a2 = FloatVector.zero(F);
        FloatVector b2 = a2;
        FloatVector a3 = FloatVector.zero(F);
        FloatVector b3 = a3;
        for (int d = qAt; d < qAt + 4 * dim; d += 8, k += 2 * L) {
            IntVector wa = IntVector.fromArray(I, keys, k);
            IntVector wb = IntVector.fromArray(I, keys, k + L);
            FloatVector ka = wa.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats();
            FloatVector kb = wb.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats();
            FloatVector x = FloatVector.broadcast(F, q[d]);
            a0 = ka.fma(x, a0);
            b0 = kb.fma(x, b0);
            x = FloatVector.broadcast(F, q[d + 1]);
            a1 = ka.fma(x, a1);
            b1 = kb.fma(x, b1);
            x = FloatVector.broadcast(F, q[d + 2]);
            a2 = ka.fma(x, a2);
            b2 = kb.fma(x, b2);
            x = FloatVector.broadcast(F, q[d + 3]);
            a3 = ka.fma(x, a3);
            b3 = kb.fma(x, b3);
            ka = wa.lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats();
            kb = wb.lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats();
            x = FloatVector.broadcast(F, q[d + 4]);
            a0 = ka.fma(x, a0);
            b0 = kb.fma(x, b0);
            x = FloatVector.broadcast(F, q[d + 5]);
            a1 = ka.fma(x, a1);
            b1 = kb.fma(x, b1);
            x = FloatVector.broadcast(F, q[d + 6]);
            a2 = ka.fma(x, a2);
            b2 = kb.fma(x, b2);
            x = FloatVector.broadcast(F, q[d + 7]);
            a3 = ka.fma(x, a3);
            b3 = kb.fma(x, b3);
        }
        a0.mul(SCORE_FACTOR).intoArray(scores, at);
        b0.mul(SCORE_FACTOR).intoArray(scores, at + L);
        a1.mul(SCORE_FACTOR).intoArray(scores, at + stride);
        b1.mul(SCORE_FACTOR).intoArray(scores, at + stride + L);
        a2.mul(SCORE_FACTOR).intoArray(scores, at + 2 * stride);
        b2.mul(SCORE_FACTOR).intoArray(scores, at + 2 * stride + L);
        a3.mul(SCORE_FACTOR).intoArray(scores, at + 3 * stride);
        b3.mul(SCORE_FACTOR).intoArray(scores, at + 3 * stride + L);
    }

    /**
     * Adds the values of {@code count} positions, weighted, to the sums of four queries.
     *
     * @param values from {@code v} on: 2L dimensions for each position
     * @param weights weights of the positions from {@code at + query · stride} on
     * @param sums 2L for each query from {@code sumsAt} on
     */
    static void values(
            float[] values, int v, int count, float[] weights, int at, int stride, float[] sums, int sumsAt) {
        FloatVector a0 = FloatVector.fromArray(F, sums, sumsAt);
        FloatVector b0 = FloatVector.fromArray(F, sums, sumsAt + L);
        FloatVector a1 = FloatVector.fromArray(F, sums, sumsAt + 2 * L);
        FloatVector b1 = FloatVector.fromArray(F, sums, sumsAt + 3 * L);
        FloatVector a2 = FloatVector.fromArray(F, sums, sumsAt + 4 * L);
        FloatVector b2 = FloatVector.fromArray(F, sums, sumsAt + 5 * L);
        FloatVector a3 = FloatVector.fromArray(F, sums, sumsAt + 6 * L);
        FloatVector b3 = FloatVector.fromArray(F, sums, sumsAt + 7 * L);
        for (int i = 0; i < count; i++, at++, v += 2 * L) {
            FloatVector va = FloatVector.fromArray(F, values, v);
            FloatVector vb = FloatVector.fromArray(F, values, v + L);
            FloatVector x = FloatVector.broadcast(F, weights[at]);
            a0 = va.fma(x, a0);
            b0 = vb.fma(x, b0);
            x = FloatVector.broadcast(F, weights[at + stride]);
            a1 = va.fma(x, a1);
            b1 = vb.fma(x, b1);
            x = FloatVector.broadcast(F, weights[at + 2 * stride]);
            a2 = va.fma(x, a2);
            b2 = vb.fma(x, b2);
            x = FloatVector.broadcast(F, weights[at + 3 * stride]);
            a3 = va.fma(x, a3);
            b3 = vb.fma(x, b3);
        }
        a0.intoArray(sums, sumsAt);
        b0.intoArray(sums, sumsAt + L);
        a1.intoArray(sums, sumsAt + 2 * L);
        b1.intoArray(sums, sumsAt + 3 * L);
        a2.intoArray(sums, sumsAt + 4 * L);
        b2.intoArray(sums, sumsAt + 5 * L);
        a3.intoArray(sums, sumsAt + 6 * L);
        b3.intoArray(sums, sumsAt + 7 * L);
    }

    /**
     * Adds the values of {@code count} positions in float16, weighted, to the sums of four queries.
     *
     * @param values from {@code v} on: 2L dimensions for each position
     * @param weights weights of the positions, times {@link Lanes#HALF_FACTOR}, from {@code at + query · stride} on
     * @param sums 2L for each query from {@code sumsAt} on
     */
    static void halfValues(
            int[] values, int v, int count, float[] weights, int at, int stride, float[] sums, int sumsAt) {
        FloatVector a0 = FloatVector.fromArray(F, sums, sumsAt);
        FloatVector b0 = FloatVector.fromArray(F, sums, sumsAt + L);
        FloatVector a1 = FloatVector.fromArray(F, sums, sumsAt + 2 * L);
        FloatVector b1 = FloatVector.fromArray(F, sums, sumsAt + 3 * L);
        FloatVector a2 = FloatVector.fromArray(F, sums, sumsAt + 4 * L);
        FloatVector b2 = FloatVector.fromArray(F, sums, sumsAt + 5 * L);
        FloatVector a3 = FloatVector.fromArray(F, sums, sumsAt + 6 * L);
        FloatVector b3 = FloatVector.fromArray(F, sums, sumsAt + 7 * L);
        for (int i = 0; i < count; i++, at++, v += L) {
            IntVector w = IntVector.fromArray(I, values, v);
            FloatVector va = w.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats();
            FloatVector vb = w.lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats();
            FloatVector x = FloatVector.broadcast(F, weights[at]);
            a0 = va.fma(x, a0);
            b0 = vb.fma(x, b0);
            x = FloatVector.broadcast(F, weights[at + stride]);
            a1 = va.fma(x, a1);
            b1 = vb.fma(x, b1);
            x = FloatVector.broadcast(F, weights[at + 2 * stride]);
            a2 = va.fma(x, a2);
            b2 = vb.fma(x, b2);
            x = FloatVector.broadcast(F, weights[at + 3 * stride]);
            a3 = va.fma(x, a3);
            b3 = vb.fma(x, b3);
        }
        a0.intoArray(sums, sumsAt);
        b0.intoArray(sums, sumsAt + L);
        a1.intoArray(sums, sumsAt + 2 * L);
        b1.intoArray(sums, sumsAt + 3 * L);
        a2.intoArray(sums, sumsAt + 4 * L);
        b2.intoArray(sums, sumsAt + 5 * L);
        a3.intoArray(sums, sumsAt + 6 * L);
        b3.intoArray(sums, sumsAt + 7 * L);
    }
}
