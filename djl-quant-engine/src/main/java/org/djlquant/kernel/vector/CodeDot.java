package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
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
 * Dot products of one chunk of a quad with one token. The methods differ in how a code becomes a
 * float. All add {@code scale · Σ(code − zero)·x} of every unit to the sums {@code u}.
 *
 * <p>A code is masked and converted where it stands in its word, as {@code code · 2^n}; the activation it
 * meets has been multiplied by {@code 2^−n}, which is exact. Nothing is shifted but masks, once for four
 * tiles. Codes of one plane are masked in the lowest byte of a word, which is read again from a byte further on for the
 * next ones: that keeps them from being signs, and the last such read reaches into the next slots, so that memory is asked
 * for them early (5 to 10 % quicker than words read once). What zero points take goes in where a unit's sum starts.
 *
 * <p>The loop over a word is not counted, so that C2 neither unrolls nor peels the one around it: loads of one
 * instruction are then the same distance apart throughout, which prefetching goes by.
 *
 * <p>They are flat on purpose: with helper methods C2 stops inlining after some thousand nodes, and
 * a kernel that is not one compiled piece is 5 to 50 times slower.
 */
final class CodeDot {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private CodeDot() {}

    /**
     * Codes of 4 bits.
     *
     * @param m packed matrix
     * @param p byte offset of the codes
     * @param units units in the chunk
     * @param words words of a unit
     * @param perScale log2 of the units that share a scale
     * @param s scales: L values for each tile for each group
     * @param x activations from {@code k} on, scaled by {@link TileLayout#place}
     * @param xc what zero points take from units, {@code −zero · Σx}, from {@code xcAt} on
     * @param u sums, L values for each tile, from {@code uAt} on
     */
    static void fourBits(
            MemorySegment m, long p, int units, int words, int perScale,
            float[] s, float[] x, int k, float[] xc, int xcAt, float[] u, int uAt) {
        FloatVector u0 = FloatVector.fromArray(F, u, uAt);
        FloatVector u1 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u2 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, uAt + 3 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.broadcast(F, xc[xcAt + g]);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            FloatVector b0 = FloatVector.zero(F); // two sums, so that multiply-adds do not wait for each other
            FloatVector b1 = b0;
            FloatVector b2 = b0;
            FloatVector b3 = b0;
            for (int i = 0; i < words; i++, p += Lanes.QUAD_SLOT) {
                long q = p;
                do {
                    IntVector w0 = IntVector.fromMemorySegment(I, m, q, LE);
                    IntVector w1 = IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE);
                    IntVector w2 = IntVector.fromMemorySegment(I, m, q + 2 * Lanes.SLOT, LE);
                    IntVector w3 = IntVector.fromMemorySegment(I, m, q + 3 * Lanes.SLOT, LE);
                    q++;
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a0 = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(0xf).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(0xf).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 1]);
                    b0 = ((FloatVector) w0.and(0xf0).convert(I2F, 0)).fma(xk, b0);
                    b1 = ((FloatVector) w1.and(0xf0).convert(I2F, 0)).fma(xk, b1);
                    b2 = ((FloatVector) w2.and(0xf0).convert(I2F, 0)).fma(xk, b2);
                    b3 = ((FloatVector) w3.and(0xf0).convert(I2F, 0)).fma(xk, b3);
                    k += 2;
                } while ((k & 7) != 0);
            }
            int at = (g >> perScale) * 4 * L;
            u0 = a0.add(b0).fma(FloatVector.fromArray(F, s, at), u0);
            u1 = a1.add(b1).fma(FloatVector.fromArray(F, s, at + L), u1);
            u2 = a2.add(b2).fma(FloatVector.fromArray(F, s, at + 2 * L), u2);
            u3 = a3.add(b3).fma(FloatVector.fromArray(F, s, at + 3 * L), u3);
        }
        u0.intoArray(u, uAt);
        u1.intoArray(u, uAt + L);
        u2.intoArray(u, uAt + 2 * L);
        u3.intoArray(u, uAt + 3 * L);
    }

    /** Codes of 2 bits; parameters as for {@link #fourBits}. */
    static void twoBits(
            MemorySegment m, long p, int units, int words, int perScale,
            float[] s, float[] x, int k, float[] xc, int xcAt, float[] u, int uAt) {
        FloatVector u0 = FloatVector.fromArray(F, u, uAt);
        FloatVector u1 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u2 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, uAt + 3 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.broadcast(F, xc[xcAt + g]);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                long q = p;
                do {
                    IntVector w0 = IntVector.fromMemorySegment(I, m, q, LE);
                    IntVector w1 = IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE);
                    IntVector w2 = IntVector.fromMemorySegment(I, m, q + 2 * Lanes.SLOT, LE);
                    IntVector w3 = IntVector.fromMemorySegment(I, m, q + 3 * Lanes.SLOT, LE);
                    q++;
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a0 = ((FloatVector) w0.and(0x3).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(0x3).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(0x3).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(0x3).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 1]);
                    a0 = ((FloatVector) w0.and(0xc).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(0xc).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(0xc).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(0xc).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 2]);
                    a0 = ((FloatVector) w0.and(0x30).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(0x30).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(0x30).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(0x30).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 3]);
                    a0 = ((FloatVector) w0.and(0xc0).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(0xc0).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(0xc0).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(0xc0).convert(I2F, 0)).fma(xk, a3);
                    k += 4;
                } while ((k & 15) != 0);
            }
            int at = (g >> perScale) * 4 * L;
            u0 = a0.fma(FloatVector.fromArray(F, s, at), u0);
            u1 = a1.fma(FloatVector.fromArray(F, s, at + L), u1);
            u2 = a2.fma(FloatVector.fromArray(F, s, at + 2 * L), u2);
            u3 = a3.fma(FloatVector.fromArray(F, s, at + 3 * L), u3);
        }
        u0.intoArray(u, uAt);
        u1.intoArray(u, uAt + L);
        u2.intoArray(u, uAt + 2 * L);
        u3.intoArray(u, uAt + 3 * L);
    }

    /** Codes of 8 bits; parameters as for {@link #fourBits}. */
    static void eightBits(
            MemorySegment m, long p, int units, int words, int perScale,
            float[] s, float[] x, int k, float[] xc, int xcAt, float[] u, int uAt) {
        FloatVector u0 = FloatVector.fromArray(F, u, uAt);
        FloatVector u1 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u2 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, uAt + 3 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.broadcast(F, xc[xcAt + g]);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                long q = p;
                do {
                    IntVector w0 = IntVector.fromMemorySegment(I, m, q, LE);
                    IntVector w1 = IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE);
                    IntVector w2 = IntVector.fromMemorySegment(I, m, q + 2 * Lanes.SLOT, LE);
                    IntVector w3 = IntVector.fromMemorySegment(I, m, q + 3 * Lanes.SLOT, LE);
                    q++;
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a0 = ((FloatVector) w0.and(0xff).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(0xff).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(0xff).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(0xff).convert(I2F, 0)).fma(xk, a3);
                    k++;
                } while ((k & 3) != 0);
            }
            int at = (g >> perScale) * 4 * L;
            u0 = a0.fma(FloatVector.fromArray(F, s, at), u0);
            u1 = a1.fma(FloatVector.fromArray(F, s, at + L), u1);
            u2 = a2.fma(FloatVector.fromArray(F, s, at + 2 * L), u2);
            u3 = a3.fma(FloatVector.fromArray(F, s, at + 3 * L), u3);
        }
        u0.intoArray(u, uAt);
        u1.intoArray(u, uAt + L);
        u2.intoArray(u, uAt + 2 * L);
        u3.intoArray(u, uAt + 3 * L);
    }

    /**
     * Codes of 3, 5 or 6 bits in two planes; parameters as for {@link #fourBits}. Four codes at a time
     * are put together, in the four bytes of a word, so that the second plane costs little. A word of
     * the high plane serves one unit, or two of 16 columns if {@code high} is 1.
     *
     * @param p byte offset of the first word of the high plane
     */
    static void twoPlanes(
            MemorySegment m, long p, int low, int high, int unit, int units, int perScale,
            float[] s, float[] x, int k, float[] xc, int xcAt, float[] u, int uAt) {
        IntVector lowest = IntVector.broadcast(I, (1 << low + high) - 1);
        int maskHigh = ((1 << high) - 1 << low) * 0x01010101;
        int sets = 8 / low;
        int words = unit / 4 / sets;
        int spread = 32 / high / unit - 1;
        long q = p;
        FloatVector u0 = FloatVector.fromArray(F, u, uAt);
        FloatVector u1 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u2 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, uAt + 3 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.broadcast(F, xc[xcAt + g]);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            if ((g & spread) == 0) {
                q = p;
                p += Lanes.QUAD_SLOT;
            }
            int turn = (g & spread) * 4;
            IntVector h0 = IntVector.fromMemorySegment(I, m, q, LE).lanewise(ROR, turn);
            IntVector h1 = IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE).lanewise(ROR, turn);
            IntVector h2 = IntVector.fromMemorySegment(I, m, q + 2 * Lanes.SLOT, LE).lanewise(ROR, turn);
            IntVector h3 = IntVector.fromMemorySegment(I, m, q + 3 * Lanes.SLOT, LE).lanewise(ROR, turn);
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                IntVector w2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE);
                IntVector w3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE);
                for (int i = 0; i < sets; i++) {
                    IntVector c0 = w0.lanewise(BITWISE_BLEND, h0, maskHigh);
                    IntVector c1 = w1.lanewise(BITWISE_BLEND, h1, maskHigh);
                    IntVector c2 = w2.lanewise(BITWISE_BLEND, h2, maskHigh);
                    IntVector c3 = w3.lanewise(BITWISE_BLEND, h3, maskHigh);
                    IntVector mask = lowest;
                    do {
                        FloatVector xk = FloatVector.broadcast(F, x[k]);
                        a0 = ((FloatVector) c0.and(mask).convert(I2F, 0)).fma(xk, a0);
                        a1 = ((FloatVector) c1.and(mask).convert(I2F, 0)).fma(xk, a1);
                        a2 = ((FloatVector) c2.and(mask).convert(I2F, 0)).fma(xk, a2);
                        a3 = ((FloatVector) c3.and(mask).convert(I2F, 0)).fma(xk, a3);
                        mask = mask.lanewise(LSHL, 8);
                        xk = FloatVector.broadcast(F, x[k + 1]);
                        a0 = ((FloatVector) c0.and(mask).convert(I2F, 0)).fma(xk, a0);
                        a1 = ((FloatVector) c1.and(mask).convert(I2F, 0)).fma(xk, a1);
                        a2 = ((FloatVector) c2.and(mask).convert(I2F, 0)).fma(xk, a2);
                        a3 = ((FloatVector) c3.and(mask).convert(I2F, 0)).fma(xk, a3);
                        mask = mask.lanewise(LSHL, 8);
                        k += 2;
                    } while ((k & 3) != 0);
                    w0 = w0.lanewise(LSHR, low);
                    w1 = w1.lanewise(LSHR, low);
                    w2 = w2.lanewise(LSHR, low);
                    w3 = w3.lanewise(LSHR, low);
                    h0 = h0.lanewise(ROR, high);
                    h1 = h1.lanewise(ROR, high);
                    h2 = h2.lanewise(ROR, high);
                    h3 = h3.lanewise(ROR, high);
                }
            }
            int at = (g >> perScale) * 4 * L;
            u0 = a0.fma(FloatVector.fromArray(F, s, at), u0);
            u1 = a1.fma(FloatVector.fromArray(F, s, at + L), u1);
            u2 = a2.fma(FloatVector.fromArray(F, s, at + 2 * L), u2);
            u3 = a3.fma(FloatVector.fromArray(F, s, at + 3 * L), u3);
        }
        u0.intoArray(u, uAt);
        u1.intoArray(u, uAt + L);
        u2.intoArray(u, uAt + 2 * L);
        u3.intoArray(u, uAt + 3 * L);
    }

    /**
     * Codes of 3 bits in units of 32 columns, three words each; parameters as for {@link #fourBits}. Six
     * bits of each byte are two codes; the other two are collected from the three words for eight codes more.
     */
    static void threeBits(
            MemorySegment m, long p, int units, int perScale,
            float[] s, float[] x, int k, float[] xc, int xcAt, float[] u, int uAt) {
        IntVector lowest = IntVector.broadcast(I, 7);
        FloatVector u0 = FloatVector.fromArray(F, u, uAt);
        FloatVector u1 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u2 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, uAt + 3 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.broadcast(F, xc[xcAt + g]);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
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
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a0 = ((FloatVector) w0.and(mask).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(mask).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(mask).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(mask).convert(I2F, 0)).fma(xk, a3);
                    mask = mask.lanewise(LSHL, 3);
                    xk = FloatVector.broadcast(F, x[k + 1]);
                    a0 = ((FloatVector) w0.and(mask).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(mask).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(mask).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(mask).convert(I2F, 0)).fma(xk, a3);
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
                FloatVector xk = FloatVector.broadcast(F, x[k]);
                a0 = ((FloatVector) r0.and(mask).convert(I2F, 0)).fma(xk, a0);
                a1 = ((FloatVector) r1.and(mask).convert(I2F, 0)).fma(xk, a1);
                a2 = ((FloatVector) r2.and(mask).convert(I2F, 0)).fma(xk, a2);
                a3 = ((FloatVector) r3.and(mask).convert(I2F, 0)).fma(xk, a3);
                mask = mask.lanewise(LSHL, 3);
                xk = FloatVector.broadcast(F, x[k + 1]);
                a0 = ((FloatVector) r0.and(mask).convert(I2F, 0)).fma(xk, a0);
                a1 = ((FloatVector) r1.and(mask).convert(I2F, 0)).fma(xk, a1);
                a2 = ((FloatVector) r2.and(mask).convert(I2F, 0)).fma(xk, a2);
                a3 = ((FloatVector) r3.and(mask).convert(I2F, 0)).fma(xk, a3);
                mask = mask.lanewise(LSHL, 5);
                k += 2;
            } while ((k & 7) != 0);
            int at = (g >> perScale) * 4 * L;
            u0 = a0.fma(FloatVector.fromArray(F, s, at), u0);
            u1 = a1.fma(FloatVector.fromArray(F, s, at + L), u1);
            u2 = a2.fma(FloatVector.fromArray(F, s, at + 2 * L), u2);
            u3 = a3.fma(FloatVector.fromArray(F, s, at + 3 * L), u3);
        }
        u0.intoArray(u, uAt);
        u1.intoArray(u, uAt + L);
        u2.intoArray(u, uAt + 2 * L);
        u3.intoArray(u, uAt + 3 * L);
    }

    /**
     * 4-bit codes that are looked up in a table of 16 floats, one vector; parameters as for {@link #fourBits}. Loads
     * from the addresses of the four bytes take the place of shifts; the last one reads 3 bytes beyond
     * the slot.
     */
    static void codebook(
            MemorySegment m, long p, float[] table, int units, int words, int perScale,
            float[] s, float[] x, int k, float[] u, int uAt) {
        FloatVector u0 = FloatVector.fromArray(F, u, uAt);
        FloatVector u1 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u2 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, uAt + 3 * L);
        IntVector codes = FloatVector.fromArray(F, table, 0).reinterpretAsInts();
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.zero(F);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                long q = p;
                do {
                    IntVector w0 = IntVector.fromMemorySegment(I, m, q, LE);
                    IntVector w1 = IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE);
                    IntVector w2 = IntVector.fromMemorySegment(I, m, q + 2 * Lanes.SLOT, LE);
                    IntVector w3 = IntVector.fromMemorySegment(I, m, q + 3 * Lanes.SLOT, LE);
                    q++;
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a0 = w0.selectFrom(codes).reinterpretAsFloats().fma(xk, a0);
                    a1 = w1.selectFrom(codes).reinterpretAsFloats().fma(xk, a1);
                    a2 = w2.selectFrom(codes).reinterpretAsFloats().fma(xk, a2);
                    a3 = w3.selectFrom(codes).reinterpretAsFloats().fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 1]);
                    a0 = w0.lanewise(LSHR, 4).selectFrom(codes).reinterpretAsFloats().fma(xk, a0);
                    a1 = w1.lanewise(LSHR, 4).selectFrom(codes).reinterpretAsFloats().fma(xk, a1);
                    a2 = w2.lanewise(LSHR, 4).selectFrom(codes).reinterpretAsFloats().fma(xk, a2);
                    a3 = w3.lanewise(LSHR, 4).selectFrom(codes).reinterpretAsFloats().fma(xk, a3);
                    k += 2;
                } while ((k & 7) != 0);
            }
            int at = (g >> perScale) * 4 * L;
            u0 = a0.fma(FloatVector.fromArray(F, s, at), u0);
            u1 = a1.fma(FloatVector.fromArray(F, s, at + L), u1);
            u2 = a2.fma(FloatVector.fromArray(F, s, at + 2 * L), u2);
            u3 = a3.fma(FloatVector.fromArray(F, s, at + 3 * L), u3);
        }
        u0.intoArray(u, uAt);
        u1.intoArray(u, uAt + L);
        u2.intoArray(u, uAt + 2 * L);
        u3.intoArray(u, uAt + 3 * L);
    }

    /** The same where the table is two vectors, between which the highest bit of a code chooses. */
    static void longCodebook(
            MemorySegment m, long p, float[] table, int units, int words, int perScale,
            float[] s, float[] x, int k, float[] u, int uAt) {
        IntVector low = FloatVector.fromArray(F, table, 0).reinterpretAsInts();
        IntVector high = FloatVector.fromArray(F, table, 16 - L).reinterpretAsInts();
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.zero(F);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                IntVector w2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE);
                IntVector w3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE);
                do {
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    IntVector c0 = w0.lanewise(LSHL, 28).lanewise(ASHR, 31);
                    c0 = w0.selectFrom(low).lanewise(BITWISE_BLEND, w0.selectFrom(high), c0);
                    a0 = c0.reinterpretAsFloats().fma(xk, a0);
                    IntVector c1 = w1.lanewise(LSHL, 28).lanewise(ASHR, 31);
                    c1 = w1.selectFrom(low).lanewise(BITWISE_BLEND, w1.selectFrom(high), c1);
                    a1 = c1.reinterpretAsFloats().fma(xk, a1);
                    IntVector c2 = w2.lanewise(LSHL, 28).lanewise(ASHR, 31);
                    c2 = w2.selectFrom(low).lanewise(BITWISE_BLEND, w2.selectFrom(high), c2);
                    a2 = c2.reinterpretAsFloats().fma(xk, a2);
                    IntVector c3 = w3.lanewise(LSHL, 28).lanewise(ASHR, 31);
                    c3 = w3.selectFrom(low).lanewise(BITWISE_BLEND, w3.selectFrom(high), c3);
                    a3 = c3.reinterpretAsFloats().fma(xk, a3);
                    w0 = w0.lanewise(LSHR, 4);
                    w1 = w1.lanewise(LSHR, 4);
                    w2 = w2.lanewise(LSHR, 4);
                    w3 = w3.lanewise(LSHR, 4);
                    k++;
                } while ((k & 7) != 0);
            }
            int at = (g >> perScale) * 4 * L;
            a0.fma(FloatVector.fromArray(F, s, at), FloatVector.fromArray(F, u, uAt)).intoArray(u, uAt);
            a1.fma(FloatVector.fromArray(F, s, at + L), FloatVector.fromArray(F, u, uAt + L)).intoArray(u, uAt + L);
            a2.fma(FloatVector.fromArray(F, s, at + 2 * L), FloatVector.fromArray(F, u, uAt + 2 * L)).intoArray(u, uAt + 2 * L);
            a3.fma(FloatVector.fromArray(F, s, at + 3 * L), FloatVector.fromArray(F, u, uAt + 3 * L)).intoArray(u, uAt + 3 * L);
        }
    }

    /** Look-up in a table of two vectors, as in {@link #longCodebook}. */
    static IntVector lookup(IntVector w, float[] table) {
        IntVector low = w.selectFrom(FloatVector.fromArray(F, table, 0).reinterpretAsInts());
        IntVector high = w.selectFrom(FloatVector.fromArray(F, table, 16 - L).reinterpretAsInts());
        return low.lanewise(BITWISE_BLEND, high, w.lanewise(LSHL, 28).lanewise(ASHR, 31));
    }
}
