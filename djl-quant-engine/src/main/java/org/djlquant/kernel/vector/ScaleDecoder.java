package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.HALF_BITS;
import static org.djlquant.kernel.vector.Lanes.HALF_FACTOR;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Turns the scales of one chunk of a quad into floats: for group g and tile t, L values at {@code
 * (4·g + t)·L}, as {@link CodeDot} and {@link Panel} read them.
 */
final class ScaleDecoder {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    /** Bits of 2^23: with an unsigned byte below, a float that is that much larger. */
    private static final int BYTE_ONE = 0x4b000000;

    /** What such a float is above a signed byte whose sign was flipped. */
    private static final float BYTE_BIAS = (1 << 23) + 128;

    private ScaleDecoder() {}

    /**
     * Decodes scales and minima.
     *
     * @param p byte offset of the chunk
     * @param s receives the scales
     * @param o receives what is subtracted, if the layout has minima
     */
    static void decode(TileLayout.ScaleKind kind, MemorySegment m, long p, int groups, float[] s, float[] o) {
        switch (kind) {
            case HALF -> half(m, p, groups, s);
            case HALF_MIN -> halfMin(m, p, groups, s, o);
            case FLOAT -> floats(m, p, Lanes.QUAD_SLOT, groups, s);
            case FLOAT_MIN -> {
                floats(m, p, 2 * Lanes.QUAD_SLOT, groups, s);
                floats(m, p + Lanes.QUAD_SLOT, 2 * Lanes.QUAD_SLOT, groups, o);
            }
            case SUB -> sub(m, p, 16, p + Lanes.QUAD_SLOT, groups, s);
            case SUB_MIN -> {
                sub(m, p, 16, p + Lanes.QUAD_SLOT, groups, s);
                sub(m, p, 0, p + (1 + (groups + 3) / 4) * Lanes.QUAD_SLOT, groups, o);
            }
        }
    }

    private static void half(MemorySegment m, long p, int groups, float[] s) {
        int at = 0;
        for (int g = 0; g < groups; g += 2, p += Lanes.QUAD_SLOT, at += 8 * L) {
            for (int t = 0; t < 4; t++) {
                IntVector w = IntVector.fromMemorySegment(I, m, p + t * Lanes.SLOT, LE);
                w.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR)
                        .intoArray(s, at + t * L);
                w.lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR)
                        .intoArray(s, at + (4 + t) * L);
            }
        }
    }

    private static void halfMin(MemorySegment m, long p, int groups, float[] s, float[] o) {
        for (int i = 0; i < 4 * groups; i++, p += Lanes.SLOT) {
            IntVector w = IntVector.fromMemorySegment(I, m, p, LE);
            w.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR)
                    .intoArray(s, i * L);
            w.lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR).intoArray(o, i * L);
        }
    }

    private static void floats(MemorySegment m, long p, long stride, int groups, float[] s) {
        for (int g = 0; g < groups; g++, p += stride) {
            for (int t = 0; t < 4; t++) {
                IntVector.fromMemorySegment(I, m, p + t * Lanes.SLOT, LE).reinterpretAsFloats()
                        .intoArray(s, (4 * g + t) * L);
            }
        }
    }

    /** The float16 that {@code shift} brings to the upper half of the slot at {@code pd}, times the bytes at {@code p}. */
    private static void sub(MemorySegment m, long pd, int shift, long p, int groups, float[] s) {
        for (int t = 0; t < 4; t++) {
            FloatVector d = IntVector.fromMemorySegment(I, m, pd + t * Lanes.SLOT, LE)
                    .lanewise(LSHL, shift).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR);
            long q = p + t * Lanes.SLOT;
            int at = t * L;
            for (int g = 0; g < groups; g += 4, q += Lanes.QUAD_SLOT, at += 16 * L) {
                IntVector w = IntVector.fromMemorySegment(I, m, q, LE).lanewise(XOR, 0x80808080);
                FloatVector s0 = w.and(0xff).or(BYTE_ONE).reinterpretAsFloats().sub(BYTE_BIAS);
                FloatVector s1 = w.lanewise(LSHR, 8).and(0xff).or(BYTE_ONE).reinterpretAsFloats().sub(BYTE_BIAS);
                FloatVector s2 = w.lanewise(LSHR, 16).and(0xff).or(BYTE_ONE).reinterpretAsFloats().sub(BYTE_BIAS);
                FloatVector s3 = w.lanewise(LSHR, 24).or(BYTE_ONE).reinterpretAsFloats().sub(BYTE_BIAS);
                s0.mul(d).intoArray(s, at);
                s1.mul(d).intoArray(s, at + 4 * L);
                s2.mul(d).intoArray(s, at + 8 * L);
                s3.mul(d).intoArray(s, at + 12 * L);
            }
        }
    }

    /**
     * {@code v[t] += Σ_g o[g, t] · Σx over g}: what minima take from the sums of a quad.
     *
     * @param xs sums of x over units; a group has {@code unitsPerGroup} of them
     * @param v four vectors from {@code vAt} on
     */
    static void addMinima(float[] o, int groups, float[] xs, int xsAt, int unitsPerGroup, float[] v, int vAt) {
        FloatVector v0 = FloatVector.fromArray(F, v, vAt);
        FloatVector v1 = FloatVector.fromArray(F, v, vAt + L);
        FloatVector v2 = FloatVector.fromArray(F, v, vAt + 2 * L);
        FloatVector v3 = FloatVector.fromArray(F, v, vAt + 3 * L);
        for (int g = 0; g < groups; g++) {
            float sum = 0;
            for (int i = 0; i < unitsPerGroup; i++) {
                sum += xs[xsAt++];
            }
            FloatVector x = FloatVector.broadcast(F, sum);
            int at = 4 * g * L;
            v0 = FloatVector.fromArray(F, o, at).fma(x, v0);
            v1 = FloatVector.fromArray(F, o, at + L).fma(x, v1);
            v2 = FloatVector.fromArray(F, o, at + 2 * L).fma(x, v2);
            v3 = FloatVector.fromArray(F, o, at + 3 * L).fma(x, v3);
        }
        v0.intoArray(v, vAt);
        v1.intoArray(v, vAt + L);
        v2.intoArray(v, vAt + 2 * L);
        v3.intoArray(v, vAt + 3 * L);
    }
}
