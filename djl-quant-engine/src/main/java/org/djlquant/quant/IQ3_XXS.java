package org.djlquant.quant;

/**
 * GGUF {@code IQ3_XXS}: 256 lattice points of four magnitudes; signs in seven bits; eight groups of 32
 * with 4-bit scales.
 *
 * <pre>
 * byte  0  1 | 2 … 65     | 66 … 97: for each group of 32
 *       d    | u8 point[] | u32: bits 7·i … 7·i + 6 = signs of octet i, bits 28 … 31 = s
 *
 * w[k] = d / 4 · (2·s + 1) · ±{4, 12, 20, 28, 36, 44, 52, 62}[level]
 * </pre>
 *
 * Source: block_iq3_xxs and iq3xxs_grid of ggml.
 */
final class IQ3_XXS extends LatticeBlock {
    private static final float[] LEVELS = {4, 12, 20, 28, 36, 44, 52, 62};

    IQ3_XXS() {
        super("IQ3_XXS", 98, 32, Lattice.load("IQ3_XXS", 4), LEVELS, negated(LEVELS));
    }

    @Override
    float scale(byte[] data, int offset) {
        return Bytes.half(data, offset) * 0.25f;
    }

    @Override
    int groupScale(byte[] data, int offset, int g) {
        return 2 * (Bytes.i32(data, offset + 66 + 4 * g) >>> 28) + 1;
    }

    @Override
    int point(byte[] data, int offset, int p) {
        return Bytes.u8(data, offset + 2 + p);
    }

    @Override
    int signs(byte[] data, int offset, int octet) {
        return evenSigns(Bytes.i32(data, offset + 66 + octet / 4 * 4) >>> 7 * (octet % 4) & 127);
    }
}
