package org.djlquant.quant;

/**
 * GGUF {@code IQ2_XS}: 512 lattice points of eight magnitudes; signs in seven bits; sixteen groups of
 * 16 with 4-bit scales.
 *
 * <pre>
 * byte  0  1 | 2 … 65                                         | 66 … 73
 *       d    | u16 for each octet: bits 0 … 8 point, 9 … 15 signs | s: low nibble group 2j, high 2j + 1
 *
 * w[k] = d / 8 · (2·s + 1) · ±{8, 25, 43}[level]
 * </pre>
 *
 * Source: block_iq2_xs and iq2xs_grid of ggml.
 */
final class IQ2_XS extends LatticeBlock {
    IQ2_XS() {
        super("IQ2_XS", 74, 16, Lattice.load("IQ2_XS", 8), IQ2_XXS.LEVELS, negated(IQ2_XXS.LEVELS));
    }

    @Override
    float scale(byte[] data, int offset) {
        return Bytes.half(data, offset) * 0.125f;
    }

    @Override
    int groupScale(byte[] data, int offset, int g) {
        return 2 * (Bytes.u8(data, offset + 66 + g / 2) >> g % 2 * 4 & 15) + 1;
    }

    @Override
    int point(byte[] data, int offset, int p) {
        return Bytes.u16(data, offset + 2 + 2 * p) & 511;
    }

    @Override
    int signs(byte[] data, int offset, int octet) {
        return evenSigns(Bytes.u16(data, offset + 2 + 2 * octet) >> 9);
    }
}
