package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.BITWISE_BLEND;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ROR;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Dot products of one chunk of a quad with two tokens: as {@link CodeBlock}, for half as many, so that
 * the sums {@code u} stay in registers too.
 */
final class CodePair {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private CodePair() {}

    /**
     * Codes in one plane of 2, 4 or 8 bits.
     *
     * @param m packed matrix
     * @param p byte offset of the low plane
     * @param bits width of the plane
     * @param units units in the chunk
     * @param words words of a unit
     * @param perScale log2 of the units that share a scale
     * @param s scales: L values for each tile for each group
     * @param x activations as there, from {@code k} on, {@code xStride} from token to token
     * @param xc what zero points take from units from {@code xcAt} on, {@code xcStride} from token to token
     * @param u sums, from {@code uAt} on
     */
    static void onePlane(
            MemorySegment m, long p, int bits, int units, int words, int perScale,
            float[] s, float[] x, int k, int xStride, float[] xc, int xcAt, int xcStride, float[] u, int uAt) {
        IntVector step = IntVector.broadcast(I, bits); // shifting by a scalar takes twice the instructions
        IntVector lowest = IntVector.broadcast(I, (1 << bits) - 1);
        int lastOfByte = 8 / bits - 1;
        int lastOfWord = 32 / bits - 1;
        FloatVector u00 = FloatVector.fromArray(F, u, uAt);
        FloatVector u01 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u02 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u03 = FloatVector.fromArray(F, u, uAt + 3 * L);
        FloatVector u10 = FloatVector.fromArray(F, u, uAt + 8 * L);
        FloatVector u11 = FloatVector.fromArray(F, u, uAt + 9 * L);
        FloatVector u12 = FloatVector.fromArray(F, u, uAt + 10 * L);
        FloatVector u13 = FloatVector.fromArray(F, u, uAt + 11 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a00 = FloatVector.broadcast(F, xc[xcAt + g]);
            FloatVector a01 = a00;
            FloatVector a02 = a00;
            FloatVector a03 = a00;
            FloatVector a10 = FloatVector.broadcast(F, xc[xcAt + g + xcStride]);
            FloatVector a11 = a10;
            FloatVector a12 = a10;
            FloatVector a13 = a10;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                long q = p;
                do {
                    IntVector w0 = IntVector.fromMemorySegment(I, m, q, LE);
                    IntVector w1 = IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE);
                    IntVector w2 = IntVector.fromMemorySegment(I, m, q + 2 * Lanes.SLOT, LE);
                    IntVector w3 = IntVector.fromMemorySegment(I, m, q + 3 * Lanes.SLOT, LE);
                    q++;
                    IntVector mask = lowest;
                    do {
                        FloatVector v0 = (FloatVector) w0.and(mask).convert(I2F, 0);
                        FloatVector v1 = (FloatVector) w1.and(mask).convert(I2F, 0);
                        FloatVector v2 = (FloatVector) w2.and(mask).convert(I2F, 0);
                        FloatVector v3 = (FloatVector) w3.and(mask).convert(I2F, 0);
                        FloatVector xk = FloatVector.broadcast(F, x[k]);
                        a00 = v0.fma(xk, a00);
                        a01 = v1.fma(xk, a01);
                        a02 = v2.fma(xk, a02);
                        a03 = v3.fma(xk, a03);
                        xk = FloatVector.broadcast(F, x[k + xStride]);
                        a10 = v0.fma(xk, a10);
                        a11 = v1.fma(xk, a11);
                        a12 = v2.fma(xk, a12);
                        a13 = v3.fma(xk, a13);
                        mask = mask.lanewise(LSHL, step);
                        k++;
                    } while ((k & lastOfByte) != 0);
                } while ((k & lastOfWord) != 0);
            }
            int at = (g >> perScale) * 4 * L;
            FloatVector scale = FloatVector.fromArray(F, s, at);
            u00 = a00.fma(scale, u00);
            u10 = a10.fma(scale, u10);
            scale = FloatVector.fromArray(F, s, at + L);
            u01 = a01.fma(scale, u01);
            u11 = a11.fma(scale, u11);
            scale = FloatVector.fromArray(F, s, at + 2 * L);
            u02 = a02.fma(scale, u02);
            u12 = a12.fma(scale, u12);
            scale = FloatVector.fromArray(F, s, at + 3 * L);
            u03 = a03.fma(scale, u03);
            u13 = a13.fma(scale, u13);
        }
        u00.intoArray(u, uAt);
        u01.intoArray(u, uAt + L);
        u02.intoArray(u, uAt + 2 * L);
        u03.intoArray(u, uAt + 3 * L);
        u10.intoArray(u, uAt + 8 * L);
        u11.intoArray(u, uAt + 9 * L);
        u12.intoArray(u, uAt + 10 * L);
        u13.intoArray(u, uAt + 11 * L);
    }

    /**
     * Codes of 5 or 6 bits in two planes; parameters as for {@link #onePlane}.
     *
     * @param p byte offset of the first word of the high plane
     */
    static void twoPlanes(
            MemorySegment m, long p, int low, int high, int unit, int units, int perScale,
            float[] s, float[] x, int k, int xStride, float[] xc, int xcAt, int xcStride, float[] u, int uAt) {
        IntVector lowest = IntVector.broadcast(I, (1 << low + high) - 1);
        int maskHigh = ((1 << high) - 1 << low) * 0x01010101;
        int sets = 8 / low;
        int words = unit / 4 / sets;
        int spread = 32 / high / unit - 1;
        long q = p;
        FloatVector u00 = FloatVector.fromArray(F, u, uAt);
        FloatVector u01 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u02 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u03 = FloatVector.fromArray(F, u, uAt + 3 * L);
        FloatVector u10 = FloatVector.fromArray(F, u, uAt + 8 * L);
        FloatVector u11 = FloatVector.fromArray(F, u, uAt + 9 * L);
        FloatVector u12 = FloatVector.fromArray(F, u, uAt + 10 * L);
        FloatVector u13 = FloatVector.fromArray(F, u, uAt + 11 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a00 = FloatVector.broadcast(F, xc[xcAt + g]);
            FloatVector a01 = a00;
            FloatVector a02 = a00;
            FloatVector a03 = a00;
            FloatVector a10 = FloatVector.broadcast(F, xc[xcAt + g + xcStride]);
            FloatVector a11 = a10;
            FloatVector a12 = a10;
            FloatVector a13 = a10;
            if ((g & spread) == 0) {
                q = p;
                p += Lanes.QUAD_SLOT;
            }
            int turn = (g & spread) * 4;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                for (int i = 0; i < sets; i++) {
                    // the words are read again for each set: sums leave no registers to keep them
                    IntVector turnLow = IntVector.broadcast(I, i * low);
                    IntVector turnHigh = IntVector.broadcast(I, turn + (b * sets + i) * high);
                    IntVector c0 = IntVector.fromMemorySegment(I, m, p, LE).lanewise(LSHR, turnLow).lanewise(
                            BITWISE_BLEND, IntVector.fromMemorySegment(I, m, q, LE).lanewise(ROR, turnHigh), maskHigh);
                    IntVector c1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE).lanewise(LSHR, turnLow).lanewise(
                            BITWISE_BLEND, IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE).lanewise(ROR, turnHigh), maskHigh);
                    IntVector c2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE).lanewise(LSHR, turnLow).lanewise(
                            BITWISE_BLEND, IntVector.fromMemorySegment(I, m, q + 2 * Lanes.SLOT, LE).lanewise(ROR, turnHigh), maskHigh);
                    IntVector c3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE).lanewise(LSHR, turnLow).lanewise(
                            BITWISE_BLEND, IntVector.fromMemorySegment(I, m, q + 3 * Lanes.SLOT, LE).lanewise(ROR, turnHigh), maskHigh);
                    IntVector mask = lowest;
                    do {
                        FloatVector v0 = (FloatVector) c0.and(mask).convert(I2F, 0);
                        FloatVector v1 = (FloatVector) c1.and(mask).convert(I2F, 0);
                        FloatVector v2 = (FloatVector) c2.and(mask).convert(I2F, 0);
                        FloatVector v3 = (FloatVector) c3.and(mask).convert(I2F, 0);
                        FloatVector xk = FloatVector.broadcast(F, x[k]);
                        a00 = v0.fma(xk, a00);
                        a01 = v1.fma(xk, a01);
                        a02 = v2.fma(xk, a02);
                        a03 = v3.fma(xk, a03);
                        xk = FloatVector.broadcast(F, x[k + xStride]);
                        a10 = v0.fma(xk, a10);
                        a11 = v1.fma(xk, a11);
                        a12 = v2.fma(xk, a12);
                        a13 = v3.fma(xk, a13);
                        mask = mask.lanewise(LSHL, 8);
                        k++;
                    } while ((k & 3) != 0);
                }
            }
            int at = (g >> perScale) * 4 * L;
            FloatVector scale = FloatVector.fromArray(F, s, at);
            u00 = a00.fma(scale, u00);
            u10 = a10.fma(scale, u10);
            scale = FloatVector.fromArray(F, s, at + L);
            u01 = a01.fma(scale, u01);
            u11 = a11.fma(scale, u11);
            scale = FloatVector.fromArray(F, s, at + 2 * L);
            u02 = a02.fma(scale, u02);
            u12 = a12.fma(scale, u12);
            scale = FloatVector.fromArray(F, s, at + 3 * L);
            u03 = a03.fma(scale, u03);
            u13 = a13.fma(scale, u13);
        }
        u00.intoArray(u, uAt);
        u01.intoArray(u, uAt + L);
        u02.intoArray(u, uAt + 2 * L);
        u03.intoArray(u, uAt + 3 * L);
        u10.intoArray(u, uAt + 8 * L);
        u11.intoArray(u, uAt + 9 * L);
        u12.intoArray(u, uAt + 10 * L);
        u13.intoArray(u, uAt + 11 * L);
    }

    /** Codes of 3 bits in units of 32 columns; parameters as for {@link #onePlane}, layout as in {@link CodeDot#threeBits}. */
    static void threeBits(
            MemorySegment m, long p, int units, int perScale,
            float[] s, float[] x, int k, int xStride, float[] xc, int xcAt, int xcStride, float[] u, int uAt) {
        IntVector lowest = IntVector.broadcast(I, 7);
        FloatVector u00 = FloatVector.fromArray(F, u, uAt);
        FloatVector u01 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u02 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u03 = FloatVector.fromArray(F, u, uAt + 3 * L);
        FloatVector u10 = FloatVector.fromArray(F, u, uAt + 8 * L);
        FloatVector u11 = FloatVector.fromArray(F, u, uAt + 9 * L);
        FloatVector u12 = FloatVector.fromArray(F, u, uAt + 10 * L);
        FloatVector u13 = FloatVector.fromArray(F, u, uAt + 11 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a00 = FloatVector.broadcast(F, xc[xcAt + g]);
            FloatVector a01 = a00;
            FloatVector a02 = a00;
            FloatVector a03 = a00;
            FloatVector a10 = FloatVector.broadcast(F, xc[xcAt + g + xcStride]);
            FloatVector a11 = a10;
            FloatVector a12 = a10;
            FloatVector a13 = a10;
            IntVector r0 = IntVector.zero(I);
            IntVector r1 = r0;
            IntVector r2 = r0;
            IntVector r3 = r0;
            for (int b = 0; b < 3; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                IntVector w2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE);
                IntVector w3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE);
                r0 = r0.lanewise(ROR, 30).lanewise(BITWISE_BLEND, w0, TileLayout.REST_BITS);
                r1 = r1.lanewise(ROR, 30).lanewise(BITWISE_BLEND, w1, TileLayout.REST_BITS);
                r2 = r2.lanewise(ROR, 30).lanewise(BITWISE_BLEND, w2, TileLayout.REST_BITS);
                r3 = r3.lanewise(ROR, 30).lanewise(BITWISE_BLEND, w3, TileLayout.REST_BITS);
                IntVector mask = lowest;
                do {
                    FloatVector v0 = (FloatVector) w0.and(mask).convert(I2F, 0);
                    FloatVector v1 = (FloatVector) w1.and(mask).convert(I2F, 0);
                    FloatVector v2 = (FloatVector) w2.and(mask).convert(I2F, 0);
                    FloatVector v3 = (FloatVector) w3.and(mask).convert(I2F, 0);
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a00 = v0.fma(xk, a00);
                    a01 = v1.fma(xk, a01);
                    a02 = v2.fma(xk, a02);
                    a03 = v3.fma(xk, a03);
                    xk = FloatVector.broadcast(F, x[k + xStride]);
                    a10 = v0.fma(xk, a10);
                    a11 = v1.fma(xk, a11);
                    a12 = v2.fma(xk, a12);
                    a13 = v3.fma(xk, a13);
                    mask = mask.lanewise(LSHL, 3);
                    v0 = (FloatVector) w0.and(mask).convert(I2F, 0);
                    v1 = (FloatVector) w1.and(mask).convert(I2F, 0);
                    v2 = (FloatVector) w2.and(mask).convert(I2F, 0);
                    v3 = (FloatVector) w3.and(mask).convert(I2F, 0);
                    xk = FloatVector.broadcast(F, x[k + 1]);
                    a00 = v0.fma(xk, a00);
                    a01 = v1.fma(xk, a01);
                    a02 = v2.fma(xk, a02);
                    a03 = v3.fma(xk, a03);
                    xk = FloatVector.broadcast(F, x[k + 1 + xStride]);
                    a10 = v0.fma(xk, a10);
                    a11 = v1.fma(xk, a11);
                    a12 = v2.fma(xk, a12);
                    a13 = v3.fma(xk, a13);
                    mask = mask.lanewise(LSHL, 5);
                    k += 2;
                } while ((k & 7) != 0);
            }
            r0 = r0.lanewise(ROR, 6);
            r1 = r1.lanewise(ROR, 6);
            r2 = r2.lanewise(ROR, 6);
            r3 = r3.lanewise(ROR, 6);
            IntVector mask = lowest;
            do {
                FloatVector v0 = (FloatVector) r0.and(mask).convert(I2F, 0);
                FloatVector v1 = (FloatVector) r1.and(mask).convert(I2F, 0);
                FloatVector v2 = (FloatVector) r2.and(mask).convert(I2F, 0);
                FloatVector v3 = (FloatVector) r3.and(mask).convert(I2F, 0);
                FloatVector xk = FloatVector.broadcast(F, x[k]);
                a00 = v0.fma(xk, a00);
                a01 = v1.fma(xk, a01);
                a02 = v2.fma(xk, a02);
                a03 = v3.fma(xk, a03);
                xk = FloatVector.broadcast(F, x[k + xStride]);
                a10 = v0.fma(xk, a10);
                a11 = v1.fma(xk, a11);
                a12 = v2.fma(xk, a12);
                a13 = v3.fma(xk, a13);
                mask = mask.lanewise(LSHL, 3);
                v0 = (FloatVector) r0.and(mask).convert(I2F, 0);
                v1 = (FloatVector) r1.and(mask).convert(I2F, 0);
                v2 = (FloatVector) r2.and(mask).convert(I2F, 0);
                v3 = (FloatVector) r3.and(mask).convert(I2F, 0);
                xk = FloatVector.broadcast(F, x[k + 1]);
                a00 = v0.fma(xk, a00);
                a01 = v1.fma(xk, a01);
                a02 = v2.fma(xk, a02);
                a03 = v3.fma(xk, a03);
                xk = FloatVector.broadcast(F, x[k + 1 + xStride]);
                a10 = v0.fma(xk, a10);
                a11 = v1.fma(xk, a11);
                a12 = v2.fma(xk, a12);
                a13 = v3.fma(xk, a13);
                mask = mask.lanewise(LSHL, 5);
                k += 2;
            } while ((k & 7) != 0);
            int at = (g >> perScale) * 4 * L;
            FloatVector scale = FloatVector.fromArray(F, s, at);
            u00 = a00.fma(scale, u00);
            u10 = a10.fma(scale, u10);
            scale = FloatVector.fromArray(F, s, at + L);
            u01 = a01.fma(scale, u01);
            u11 = a11.fma(scale, u11);
            scale = FloatVector.fromArray(F, s, at + 2 * L);
            u02 = a02.fma(scale, u02);
            u12 = a12.fma(scale, u12);
            scale = FloatVector.fromArray(F, s, at + 3 * L);
            u03 = a03.fma(scale, u03);
            u13 = a13.fma(scale, u13);
        }
        u00.intoArray(u, uAt);
        u01.intoArray(u, uAt + L);
        u02.intoArray(u, uAt + 2 * L);
        u03.intoArray(u, uAt + 3 * L);
        u10.intoArray(u, uAt + 8 * L);
        u11.intoArray(u, uAt + 9 * L);
        u12.intoArray(u, uAt + 10 * L);
        u13.intoArray(u, uAt + 11 * L);
    }

    /** 4-bit codes that are looked up in a table of 16 floats; parameters as for {@link #onePlane}. */
    static void codebook(
            MemorySegment m, long p, float[] table, int units, int words, int perScale,
            float[] s, float[] x, int k, int xStride, float[] u, int uAt) {
        IntVector codes = FloatVector.fromArray(F, table, 0).reinterpretAsInts();
        FloatVector u00 = FloatVector.fromArray(F, u, uAt);
        FloatVector u01 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u02 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u03 = FloatVector.fromArray(F, u, uAt + 3 * L);
        FloatVector u10 = FloatVector.fromArray(F, u, uAt + 8 * L);
        FloatVector u11 = FloatVector.fromArray(F, u, uAt + 9 * L);
        FloatVector u12 = FloatVector.fromArray(F, u, uAt + 10 * L);
        FloatVector u13 = FloatVector.fromArray(F, u, uAt + 11 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a00 = FloatVector.zero(F);
            FloatVector a01 = a00;
            FloatVector a02 = a00;
            FloatVector a03 = a00;
            FloatVector a10 = FloatVector.zero(F);
            FloatVector a11 = a10;
            FloatVector a12 = a10;
            FloatVector a13 = a10;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                IntVector w2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE);
                IntVector w3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE);
                do {
                    FloatVector v0 = w0.selectFrom(codes).reinterpretAsFloats();
                    FloatVector v1 = w1.selectFrom(codes).reinterpretAsFloats();
                    FloatVector v2 = w2.selectFrom(codes).reinterpretAsFloats();
                    FloatVector v3 = w3.selectFrom(codes).reinterpretAsFloats();
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a00 = v0.fma(xk, a00);
                    a01 = v1.fma(xk, a01);
                    a02 = v2.fma(xk, a02);
                    a03 = v3.fma(xk, a03);
                    xk = FloatVector.broadcast(F, x[k + xStride]);
                    a10 = v0.fma(xk, a10);
                    a11 = v1.fma(xk, a11);
                    a12 = v2.fma(xk, a12);
                    a13 = v3.fma(xk, a13);
                    w0 = w0.lanewise(LSHR, 4);
                    w1 = w1.lanewise(LSHR, 4);
                    w2 = w2.lanewise(LSHR, 4);
                    w3 = w3.lanewise(LSHR, 4);
                    k++;
                } while ((k & 7) != 0);
            }
            int at = (g >> perScale) * 4 * L;
            FloatVector scale = FloatVector.fromArray(F, s, at);
            u00 = a00.fma(scale, u00);
            u10 = a10.fma(scale, u10);
            scale = FloatVector.fromArray(F, s, at + L);
            u01 = a01.fma(scale, u01);
            u11 = a11.fma(scale, u11);
            scale = FloatVector.fromArray(F, s, at + 2 * L);
            u02 = a02.fma(scale, u02);
            u12 = a12.fma(scale, u12);
            scale = FloatVector.fromArray(F, s, at + 3 * L);
            u03 = a03.fma(scale, u03);
            u13 = a13.fma(scale, u13);
        }
        u00.intoArray(u, uAt);
        u01.intoArray(u, uAt + L);
        u02.intoArray(u, uAt + 2 * L);
        u03.intoArray(u, uAt + 3 * L);
        u10.intoArray(u, uAt + 8 * L);
        u11.intoArray(u, uAt + 9 * L);
        u12.intoArray(u, uAt + 10 * L);
        u13.intoArray(u, uAt + 11 * L);
    }
}
