package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * The inner loops of attention to keys and values of 8 bits, as {@link AttentionBlock} for floats. A scale
 * belongs to a position, so it is multiplied with a score or a weight and never with an element.
 */
final class ByteAttentionBlock {
    private ByteAttentionBlock() {}

    /**
     * Scores of four queries with two neighbouring blocks of L keys.
     *
     * @param keys from {@code k} on: 2L positions for each of {@code dim / 4} words, and the bits of the positions'
     *     scales from {@code s} on
     * @param q four queries, dimension by dimension, from {@code qAt} on
     * @param scores receives 2L scores for each query at {@code at + query · stride}
     */
    static void scores(
            int[] keys, int k, int dim, int s, float[] q, int qAt, float[] scores, int at, int stride) {
        FloatVector a0 = FloatVector.zero(F);
        FloatVector b0 = a0;
        FloatVector a1 = a0;
        FloatVector b1 = a0;
        FloatVector a2 = a0;
        FloatVector b2 = a0;
        FloatVector a3 = a0;
        FloatVector b3 = a0;
        for (int d = qAt; d < qAt + 4 * dim; d += 16, k += 2 * L) {
            IntVector wa = IntVector.fromArray(I, keys, k);
            IntVector wb = IntVector.fromArray(I, keys, k + L);
            FloatVector ka = (FloatVector) wa.lanewise(LSHL, 24).lanewise(ASHR, 24).convert(I2F, 0);
            FloatVector kb = (FloatVector) wb.lanewise(LSHL, 24).lanewise(ASHR, 24).convert(I2F, 0);
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
            ka = (FloatVector) wa.lanewise(LSHL, 16).lanewise(ASHR, 24).convert(I2F, 0);
            kb = (FloatVector) wb.lanewise(LSHL, 16).lanewise(ASHR, 24).convert(I2F, 0);
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
            ka = (FloatVector) wa.lanewise(LSHL, 8).lanewise(ASHR, 24).convert(I2F, 0);
            kb = (FloatVector) wb.lanewise(LSHL, 8).lanewise(ASHR, 24).convert(I2F, 0);
            x = FloatVector.broadcast(F, q[d + 8]);
            a0 = ka.fma(x, a0);
            b0 = kb.fma(x, b0);
            x = FloatVector.broadcast(F, q[d + 9]);
            a1 = ka.fma(x, a1);
            b1 = kb.fma(x, b1);
            x = FloatVector.broadcast(F, q[d + 10]);
            a2 = ka.fma(x, a2);
            b2 = kb.fma(x, b2);
            x = FloatVector.broadcast(F, q[d + 11]);
            a3 = ka.fma(x, a3);
            b3 = kb.fma(x, b3);
            ka = (FloatVector) wa.lanewise(ASHR, 24).convert(I2F, 0);
            kb = (FloatVector) wb.lanewise(ASHR, 24).convert(I2F, 0);
            x = FloatVector.broadcast(F, q[d + 12]);
            a0 = ka.fma(x, a0);
            b0 = kb.fma(x, b0);
            x = FloatVector.broadcast(F, q[d + 13]);
            a1 = ka.fma(x, a1);
            b1 = kb.fma(x, b1);
            x = FloatVector.broadcast(F, q[d + 14]);
            a2 = ka.fma(x, a2);
            b2 = kb.fma(x, b2);
            x = FloatVector.broadcast(F, q[d + 15]);
            a3 = ka.fma(x, a3);
            b3 = kb.fma(x, b3);
        }
        FloatVector sa = IntVector.fromArray(I, keys, s).reinterpretAsFloats();
        FloatVector sb = IntVector.fromArray(I, keys, s + L).reinterpretAsFloats();
        a0.mul(sa).intoArray(scores, at);
        b0.mul(sb).intoArray(scores, at + L);
        a1.mul(sa).intoArray(scores, at + stride);
        b1.mul(sb).intoArray(scores, at + stride + L);
        a2.mul(sa).intoArray(scores, at + 2 * stride);
        b2.mul(sb).intoArray(scores, at + 2 * stride + L);
        a3.mul(sa).intoArray(scores, at + 3 * stride);
        b3.mul(sb).intoArray(scores, at + 3 * stride + L);
    }

