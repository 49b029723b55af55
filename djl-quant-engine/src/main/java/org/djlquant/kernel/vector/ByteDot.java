package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.LSHR;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Dot products of one chunk of a quad with activations of 8 bits, for codes of 1 to 5 bits in halves of
 * words. The sums of a unit are made in 16 bits: twice the lanes of {@link CodeDot}, and no conversions.
 * Flat for the same reason as there.
 *
 * <p>A half of a word shifted right by j codes of b bits is {@code s(j) = code(j) + 2^b · s(j+1)}. So {@code
 * Σ code(j)·q(j) = Σ s(j) · (q(j) − 2^b·q(j−1))}: with the right factor made beforehand ({@link ByteTerms}) no
 * code needs to be masked. Products overflow 16 bits on the way, which does no harm, since the whole sum,
 * codes being counted from the one that means 0, fits them.
 */
final class ByteDot {
    /** Tokens that {@link #four} takes. */
    static final int TOKENS = 4;

    /** Distance between the sums of two tokens: products, then minima. */
    static final int STRIDE = 8 * L;

    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final VectorSpecies<Short> S = ShortVector.SPECIES_PREFERRED;

    /** Where sums in 16 bits begin, besides what is due to codes that are not counted from 0: then they have no sign. */
    static final int MIDDLE = 1 << 15;

    private static final int LOWER = 0xffff;

    /** With both halves added to it, the bits of the float 1.5 · 2^23 and their sum. */
    private static final int SUM_BITS = 0x4b400000 - 2 * MIDDLE;

    private static final float SUM_ONE = 0x1.8p23f;

    private ByteDot() {}

