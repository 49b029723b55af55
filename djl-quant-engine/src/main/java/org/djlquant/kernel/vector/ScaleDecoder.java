package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
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

    private ScaleDecoder() {}

    /**
     * Decodes scales.
     *
     * @param p byte offset of the chunk
     * @param s receives the scales
     */
    static void scales(TileLayout.ScaleKind kind, MemorySegment m, long p, int groups, float[] s) {
        switch (kind) {
            case HALF -> halves(m, p, groups, s);
            case HALF_MIN, HALF_ZERO -> half(m, p, 16, groups, s);
            case FLOAT -> floats(m, p, Lanes.QUAD_SLOT, groups, s);
            case FLOAT_MIN -> floats(m, p, 2 * Lanes.QUAD_SLOT, groups, s);
            case SUB, SUB_MIN -> sub(m, p, 16, p + Lanes.QUAD_SLOT, groups, s);
        }
    }

    /** Decodes what is subtracted from each weight to {@code o}, as {@link #scales} does; only for layouts with minima. */
    static void minima(TileLayout.ScaleKind kind, MemorySegment m, long p, int groups, float[] o) {
        switch (kind) {
            case HALF_MIN -> half(m, p, 0, groups, o);
            case HALF_ZERO -> zeros(m, p, groups, o);
            case FLOAT_MIN -> floats(m, p + Lanes.QUAD_SLOT, 2 * Lanes.QUAD_SLOT, groups, o);
            default -> sub(m, p, 0, subMinima(p, groups), groups, o);
        }
    }

    /** Where the bytes of the minima of {@link TileLayout.ScaleKind#SUB_MIN} begin. */
    private static long subMinima(long p, int groups) {
        return p + (1 + (groups + 3) / 4) * Lanes.QUAD_SLOT;
    }

    private static void halves(MemorySegment m, long p, int groups, float[] s) {
        int slots = (groups + 1) / 2 * 4;
        int i = 0;
        do { // not a counted loop: what C2 puts before and after one takes longer than these few turns
            IntVector w = IntVector.fromMemorySegment(I, m, p, LE);
            int at = (i + (i & -4)) * L;
            w.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR)
                    .intoArray(s, at);
            w.lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR).intoArray(s, at + 4 * L);
            p += Lanes.SLOT;
            i++;
        } while (i < slots);
    }

    /** The float16 that {@code shift} brings to the upper half of each word. */
    private static void half(MemorySegment m, long p, int shift, int groups, float[] s) {
        int at = 0;
        do {
            IntVector.fromMemorySegment(I, m, p, LE).lanewise(LSHL, shift).lanewise(ASHR, 3).and(HALF_BITS)
                    .reinterpretAsFloats().mul(HALF_FACTOR).intoArray(s, at);
            p += Lanes.SLOT;
            at += L;
        } while (at < 4 * L * groups);
    }

    /**
     * The float16 in the lower half of each word, times the integer in the upper one. Two counted loops: as a single one like
     * {@link #half}, C2 compiled it with a check before it that failed, and so anew some hundred times.
     */
    private static void zeros(MemorySegment m, long p, int groups, float[] o) {
        for (int g = 0; g < groups; g++, p += Lanes.QUAD_SLOT) {
            for (int t = 0; t < 4; t++) {
                IntVector w = IntVector.fromMemorySegment(I, m, p + t * Lanes.SLOT, LE);
                FloatVector d = w.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR);
                ((FloatVector) w.lanewise(LSHR, 16).convert(I2F, 0)).mul(d).intoArray(o, (4 * g + t) * L);
            }
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
        int t = 0;
        do {
            FloatVector d = IntVector.fromMemorySegment(I, m, pd + t * Lanes.SLOT, LE)
                    .lanewise(LSHL, shift).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR);
            FloatVector d1 = d.mul(0x1p-8f);
            FloatVector d2 = d.mul(0x1p-16f);
            FloatVector d3 = d.mul(0x1p-24f);
            FloatVector bias = d.mul(-128);
            long q = p + t * Lanes.SLOT;
            int at = t * L;
            do { // bytes are signed; with the sign flipped all but the topmost can be masked as numbers
                IntVector w = IntVector.fromMemorySegment(I, m, q, LE).lanewise(XOR, 0x00808080);
                ((FloatVector) w.and(0xff).convert(I2F, 0)).fma(d, bias).intoArray(s, at);
                ((FloatVector) w.and(0xff00).convert(I2F, 0)).fma(d1, bias).intoArray(s, at + 4 * L);
                ((FloatVector) w.and(0xff0000).convert(I2F, 0)).fma(d2, bias).intoArray(s, at + 8 * L);
                ((FloatVector) w.and(0xff000000).convert(I2F, 0)).mul(d3).intoArray(s, at + 12 * L);
                q += Lanes.QUAD_SLOT;
                at += 16 * L;
            } while (at < 4 * L * groups);
            t++;
        } while (t < 4);
    }

    /**
     * {@code v[t] += Σ_g dmin[t] · m[g, t] · Σx over g} for {@link TileLayout.ScaleKind#SUB_MIN}, whose groups are
     * units: {@link #minima} and {@link #addMinima} in one, without the way through memory that costs most of both.
     *
     * @param p byte offset of the chunk
     * @param xs sums of x over units from {@code xsAt} on
     * @param v four vectors from {@code vAt} on
     */
    static void addSubMinima(MemorySegment m, long p, int groups, float[] xs, int xsAt, float[] v, int vAt) {
        long bytes = subMinima(p, groups);
        int t = 0;
        do {
            FloatVector a0 = FloatVector.zero(F);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            float bias = 0;
            long q = bytes + t * Lanes.SLOT;
            int g = xsAt;
            do { // bytes as in sub
                IntVector w = IntVector.fromMemorySegment(I, m, q, LE).lanewise(XOR, 0x00808080);
                a0 = ((FloatVector) w.and(0xff).convert(I2F, 0)).fma(FloatVector.broadcast(F, xs[g]), a0);
                a1 = ((FloatVector) w.and(0xff00).convert(I2F, 0)).fma(FloatVector.broadcast(F, xs[g + 1]), a1);
                a2 = ((FloatVector) w.and(0xff0000).convert(I2F, 0)).fma(FloatVector.broadcast(F, xs[g + 2]), a2);
                a3 = ((FloatVector) w.and(0xff000000).convert(I2F, 0)).fma(FloatVector.broadcast(F, xs[g + 3]), a3);
                bias -= 128 * (xs[g] + xs[g + 1] + xs[g + 2]);
                q += Lanes.QUAD_SLOT;
                g += 4;
            } while (g < xsAt + groups);
            FloatVector d = IntVector.fromMemorySegment(I, m, p + t * Lanes.SLOT, LE)
                    .lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR);
            int at = vAt + t * L;
            a0.add(bias).add(a1.mul(0x1p-8f)).add(a2.mul(0x1p-16f)).add(a3.mul(0x1p-24f))
                    .fma(d, FloatVector.fromArray(F, v, at)).intoArray(v, at);
            t++;
        } while (t < 4);
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

    /**
     * {@link #addMinima} for four tokens, which share the loads.
     *
     * @param xsStride from the sums of x of a token to those of the next
     * @param vStride the same of what is added to
     */
    static void addFourMinima(
            float[] o, int groups, float[] xs, int xsAt, int xsStride, int unitsPerGroup, float[] v, int vAt, int vStride) {
        FloatVector v00 = FloatVector.fromArray(F, v, vAt);
        FloatVector v01 = FloatVector.fromArray(F, v, vAt + L);
        FloatVector v02 = FloatVector.fromArray(F, v, vAt + 2 * L);
        FloatVector v03 = FloatVector.fromArray(F, v, vAt + 3 * L);
        FloatVector v10 = FloatVector.fromArray(F, v, vAt + vStride);
        FloatVector v11 = FloatVector.fromArray(F, v, vAt + vStride + L);
        FloatVector v12 = FloatVector.fromArray(F, v, vAt + vStride + 2 * L);
        FloatVector v13 = FloatVector.fromArray(F, v, vAt + vStride + 3 * L);
        FloatVector v20 = FloatVector.fromArray(F, v, vAt + 2 * vStride);
        FloatVector v21 = FloatVector.fromArray(F, v, vAt + 2 * vStride + L);
        FloatVector v22 = FloatVector.fromArray(F, v, vAt + 2 * vStride + 2 * L);
        FloatVector v23 = FloatVector.fromArray(F, v, vAt + 2 * vStride + 3 * L);
        FloatVector v30 = FloatVector.fromArray(F, v, vAt + 3 * vStride);
        FloatVector v31 = FloatVector.fromArray(F, v, vAt + 3 * vStride + L);
        FloatVector v32 = FloatVector.fromArray(F, v, vAt + 3 * vStride + 2 * L);
        FloatVector v33 = FloatVector.fromArray(F, v, vAt + 3 * vStride + 3 * L);
        for (int g = 0; g < groups; g++) {
            float x0 = 0;
            float x1 = 0;
            float x2 = 0;
            float x3 = 0;
            for (int i = 0; i < unitsPerGroup; i++, xsAt++) {
                x0 += xs[xsAt];
                x1 += xs[xsAt + xsStride];
                x2 += xs[xsAt + 2 * xsStride];
                x3 += xs[xsAt + 3 * xsStride];
            }
            int at = 4 * g * L;
            FloatVector o0 = FloatVector.fromArray(F, o, at);
            FloatVector o1 = FloatVector.fromArray(F, o, at + L);
            FloatVector o2 = FloatVector.fromArray(F, o, at + 2 * L);
            FloatVector o3 = FloatVector.fromArray(F, o, at + 3 * L);
            FloatVector x = FloatVector.broadcast(F, x0);
            v00 = o0.fma(x, v00);
            v01 = o1.fma(x, v01);
            v02 = o2.fma(x, v02);
            v03 = o3.fma(x, v03);
            x = FloatVector.broadcast(F, x1);
            v10 = o0.fma(x, v10);
            v11 = o1.fma(x, v11);
            v12 = o2.fma(x, v12);
            v13 = o3.fma(x, v13);
            x = FloatVector.broadcast(F, x2);
            v20 = o0.fma(x, v20);
            v21 = o1.fma(x, v21);
            v22 = o2.fma(x, v22);
            v23 = o3.fma(x, v23);
            x = FloatVector.broadcast(F, x3);
            v30 = o0.fma(x, v30);
            v31 = o1.fma(x, v31);
            v32 = o2.fma(x, v32);
            v33 = o3.fma(x, v33);
        }
        v00.intoArray(v, vAt);
        v01.intoArray(v, vAt + L);
        v02.intoArray(v, vAt + 2 * L);
        v03.intoArray(v, vAt + 3 * L);
        v10.intoArray(v, vAt + vStride);
        v11.intoArray(v, vAt + vStride + L);
        v12.intoArray(v, vAt + vStride + 2 * L);
        v13.intoArray(v, vAt + vStride + 3 * L);
        v20.intoArray(v, vAt + 2 * vStride);
        v21.intoArray(v, vAt + 2 * vStride + L);
        v22.intoArray(v, vAt + 2 * vStride + 2 * L);
        v23.intoArray(v, vAt + 2 * vStride + 3 * L);
        v30.intoArray(v, vAt + 3 * vStride);
        v31.intoArray(v, vAt + 3 * vStride + L);
        v32.intoArray(v, vAt + 3 * vStride + 2 * L);
        v33.intoArray(v, vAt + 3 * vStride + 3 * L);
    }
}