    /**
     * Multiplies the weights of four queries by the positions' scales.
     *
     * @param weights {@code n} of each query from {@code at + query · stride} on
     * @param scales bits of the scales from {@code s} on
     * @param n a multiple of L
     */
    static void scale(float[] weights, int at, int stride, int[] scales, int s, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector factor = IntVector.fromArray(I, scales, s + i).reinterpretAsFloats();
            for (int w = at + i; w < at + i + 4 * stride; w += stride) {
                FloatVector.fromArray(F, weights, w).mul(factor).intoArray(weights, w);
            }
        }
    }

    /**
     * Adds the values of {@code count} positions, weighted, to the sums of four queries.
     *
     * @param values from {@code v} on: L words of 4L dimensions for each position
     * @param weights weights of the positions, scales included, from {@code at + query · stride} on
     * @param sums 2L for each query from {@code sumsAt} on, then another 2L for each
     */
    static void values(
            int[] values, int v, int count, float[] weights, int at, int stride, float[] sums, int sumsAt) {
        FloatVector a0 = FloatVector.fromArray(F, sums, sumsAt);
        FloatVector b0 = FloatVector.fromArray(F, sums, sumsAt + L);
        FloatVector c0 = FloatVector.fromArray(F, sums, sumsAt + 8 * L);
        FloatVector d0 = FloatVector.fromArray(F, sums, sumsAt + 9 * L);
        FloatVector a1 = FloatVector.fromArray(F, sums, sumsAt + 2 * L);
        FloatVector b1 = FloatVector.fromArray(F, sums, sumsAt + 3 * L);
        FloatVector c1 = FloatVector.fromArray(F, sums, sumsAt + 10 * L);
        FloatVector d1 = FloatVector.fromArray(F, sums, sumsAt + 11 * L);
        FloatVector a2 = FloatVector.fromArray(F, sums, sumsAt + 4 * L);
        FloatVector b2 = FloatVector.fromArray(F, sums, sumsAt + 5 * L);
        FloatVector c2 = FloatVector.fromArray(F, sums, sumsAt + 12 * L);
        FloatVector d2 = FloatVector.fromArray(F, sums, sumsAt + 13 * L);
        FloatVector a3 = FloatVector.fromArray(F, sums, sumsAt + 6 * L);
        FloatVector b3 = FloatVector.fromArray(F, sums, sumsAt + 7 * L);
        FloatVector c3 = FloatVector.fromArray(F, sums, sumsAt + 14 * L);
        FloatVector d3 = FloatVector.fromArray(F, sums, sumsAt + 15 * L);
        for (int i = 0; i < count; i++, at++, v += L) {
            IntVector w = IntVector.fromArray(I, values, v);
            FloatVector va = (FloatVector) w.lanewise(LSHL, 24).lanewise(ASHR, 24).convert(I2F, 0);
            FloatVector vb = (FloatVector) w.lanewise(LSHL, 16).lanewise(ASHR, 24).convert(I2F, 0);
            FloatVector vc = (FloatVector) w.lanewise(LSHL, 8).lanewise(ASHR, 24).convert(I2F, 0);
            FloatVector vd = (FloatVector) w.lanewise(ASHR, 24).convert(I2F, 0);
            FloatVector x = FloatVector.broadcast(F, weights[at]);
            a0 = va.fma(x, a0);
            b0 = vb.fma(x, b0);
            c0 = vc.fma(x, c0);
            d0 = vd.fma(x, d0);
            x = FloatVector.broadcast(F, weights[at + stride]);
            a1 = va.fma(x, a1);
            b1 = vb.fma(x, b1);
            c1 = vc.fma(x, c1);
            d1 = vd.fma(x, d1);
            x = FloatVector.broadcast(F, weights[at + 2 * stride]);
            a2 = va.fma(x, a2);
            b2 = vb.fma(x, b2);
            c2 = vc.fma(x, c2);
            d2 = vd.fma(x, d2);
            x = FloatVector.broadcast(F, weights[at + 3 * stride]);
            a3 = va.fma(x, a3);
            b3 = vb.fma(x, b3);
            c3 = vc.fma(x, c3);
            d3 = vd.fma(x, d3);
        }
        a0.intoArray(sums, sumsAt);
        b0.intoArray(sums, sumsAt + L);
        c0.intoArray(sums, sumsAt + 8 * L);
        d0.intoArray(sums, sumsAt + 9 * L);
        a1.intoArray(sums, sumsAt + 2 * L);
        b1.intoArray(sums, sumsAt + 3 * L);
        c1.intoArray(sums, sumsAt + 10 * L);
        d1.intoArray(sums, sumsAt + 11 * L);
        a2.intoArray(sums, sumsAt + 4 * L);
        b2.intoArray(sums, sumsAt + 5 * L);
        c2.intoArray(sums, sumsAt + 12 * L);
        d2.intoArray(sums, sumsAt + 13 * L);
        a3.intoArray(sums, sumsAt + 6 * L);
        b3.intoArray(sums, sumsAt + 7 * L);
        c3.intoArray(sums, sumsAt + 14 * L);
        d3.intoArray(sums, sumsAt + 15 * L);
    }
}