    /**
     * One token.
     *
     * @param m packed matrix
     * @param p byte offset of the first word of codes
     * @param bits of a code
     * @param units units in the chunk
     * @param perScale log2 of the units that share a scale
     * @param s scales: L values for each tile for each group
     * @param terms factors of the halves of words from {@code k} on, two in an int
     * @param start where the sums of a unit begin, two in an int, from {@code at} on
     * @param step steps of the activations of units from {@code at} on
     * @param u sums, L values for each tile, from {@code uAt} on
     */
    static void one(
            MemorySegment m, long p, int bits, int units, int perScale, float[] s,
            int[] terms, int k, int[] start, float[] step, int at, float[] u, int uAt) {
        int pairs = 1 << (15 + bits) / bits / 2 - 1; // its bits are the pairs of terms of a word, which come in even numbers
        ShortVector shift = ShortVector.broadcast(S, bits);
        FloatVector u0 = FloatVector.fromArray(F, u, uAt);
        FloatVector u1 = FloatVector.fromArray(F, u, uAt + L);
        FloatVector u2 = FloatVector.fromArray(F, u, uAt + 2 * L);
        FloatVector u3 = FloatVector.fromArray(F, u, uAt + 3 * L);
        for (int g = 0; g < units; g++) {
            ShortVector a0 = IntVector.broadcast(I, start[at + g]).reinterpretAsShorts();
            ShortVector a1 = a0;
            ShortVector a2 = a0;
            ShortVector a3 = a0;
            for (int b = 0; b < bits; b++, p += Lanes.QUAD_SLOT) {
                ShortVector w0 = IntVector.fromMemorySegment(I, m, p, LE).reinterpretAsShorts();
                ShortVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE).reinterpretAsShorts();
                ShortVector w2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE).reinterpretAsShorts();
                ShortVector w3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE).reinterpretAsShorts();
                int turns = pairs;
                do { // not a counted loop, see CodeDot
                    ShortVector x = IntVector.broadcast(I, terms[k]).reinterpretAsShorts();
                    a0 = a0.add(w0.mul(x));
                    a1 = a1.add(w1.mul(x));
                    a2 = a2.add(w2.mul(x));
                    a3 = a3.add(w3.mul(x));
                    // AVX-512 shifts by a vector of counts in one operation, older processors by a number
                    w0 = L == 16 ? w0.lanewise(LSHR, shift) : w0.lanewise(LSHR, bits);
                    w1 = L == 16 ? w1.lanewise(LSHR, shift) : w1.lanewise(LSHR, bits);
                    w2 = L == 16 ? w2.lanewise(LSHR, shift) : w2.lanewise(LSHR, bits);
                    w3 = L == 16 ? w3.lanewise(LSHR, shift) : w3.lanewise(LSHR, bits);
                    x = IntVector.broadcast(I, terms[k + 1]).reinterpretAsShorts();
                    a0 = a0.add(w0.mul(x));
                    a1 = a1.add(w1.mul(x));
                    a2 = a2.add(w2.mul(x));
                    a3 = a3.add(w3.mul(x));
                    w0 = L == 16 ? w0.lanewise(LSHR, shift) : w0.lanewise(LSHR, bits);
                    w1 = L == 16 ? w1.lanewise(LSHR, shift) : w1.lanewise(LSHR, bits);
                    w2 = L == 16 ? w2.lanewise(LSHR, shift) : w2.lanewise(LSHR, bits);
                    w3 = L == 16 ? w3.lanewise(LSHR, shift) : w3.lanewise(LSHR, bits);
                    k += 2;
                    turns >>>= 1;
                } while (turns != 0);
            }
            FloatVector f = FloatVector.broadcast(F, step[at + g]);
            int scale = (g >> perScale) * 4 * L;
            IntVector i0 = a0.reinterpretAsInts();
            IntVector i1 = a1.reinterpretAsInts();
            IntVector i2 = a2.reinterpretAsInts();
            IntVector i3 = a3.reinterpretAsInts();
            u0 = i0.and(LOWER).or(SUM_BITS).add(i0.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(FloatVector.fromArray(F, s, scale), u0);
            u1 = i1.and(LOWER).or(SUM_BITS).add(i1.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(FloatVector.fromArray(F, s, scale + L), u1);
            u2 = i2.and(LOWER).or(SUM_BITS).add(i2.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(FloatVector.fromArray(F, s, scale + 2 * L), u2);
            u3 = i3.and(LOWER).or(SUM_BITS).add(i3.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(FloatVector.fromArray(F, s, scale + 3 * L), u3);
        }
        u0.intoArray(u, uAt);
        u1.intoArray(u, uAt + L);
        u2.intoArray(u, uAt + 2 * L);
        u3.intoArray(u, uAt + 3 * L);
    }

    /**
     * Four tokens; parameters as for {@link #one}.
     *
     * @param termsStride from the terms of a token to those of the next
     * @param stride from the starts and steps of a token to those of the next
     * @param u sums of the tokens, {@link #STRIDE} from one to the next
     */
    static void four(
            MemorySegment m, long p, int bits, int units, int perScale, float[] s,
            int[] terms, int k, int termsStride, int[] start, float[] step, int at, int stride, float[] u, int uAt) {
        int fields = 1 << (15 + bits) / bits - 1; // one bit for each term of a word
        ShortVector shift = ShortVector.broadcast(S, bits);
        for (int g = 0; g < units; g++, at++) {
            ShortVector a00 = IntVector.broadcast(I, start[at]).reinterpretAsShorts();
            ShortVector a01 = a00;
            ShortVector a02 = a00;
            ShortVector a03 = a00;
            ShortVector a10 = IntVector.broadcast(I, start[at + stride]).reinterpretAsShorts();
            ShortVector a11 = a10;
            ShortVector a12 = a10;
            ShortVector a13 = a10;
            ShortVector a20 = IntVector.broadcast(I, start[at + 2 * stride]).reinterpretAsShorts();
            ShortVector a21 = a20;
            ShortVector a22 = a20;
            ShortVector a23 = a20;
            ShortVector a30 = IntVector.broadcast(I, start[at + 3 * stride]).reinterpretAsShorts();
            ShortVector a31 = a30;
            ShortVector a32 = a30;
            ShortVector a33 = a30;
            for (int b = 0; b < bits; b++, p += Lanes.QUAD_SLOT) {
                ShortVector w0 = IntVector.fromMemorySegment(I, m, p, LE).reinterpretAsShorts();
                ShortVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE).reinterpretAsShorts();
                ShortVector w2 = IntVector.fromMemorySegment(I, m, p + 2 * Lanes.SLOT, LE).reinterpretAsShorts();
                ShortVector w3 = IntVector.fromMemorySegment(I, m, p + 3 * Lanes.SLOT, LE).reinterpretAsShorts();
                int turns = fields;
                do { // not a counted loop: unrolled, sixteen sums would run out of registers
                    ShortVector x = IntVector.broadcast(I, terms[k]).reinterpretAsShorts();
                    a00 = a00.add(w0.mul(x));
                    a01 = a01.add(w1.mul(x));
                    a02 = a02.add(w2.mul(x));
                    a03 = a03.add(w3.mul(x));
                    x = IntVector.broadcast(I, terms[k + termsStride]).reinterpretAsShorts();
                    a10 = a10.add(w0.mul(x));
                    a11 = a11.add(w1.mul(x));
                    a12 = a12.add(w2.mul(x));
                    a13 = a13.add(w3.mul(x));
                    x = IntVector.broadcast(I, terms[k + 2 * termsStride]).reinterpretAsShorts();
                    a20 = a20.add(w0.mul(x));
                    a21 = a21.add(w1.mul(x));
                    a22 = a22.add(w2.mul(x));
                    a23 = a23.add(w3.mul(x));
                    x = IntVector.broadcast(I, terms[k + 3 * termsStride]).reinterpretAsShorts();
                    a30 = a30.add(w0.mul(x));
                    a31 = a31.add(w1.mul(x));
                    a32 = a32.add(w2.mul(x));
                    a33 = a33.add(w3.mul(x));
                    w0 = L == 16 ? w0.lanewise(LSHR, shift) : w0.lanewise(LSHR, bits);
                    w1 = L == 16 ? w1.lanewise(LSHR, shift) : w1.lanewise(LSHR, bits);
                    w2 = L == 16 ? w2.lanewise(LSHR, shift) : w2.lanewise(LSHR, bits);
                    w3 = L == 16 ? w3.lanewise(LSHR, shift) : w3.lanewise(LSHR, bits);
                    k++;
                    turns >>>= 1;
                } while (turns != 0);
            }
            int scale = (g >> perScale) * 4 * L;
            FloatVector s0 = FloatVector.fromArray(F, s, scale);
            FloatVector s1 = FloatVector.fromArray(F, s, scale + L);
            FloatVector s2 = FloatVector.fromArray(F, s, scale + 2 * L);
            FloatVector s3 = FloatVector.fromArray(F, s, scale + 3 * L);
            FloatVector f = FloatVector.broadcast(F, step[at]);
            int v = uAt;
            IntVector i = a00.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s0, FloatVector.fromArray(F, u, v))
                    .intoArray(u, v);
            i = a01.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s1, FloatVector.fromArray(F, u, v + L))
                    .intoArray(u, v + L);
            i = a02.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s2, FloatVector.fromArray(F, u, v + 2 * L))
                    .intoArray(u, v + 2 * L);
            i = a03.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s3, FloatVector.fromArray(F, u, v + 3 * L))
                    .intoArray(u, v + 3 * L);
            f = FloatVector.broadcast(F, step[at + stride]);
            v = uAt + STRIDE;
            i = a10.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s0, FloatVector.fromArray(F, u, v))
                    .intoArray(u, v);
            i = a11.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s1, FloatVector.fromArray(F, u, v + L))
                    .intoArray(u, v + L);
            i = a12.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s2, FloatVector.fromArray(F, u, v + 2 * L))
                    .intoArray(u, v + 2 * L);
            i = a13.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s3, FloatVector.fromArray(F, u, v + 3 * L))
                    .intoArray(u, v + 3 * L);
            f = FloatVector.broadcast(F, step[at + 2 * stride]);
            v = uAt + 2 * STRIDE;
            i = a20.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s0, FloatVector.fromArray(F, u, v))
                    .intoArray(u, v);
            i = a21.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s1, FloatVector.fromArray(F, u, v + L))
                    .intoArray(u, v + L);
            i = a22.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s2, FloatVector.fromArray(F, u, v + 2 * L))
                    .intoArray(u, v + 2 * L);
            i = a23.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s3, FloatVector.fromArray(F, u, v + 3 * L))
                    .intoArray(u, v + 3 * L);
            f = FloatVector.broadcast(F, step[at + 3 * stride]);
            v = uAt + 3 * STRIDE;
            i = a30.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s0, FloatVector.fromArray(F, u, v))
                    .intoArray(u, v);
            i = a31.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s1, FloatVector.fromArray(F, u, v + L))
                    .intoArray(u, v + L);
            i = a32.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s2, FloatVector.fromArray(F, u, v + 2 * L))
                    .intoArray(u, v + 2 * L);
            i = a33.reinterpretAsInts();
            i.and(LOWER).or(SUM_BITS).add(i.lanewise(LSHR, 16)).reinterpretAsFloats().sub(SUM_ONE)
                    .mul(f).fma(s3, FloatVector.fromArray(F, u, v + 3 * L))
                    .intoArray(u, v + 3 * L);
        }
    }
}
