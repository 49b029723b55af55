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
 * Decodes one chunk of two neighbouring tiles of a quad to a float panel: 2L weights for each
 * column. The counterpart of {@link CodeDot} for many tokens; flat for the same reason.
 */
final class Panel {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private Panel() {}

    /** Codes in one plane; parameters as for {@link CodeDot#fourBits}, {@code sAt} points to the scales of the first tile. */
    static void onePlane(
            MemorySegment m, long p, int bits, int units, int words, int perScale, float[] s, int sAt,
            float zero, float[] o, float[] panel) {
        int mask = (1 << bits) - 1;
        int fields = 32 / bits;
        int at = 0;
        for (int g = 0; g < units; g++) {
            int scale = sAt + (g >> perScale) * 4 * L;
            FloatVector s0 = FloatVector.fromArray(F, s, scale);
            FloatVector s1 = FloatVector.fromArray(F, s, scale + L);
            FloatVector o0 = s0.mul(-zero);
            FloatVector o1 = s1.mul(-zero);
            if (o != null) {
                o0 = o0.sub(FloatVector.fromArray(F, o, scale));
                o1 = o1.sub(FloatVector.fromArray(F, o, scale + L));
            }
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                for (int j = 0; j < fields; j++, at += 2 * L) {
                    ((FloatVector) w0.and(mask).convert(I2F, 0)).fma(s0, o0).intoArray(panel, at);
                    ((FloatVector) w1.and(mask).convert(I2F, 0)).fma(s1, o1).intoArray(panel, at + L);
                    w0 = w0.lanewise(LSHR, bits);
                    w1 = w1.lanewise(LSHR, bits);
                }
            }
        }
    }

    /** Codes of 3 bits in units of 32 columns; parameters as for {@link CodeDot#threeBits}. */
    static void threeBits(
            MemorySegment m, long p, int units, int perScale, float[] s, int sAt,
            float zero, float[] o, float[] panel) {
        int mask = 7;
        int at = 0;
        for (int g = 0; g < units; g++) {
            int scale = sAt + (g >> perScale) * 4 * L;
            FloatVector s0 = FloatVector.fromArray(F, s, scale);
            FloatVector s1 = FloatVector.fromArray(F, s, scale + L);
            FloatVector o0 = s0.mul(-zero);
            FloatVector o1 = s1.mul(-zero);
            if (o != null) {
                o0 = o0.sub(FloatVector.fromArray(F, o, scale));
                o1 = o1.sub(FloatVector.fromArray(F, o, scale + L));
            }
            IntVector r0 = IntVector.zero(I);
            IntVector r1 = r0;
            for (int b = 0; b < 4; b++) {
                IntVector w0;
                IntVector w1;
                if (b < 3) {
                    w0 = IntVector.fromMemorySegment(I, m, p, LE);
                    w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                    r0 = r0.lanewise(ROR, 30).lanewise(BITWISE_BLEND, w0, TileLayout.REST_BITS);
                    r1 = r1.lanewise(ROR, 30).lanewise(BITWISE_BLEND, w1, TileLayout.REST_BITS);
                    p += Lanes.QUAD_SLOT;
                } else {
                    w0 = r0.lanewise(ROR, 6);
                    w1 = r1.lanewise(ROR, 6);
                }
                for (int j = 0; j < 4; j++, at += 4 * L) {
                    ((FloatVector) w0.and(mask).convert(I2F, 0)).fma(s0, o0).intoArray(panel, at);
                    ((FloatVector) w1.and(mask).convert(I2F, 0)).fma(s1, o1).intoArray(panel, at + L);
                    w0 = w0.lanewise(LSHR, 3);
                    w1 = w1.lanewise(LSHR, 3);
                    ((FloatVector) w0.and(mask).convert(I2F, 0)).fma(s0, o0).intoArray(panel, at + 2 * L);
                    ((FloatVector) w1.and(mask).convert(I2F, 0)).fma(s1, o1).intoArray(panel, at + 3 * L);
                    w0 = w0.lanewise(LSHR, 5);
                    w1 = w1.lanewise(LSHR, 5);
                }
            }
        }
    }

    /** Codes in two planes; parameters as for {@link CodeDot#twoPlanes}. */
    static void twoPlanes(
            MemorySegment m, long p, int low, int high, int unit, int units, int perScale,
            float[] s, int sAt, float zero, float[] o, float[] panel) {
        int mask = (1 << low + high) - 1;
        int maskHigh = ((1 << high) - 1 << low) * 0x01010101;
        int lastSet = 8 / low - 1;
        int spread = 32 / high / unit - 1;
        long q = p;
        int at = 0;
        for (int g = 0; g < units; g++) {
            int scale = sAt + (g >> perScale) * 4 * L;
            FloatVector s0 = FloatVector.fromArray(F, s, scale);
            FloatVector s1 = FloatVector.fromArray(F, s, scale + L);
            FloatVector o0 = s0.mul(-zero);
            FloatVector o1 = s1.mul(-zero);
            if (o != null) {
                o0 = o0.sub(FloatVector.fromArray(F, o, scale));
                o1 = o1.sub(FloatVector.fromArray(F, o, scale + L));
            }
            FloatVector s2 = s0.mul(0x1p-8f);
            FloatVector s3 = s1.mul(0x1p-8f);
            FloatVector s4 = s0.mul(0x1p-16f);
            FloatVector s5 = s1.mul(0x1p-16f);
            FloatVector s6 = s0.mul(0x1p-24f);
            FloatVector s7 = s1.mul(0x1p-24f);
            if ((g & spread) == 0) {
                q = p;
                p += Lanes.QUAD_SLOT;
            }
            int turn = (g & spread) * 4;
            int set = 0;
            do { // four codes, one in each byte
                IntVector turnLow = IntVector.broadcast(I, (set & lastSet) * low);
                IntVector turnHigh = IntVector.broadcast(I, turn + set * high);
                IntVector c0 = IntVector.fromMemorySegment(I, m, p, LE).lanewise(LSHR, turnLow).lanewise(
                        BITWISE_BLEND, IntVector.fromMemorySegment(I, m, q, LE).lanewise(ROR, turnHigh), maskHigh);
                IntVector c1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE).lanewise(LSHR, turnLow).lanewise(
                        BITWISE_BLEND, IntVector.fromMemorySegment(I, m, q + Lanes.SLOT, LE).lanewise(ROR, turnHigh), maskHigh);
                ((FloatVector) c0.and(mask).convert(I2F, 0)).fma(s0, o0).intoArray(panel, at);
                ((FloatVector) c1.and(mask).convert(I2F, 0)).fma(s1, o1).intoArray(panel, at + L);
                ((FloatVector) c0.and(mask << 8).convert(I2F, 0)).fma(s2, o0).intoArray(panel, at + 2 * L);
                ((FloatVector) c1.and(mask << 8).convert(I2F, 0)).fma(s3, o1).intoArray(panel, at + 3 * L);
                ((FloatVector) c0.and(mask << 16).convert(I2F, 0)).fma(s4, o0).intoArray(panel, at + 4 * L);
                ((FloatVector) c1.and(mask << 16).convert(I2F, 0)).fma(s5, o1).intoArray(panel, at + 5 * L);
                ((FloatVector) c0.and(mask << 24).convert(I2F, 0)).fma(s6, o0).intoArray(panel, at + 6 * L);
                ((FloatVector) c1.and(mask << 24).convert(I2F, 0)).fma(s7, o1).intoArray(panel, at + 7 * L);
                at += 8 * L;
                set++;
                if ((set & lastSet) == 0) {
                    p += Lanes.QUAD_SLOT;
                }
            } while (set < unit / 4);
        }
    }

    /** Codes that are looked up; parameters as for {@link CodeDot#codebook}. */
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
            FloatVector o1 = FloatVector.zero(F);
            if (o != null) {
                o0 = o0.sub(FloatVector.fromArray(F, o, scale));
                o1 = o1.sub(FloatVector.fromArray(F, o, scale + L));
            }
            for (int b = 0; b < words; b++, p += Lanes.QUAD_SLOT) {
                IntVector w0 = IntVector.fromMemorySegment(I, m, p, LE);
                IntVector w1 = IntVector.fromMemorySegment(I, m, p + Lanes.SLOT, LE);
                for (int j = 0; j < 8; j++, at += 2 * L) {
                    (L == 16 ? w0.selectFrom(codes) : CodeDot.lookup(w0, table)).reinterpretAsFloats().fma(s0, o0).intoArray(panel, at);
                    (L == 16 ? w1.selectFrom(codes) : CodeDot.lookup(w1, table)).reinterpretAsFloats().fma(s1, o1).intoArray(panel, at + L);
                    w0 = w0.lanewise(LSHR, 4);
                    w1 = w1.lanewise(LSHR, 4);
                }
            }
        }
    }
}
