package org.djlquant.quant;

/**
 * GGUF {@code IQ1_S}: 2048 lattice points of eight ternary values, shifted by ±1/8; eight groups of 32
 * with 3-bit scales.
 *
 * <pre>
 * byte  0  1 | 2 … 33                   | 34 … 49: u16 for each group of 32
 *       d    | low 8 bits of each point | bits 3·i … 3·i + 2 = bits 8 … 10 of point i,
 *                                         bits 12 … 14 = s, bit 15 = shift is negative
 *
 * w[k] = d · (2·s + 1) · ({−1, 0, 1}[level] ± 1/8)
 * </pre>
 *
 * Source: block_iq1_s and iq1s_grid of ggml.
 */
final class IQ1_S extends LatticeBlock {
    /** The points, shared with {@code IQ1_M}. */
    static final Lattice LATTICE = Lattice.load("IQ1_S", 8);

    /** Levels shifted up. */
    static final float[] UP = {-0.875f, 0.125f, 1.125f};

    /** Levels shifted down. */
    static final float[] DOWN = {-1.125f, -0.125f, 0.875f};

    IQ1_S() {
        super("IQ1_S", 50, 32, LATTICE, UP, DOWN);
    }

    @Override
    float scale(byte[] data, int offset) {
        return Bytes.half(data, offset);
    }

    @Override
    int groupScale(byte[] data, int offset, int g) {
        return 2 * (Bytes.u16(data, offset + 34 + 2 * g) >> 12 & 7) + 1;
    }

    @Override
    int point(byte[] data, int offset, int p) {
        int high = Bytes.u16(data, offset + 34 + p / 4 * 2) >> p % 4 * 3 & 7;
        return Bytes.u8(data, offset + 2 + p) | high << 8;
    }

    /** All eight values of an octet are shifted the same way. */
    @Override
    int signs(byte[] data, int offset, int octet) {
        return Bytes.u16(data, offset + 34 + octet / 4 * 2) >> 15 == 0 ? 0 : 0xff;
    }
}
