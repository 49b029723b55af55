package org.djlquant.quant;

/**
 * GGUF {@code IQ2_XXS}: 256 lattice points of eight magnitudes; signs in seven bits; eight groups of
 * 32 with 4-bit scales.
 *
 * <pre>
 * byte  0  1 | 2 … 65: for each group of 32
 *       d    | u8 point[4], u32 word: bits 7·i … 7·i + 6 = signs of octet i, bits 28 … 31 = s
 *
 * w[k] = d / 8 · (2·s + 1) · ±{8, 25, 43}[level]
 * </pre>
 *
 * Source: block_iq2_xxs and iq2xxs_grid of ggml.
 */
final class IQ2_XXS extends LatticeBlock {
    /** The magnitudes of all {@code IQ2} schemes. */
    static final float[] LEVELS = {8, 25, 43};

    IQ2_XXS() {
        super("IQ2_XXS", 66, 32, Lattice.load("IQ2_XXS", 8), LEVELS, negated(LEVELS));
    }

    @Override
    float scale(byte[] data, int offset) {
        return Bytes.half(data, offset) * 0.125f;
    }

    @Override
    int groupScale(byte[] data, int offset, int g) {
        return 2 * (Bytes.i32(data, offset + 6 + 8 * g) >>> 28) + 1;
    }

    @Override
    int point(byte[] data, int offset, int p) {
        return Bytes.u8(data, offset + 2 + p / 4 * 8 + p % 4);
    }

    @Override
    int signs(byte[] data, int offset, int octet) {
        return evenSigns(Bytes.i32(data, offset + 6 + octet / 4 * 8) >>> 7 * (octet % 4) & 127);
    }
}
