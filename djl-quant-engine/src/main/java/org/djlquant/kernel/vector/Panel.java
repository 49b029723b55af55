package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.BITWISE_BLEND;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ROR;
import static jdk.incubator.vector.VectorOperators.XOR;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Decodes one chunk of two neighbouring tiles of a quad to a float panel: 2L weights for each
 * column. The counterpart of {@link CodeDot} for many tokens, with the powers of 2 in the scales;
 * flat for the same reason.
 */
final class Panel {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private Panel() {}

    /**
     * Codes in one plane; parameters as for {@link CodeDot#onePlane}.
     *
     * @param flip what inverts the top bit of a word, or 0
     * @param sAt where the scales of the first tile begin
     * @param zero the code that means 0
     * @param o minima, in the order of the scales, or {@code null}
     * @param panel receives 2L weights for each column
     */
    static void onePlane(
            MemorySegment m, long p, int bits, int flip, int units, int words, int perScale, float[] s, int sAt,
            float zero, float[] o, float[] panel) {
        int mask = (1 << bits) - 1;
        int sets = 8 / bits;
        IntVector m0 = IntVector.broadcast(I, mask);
        IntVector m1 = IntVector.broadcast(I, mask << 8);
        IntVector m2 = IntVector.broadcast(I, mask << 16);
        int at = 0;
        for (int g = 0; g < units; g++) {
            int scale = sAt + (g >> perScale) * 4 * L;
            FloatVector s00 = FloatVector.fromArray(F, s, scale);
            FloatVector s01 = s00.mul(0x1p-8f);
            FloatVector s02 = s01.mul(0x1p-8f);
            FloatVector o0 = s00.mul(-zero);
            FloatVector s10 = FloatVector.fromArray(F, s, scale + L);
            FloatVector s11 = s10.mul(0x1p-8f);
            FloatVector s12 = s11.mul(0x1p-8f);
            FloatVector o1 = s10.mul(-zero);
            if (o != null) {
                o0 = o0.sub(FloatVector.fromArray(F, o, scale));
                o1 = o1.sub(FloatVector.fromArray(F, o, scale + L));
            }
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE).lanewise(XOR, flip);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE).lanewise(XOR, flip);
                for (int i = 0; i < sets; i++, at += 8 * L) {
                    ((FloatVector) w0.and(m0).convert(I2F, 0)).fma(s00, o0).intoArray(panel, at);
                    ((FloatVector) w1.and(m0).convert(I2F, 0)).fma(s10, o1).intoArray(panel, at + L);
                    ((FloatVector) w0.and(m1).convert(I2F, 0)).fma(s01, o0).intoArray(panel, at + 2 * L);
                    ((FloatVector) w1.and(m1).convert(I2F, 0)).fma(s11, o1).intoArray(panel, at + 3 * L);
                    ((FloatVector) w0.and(m2).convert(I2F, 0)).fma(s02, o0).intoArray(panel, at + 4 * L);
                    ((FloatVector) w1.and(m2).convert(I2F, 0)).fma(s12, o1).intoArray(panel, at + 5 * L);
                    ((FloatVector) w0.lanewise(LSHR, 24).and(m0).convert(I2F, 0)).fma(s00, o0).intoArray(panel, at + 6 * L);
                    ((FloatVector) w1.lanewise(LSHR, 24).and(m0).convert(I2F, 0)).fma(s10, o1).intoArray(panel, at + 7 * L);
                    w0 = w0.lanewise(LSHR, bits);
                    w1 = w1.lanewise(LSHR, bits);
                }
            }
        }
    }

    /** Codes in two planes; parameters as for {@link CodeDot#twoPlanes} and {@link #onePlane}. */
    static void twoPlanes(
            MemorySegment m, long p, int low, int high, int unit, int units, int perScale, float[] s, int sAt,
            float zero, float[] o, float[] panel) {
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
        int at = 0;
        for (int g = 0; g < units; g++) {
            int scale = sAt + (g >> perScale) * 4 * L;
            FloatVector s00 = FloatVector.fromArray(F, s, scale);
            FloatVector s01 = s00.mul(0x1p-8f);
            FloatVector s02 = s01.mul(0x1p-8f);
            FloatVector s03 = s02.mul(0x1p-8f);
            FloatVector o0 = s00.mul(-zero);
            FloatVector s10 = FloatVector.fromArray(F, s, scale + L);
            FloatVector s11 = s10.mul(0x1p-8f);
            FloatVector s12 = s11.mul(0x1p-8f);
            FloatVector s13 = s12.mul(0x1p-8f);
            FloatVector o1 = s10.mul(-zero);
            if (o != null) {
                o0 = o0.sub(FloatVector.fromArray(F, o, scale));
                o1 = o1.sub(FloatVector.fromArray(F, o, scale + L));
            }
            if ((g & spread) == 0) {
                q = p;
                p += Lanes.QUAD_SLOT;
            }
            int turn = (g & spread) * 4;
            IntVector h0 = IntVector.fromMemorySegment(I, m, q, LE).lanewise(ROR, turn);
            IntVector h1 = IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE).lanewise(ROR, turn);
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                for (int i = 0; i < sets; i++, at += 8 * L) {
                    IntVector c0 = w0.lanewise(BITWISE_BLEND, h0, maskHigh);
                    IntVector c1 = w1.lanewise(BITWISE_BLEND, h1, maskHigh);
                    ((FloatVector) c0.and(m0).convert(I2F, 0)).fma(s00, o0).intoArray(panel, at);
                    ((FloatVector) c1.and(m0).convert(I2F, 0)).fma(s10, o1).intoArray(panel, at + L);
                    ((FloatVector) c0.and(m1).convert(I2F, 0)).fma(s01, o0).intoArray(panel, at + 2 * L);
                    ((FloatVector) c1.and(m1).convert(I2F, 0)).fma(s11, o1).intoArray(panel, at + 3 * L);
                    ((FloatVector) c0.and(m2).convert(I2F, 0)).fma(s02, o0).intoArray(panel, at + 4 * L);
                    ((FloatVector) c1.and(m2).convert(I2F, 0)).fma(s12, o1).intoArray(panel, at + 5 * L);
                    ((FloatVector) c0.and(m3).convert(I2F, 0)).fma(s03, o0).intoArray(panel, at + 6 * L);
                    ((FloatVector) c1.and(m3).convert(I2F, 0)).fma(s13, o1).intoArray(panel, at + 7 * L);
                    w0 = w0.lanewise(LSHR, low);
                    w1 = w1.lanewise(LSHR, low);
                    h0 = h0.lanewise(ROR, high);
                    h1 = h1.lanewise(ROR, high);
                }
            }
        }
    }

    /** Codes that are looked up; parameters as for {@link CodeDot#codebook} and {@link #onePlane}. */
    static void codebook(
            MemorySegment m, long p, float[] table, int units, int words, int perScale, float[] s, int sAt,
            float[] o, float[] panel) {
        IntVector codes = FloatVector.fromArray(F, table, 0).reinterpretAsInts(); // whole if L is 16
        int at = 0;
        for (int g = 0; g < units; g++) {
            int scale = sAt + (g >> perScale) * 4 * L;
            FloatVector s0 = FloatVector.fromArray(F, s, scale);
            FloatVector s1 = FloatVector.fromArray(F, s, scale + L);
            FloatVector o0 = FloatVector.zero(F);
            FloatVector o1 = o0;
            if (o != null) {
                o0 = FloatVector.fromArray(F, o, scale).neg();
                o1 = FloatVector.fromArray(F, o, scale + L).neg();
            }
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                for (int j = 0; j < 8; j++, at += 2 * L) {
                    (L == 16 ? w0.selectFrom(codes) : CodeDot.lookup(w0, table))
                            .reinterpretAsFloats().fma(s0, o0).intoArray(panel, at);
                    (L == 16 ? w1.selectFrom(codes) : CodeDot.lookup(w1, table))
                            .reinterpretAsFloats().fma(s1, o1).intoArray(panel, at + L);
                    w0 = w0.lanewise(LSHR, 4);
                    w1 = w1.lanewise(LSHR, 4);
                }
            }
        }
    }
}
