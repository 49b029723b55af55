package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.BITWISE_BLEND;
import static jdk.incubator.vector.VectorOperators.I2F;
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
 * Dot products of one chunk of a quad with one token. The three methods differ in how a code
 * becomes a float. All add {@code scale · (Σ code·x − zeros)} of every unit to the sums {@code u}.
 *
 * <p>A code is converted where it stands in its word: masked, the word is {@code code · 2^8j}, and
 * the activation it meets has been multiplied by {@code 2^−8j}, which is exact. Shifting every code
 * to one place instead costs a third of the speed, as shifts and multiplications compete for the same
 * execution units.
 *
 * <p>The methods are flat on purpose: with helper methods C2 stops inlining after some thousand
 * nodes, and a kernel that is not one compiled piece is 5 to 50 times slower.
 */
final class CodeDot {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private CodeDot() {}

    /**
     * Codes in one plane of 2, 4 or 8 bits.
     *
     * @param m packed matrix
     * @param p byte offset of the codes
     * @param bits width of the plane
     * @param units units in the chunk
     * @param words words of a unit
     * @param perScale log2 of the units that share a scale
     * @param s scales: L values for each tile for each group
     * @param x activations from {@code k} on, scaled as said above
     * @param zeros what to take from the sums of units, from {@code zerosAt} on
     * @param u sums, L values for each tile
     */
    static void onePlane(
            MemorySegment m, long p, int bits, int units, int words, int perScale,
            float[] s, float[] x, int k, float[] zeros, int zerosAt, float[] u) {
        int mask = (1 << bits) - 1;
        int sets = 8 / bits;
        IntVector m0 = IntVector.broadcast(I, mask);
        IntVector m1 = IntVector.broadcast(I, mask << 8);
        IntVector m2 = IntVector.broadcast(I, mask << 16);
        IntVector m3 = IntVector.broadcast(I, mask << 24);
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.broadcast(F, -zeros[zerosAt + g]);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            FloatVector b0 = FloatVector.zero(F);
            FloatVector b1 = b0;
            FloatVector b2 = b0;
            FloatVector b3 = b0;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                IntVector w2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE);
                IntVector w3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE);
                for (int i = 0; i < sets; i++, k += 4) {
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a0 = ((FloatVector) w0.and(m0).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(m0).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(m0).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(m0).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 1]);
                    b0 = ((FloatVector) w0.and(m1).convert(I2F, 0)).fma(xk, b0);
                    b1 = ((FloatVector) w1.and(m1).convert(I2F, 0)).fma(xk, b1);
                    b2 = ((FloatVector) w2.and(m1).convert(I2F, 0)).fma(xk, b2);
                    b3 = ((FloatVector) w3.and(m1).convert(I2F, 0)).fma(xk, b3);
                    xk = FloatVector.broadcast(F, x[k + 2]);
                    a0 = ((FloatVector) w0.and(m2).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) w1.and(m2).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) w2.and(m2).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) w3.and(m2).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 3]);
                    b0 = ((FloatVector) w0.and(m3).convert(I2F, 0)).fma(xk, b0);
                    b1 = ((FloatVector) w1.and(m3).convert(I2F, 0)).fma(xk, b1);
                    b2 = ((FloatVector) w2.and(m3).convert(I2F, 0)).fma(xk, b2);
                    b3 = ((FloatVector) w3.and(m3).convert(I2F, 0)).fma(xk, b3);
                    w0 = w0.lanewise(LSHR, bits);
                    w1 = w1.lanewise(LSHR, bits);
                    w2 = w2.lanewise(LSHR, bits);
                    w3 = w3.lanewise(LSHR, bits);
                }
            }
            int at = (g >> perScale) * 4 * L;
            a0.add(b0).fma(FloatVector.fromArray(F, s, at), FloatVector.fromArray(F, u, 0)).intoArray(u, 0);
            a1.add(b1).fma(FloatVector.fromArray(F, s, at + L), FloatVector.fromArray(F, u, L)).intoArray(u, L);
            a2.add(b2).fma(FloatVector.fromArray(F, s, at + 2 * L), FloatVector.fromArray(F, u, 2 * L)).intoArray(u, 2 * L);
            a3.add(b3).fma(FloatVector.fromArray(F, s, at + 3 * L), FloatVector.fromArray(F, u, 3 * L)).intoArray(u, 3 * L);
        }
    }

    /**
     * Codes of 4 bits in one plane, the most common: as {@link #onePlane}, with both sets of a word
     * written out and nothing shifted.
     */
    static void fourBits(
            MemorySegment m, long p, int units, int words, int perScale,
            float[] s, float[] x, int k, float[] zeros, int zerosAt, float[] u) {
        IntVector m0 = IntVector.broadcast(I, 0xf);
        IntVector m1 = IntVector.broadcast(I, 0xf << 8);
        IntVector m2 = IntVector.broadcast(I, 0xf << 16);
        IntVector m3 = IntVector.broadcast(I, 0xf << 24);
        IntVector n0 = IntVector.broadcast(I, 0xf0);
        IntVector n1 = IntVector.broadcast(I, 0xf0 << 8);
        IntVector n2 = IntVector.broadcast(I, 0xf0 << 16);
        IntVector n3 = IntVector.broadcast(I, 0xf0 << 24);
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.broadcast(F, -zeros[zerosAt + g]);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            FloatVector b0 = FloatVector.zero(F);
            FloatVector b1 = b0;
            FloatVector b2 = b0;
            FloatVector b3 = b0;
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT, k += 8) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                IntVector w2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE);
                IntVector w3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE);
                FloatVector xk = FloatVector.broadcast(F, x[k]);
                a0 = ((FloatVector) w0.and(m0).convert(I2F, 0)).fma(xk, a0);
                a1 = ((FloatVector) w1.and(m0).convert(I2F, 0)).fma(xk, a1);
                a2 = ((FloatVector) w2.and(m0).convert(I2F, 0)).fma(xk, a2);
                a3 = ((FloatVector) w3.and(m0).convert(I2F, 0)).fma(xk, a3);
                xk = FloatVector.broadcast(F, x[k + 1]);
                b0 = ((FloatVector) w0.and(m1).convert(I2F, 0)).fma(xk, b0);
                b1 = ((FloatVector) w1.and(m1).convert(I2F, 0)).fma(xk, b1);
                b2 = ((FloatVector) w2.and(m1).convert(I2F, 0)).fma(xk, b2);
                b3 = ((FloatVector) w3.and(m1).convert(I2F, 0)).fma(xk, b3);
                xk = FloatVector.broadcast(F, x[k + 2]);
                a0 = ((FloatVector) w0.and(m2).convert(I2F, 0)).fma(xk, a0);
                a1 = ((FloatVector) w1.and(m2).convert(I2F, 0)).fma(xk, a1);
                a2 = ((FloatVector) w2.and(m2).convert(I2F, 0)).fma(xk, a2);
                a3 = ((FloatVector) w3.and(m2).convert(I2F, 0)).fma(xk, a3);
                xk = FloatVector.broadcast(F, x[k + 3]);
                b0 = ((FloatVector) w0.and(m3).convert(I2F, 0)).fma(xk, b0);
                b1 = ((FloatVector) w1.and(m3).convert(I2F, 0)).fma(xk, b1);
                b2 = ((FloatVector) w2.and(m3).convert(I2F, 0)).fma(xk, b2);
                b3 = ((FloatVector) w3.and(m3).convert(I2F, 0)).fma(xk, b3);
                xk = FloatVector.broadcast(F, x[k + 4]);
                a0 = ((FloatVector) w0.and(n0).convert(I2F, 0)).fma(xk, a0);
                a1 = ((FloatVector) w1.and(n0).convert(I2F, 0)).fma(xk, a1);
                a2 = ((FloatVector) w2.and(n0).convert(I2F, 0)).fma(xk, a2);
                a3 = ((FloatVector) w3.and(n0).convert(I2F, 0)).fma(xk, a3);
                xk = FloatVector.broadcast(F, x[k + 5]);
                b0 = ((FloatVector) w0.and(n1).convert(I2F, 0)).fma(xk, b0);
                b1 = ((FloatVector) w1.and(n1).convert(I2F, 0)).fma(xk, b1);
                b2 = ((FloatVector) w2.and(n1).convert(I2F, 0)).fma(xk, b2);
                b3 = ((FloatVector) w3.and(n1).convert(I2F, 0)).fma(xk, b3);
                xk = FloatVector.broadcast(F, x[k + 6]);
                a0 = ((FloatVector) w0.and(n2).convert(I2F, 0)).fma(xk, a0);
                a1 = ((FloatVector) w1.and(n2).convert(I2F, 0)).fma(xk, a1);
                a2 = ((FloatVector) w2.and(n2).convert(I2F, 0)).fma(xk, a2);
                a3 = ((FloatVector) w3.and(n2).convert(I2F, 0)).fma(xk, a3);
                xk = FloatVector.broadcast(F, x[k + 7]);
                b0 = ((FloatVector) w0.and(n3).convert(I2F, 0)).fma(xk, b0);
                b1 = ((FloatVector) w1.and(n3).convert(I2F, 0)).fma(xk, b1);
                b2 = ((FloatVector) w2.and(n3).convert(I2F, 0)).fma(xk, b2);
                b3 = ((FloatVector) w3.and(n3).convert(I2F, 0)).fma(xk, b3);
            }
            int at = (g >> perScale) * 4 * L;
            a0.add(b0).fma(FloatVector.fromArray(F, s, at), FloatVector.fromArray(F, u, 0)).intoArray(u, 0);
            a1.add(b1).fma(FloatVector.fromArray(F, s, at + L), FloatVector.fromArray(F, u, L)).intoArray(u, L);
            a2.add(b2).fma(FloatVector.fromArray(F, s, at + 2 * L), FloatVector.fromArray(F, u, 2 * L)).intoArray(u, 2 * L);
            a3.add(b3).fma(FloatVector.fromArray(F, s, at + 3 * L), FloatVector.fromArray(F, u, 3 * L)).intoArray(u, 3 * L);
        }
    }

    /**
     * Codes of 3, 5 or 6 bits in two planes; parameters as for {@link #onePlane}. A word of the high
     * plane serves one unit, or two of 16 columns if {@code high} is 1.
     *
     * @param p byte offset of the first word of the high plane
     */
    static void twoPlanes(
            MemorySegment m, long p, int low, int high, int unit, int units, int perScale,
            float[] s, float[] x, int k, float[] zeros, int zerosAt, float[] u) {
        int mask = (1 << low + high) - 1;
        int maskHigh = ((1 << high) - 1 << low) * 0x01010101;
        int sets = 8 / low;
        int words = unit / 4 / sets;
        int spread = 32 / high / unit - 1;
        long q = p;
        IntVector m0 = IntVector.broadcast(I, mask);
        IntVector m1 = IntVector.broadcast(I, mask << 8);
        IntVector m2 = IntVector.broadcast(I, mask << 16);
        IntVector m3 = IntVector.broadcast(I, mask << 24);
        FloatVector u0 = FloatVector.fromArray(F, u, 0);
        FloatVector u1 = FloatVector.fromArray(F, u, L);
        FloatVector u2 = FloatVector.fromArray(F, u, 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, 3 * L);
        for (int g = 0; g < units; g++) {
            FloatVector a0 = FloatVector.broadcast(F, -zeros[zerosAt + g]);
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
                for (int i = 0; i < sets; i++, k += 4) {
                    IntVector c0 = w0.lanewise(BITWISE_BLEND, h0, maskHigh);
                    IntVector c1 = w1.lanewise(BITWISE_BLEND, h1, maskHigh);
                    IntVector c2 = w2.lanewise(BITWISE_BLEND, h2, maskHigh);
                    IntVector c3 = w3.lanewise(BITWISE_BLEND, h3, maskHigh);
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a0 = ((FloatVector) c0.and(m0).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) c1.and(m0).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) c2.and(m0).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) c3.and(m0).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 1]);
                    a0 = ((FloatVector) c0.and(m1).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) c1.and(m1).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) c2.and(m1).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) c3.and(m1).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 2]);
                    a0 = ((FloatVector) c0.and(m2).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) c1.and(m2).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) c2.and(m2).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) c3.and(m2).convert(I2F, 0)).fma(xk, a3);
                    xk = FloatVector.broadcast(F, x[k + 3]);
                    a0 = ((FloatVector) c0.and(m3).convert(I2F, 0)).fma(xk, a0);
                    a1 = ((FloatVector) c1.and(m3).convert(I2F, 0)).fma(xk, a1);
                    a2 = ((FloatVector) c2.and(m3).convert(I2F, 0)).fma(xk, a2);
                    a3 = ((FloatVector) c3.and(m3).convert(I2F, 0)).fma(xk, a3);
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
        u0.intoArray(u, 0);
        u1.intoArray(u, L);
        u2.intoArray(u, 2 * L);
        u3.intoArray(u, 3 * L);
    }

    /** 4-bit codes that are looked up in a table of 16 floats; parameters as for {@link #onePlane}. */
    static void codebook(
            MemorySegment m, long p, float[] table, int units, int words, int perScale,
            float[] s, float[] x, int k, float[] u) {
        IntVector codes = FloatVector.fromArray(F, table, 0).reinterpretAsInts(); // whole if L is 16
        FloatVector u0 = FloatVector.fromArray(F, u, 0);
        FloatVector u1 = FloatVector.fromArray(F, u, L);
        FloatVector u2 = FloatVector.fromArray(F, u, 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, 3 * L);
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
                for (int j = 0; j < 8; j++, k++) {
                    FloatVector xk = FloatVector.broadcast(F, x[k]);
                    a0 = (L == 16 ? w0.selectFrom(codes) : lookup(w0, table)).reinterpretAsFloats().fma(xk, a0);
                    a1 = (L == 16 ? w1.selectFrom(codes) : lookup(w1, table)).reinterpretAsFloats().fma(xk, a1);
                    a2 = (L == 16 ? w2.selectFrom(codes) : lookup(w2, table)).reinterpretAsFloats().fma(xk, a2);
                    a3 = (L == 16 ? w3.selectFrom(codes) : lookup(w3, table)).reinterpretAsFloats().fma(xk, a3);
                    w0 = w0.lanewise(LSHR, 4);
                    w1 = w1.lanewise(LSHR, 4);
                    w2 = w2.lanewise(LSHR, 4);
                    w3 = w3.lanewise(LSHR, 4);
                }
            }
            int at = (g >> perScale) * 4 * L;
            u0 = a0.fma(FloatVector.fromArray(F, s, at), u0);
            u1 = a1.fma(FloatVector.fromArray(F, s, at + L), u1);
            u2 = a2.fma(FloatVector.fromArray(F, s, at + 2 * L), u2);
            u3 = a3.fma(FloatVector.fromArray(F, s, at + 3 * L), u3);
        }
        u0.intoArray(u, 0);
        u1.intoArray(u, L);
        u2.intoArray(u, 2 * L);
        u3.intoArray(u, 3 * L);
    }

    /** Look-up in a table that is longer than a vector. */
    static IntVector lookup(IntVector w, float[] table) {
        IntVector index = w.and(15);
        IntVector found = IntVector.zero(I);
        for (int i = 0; i < 16; i += L) {
            IntVector part = FloatVector.fromArray(F, table, i).reinterpretAsInts();
            found = found.blend(index.selectFrom(part), index.and(-L).eq(i));
        }
        return found;
    }
}
