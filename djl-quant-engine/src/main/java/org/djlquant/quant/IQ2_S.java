package org.djlquant.quant;

/**
 * GGUF {@code IQ2_S}: 1024 lattice points of eight magnitudes; a sign bit for each value; sixteen
 * groups of 16 with 4-bit scales.
 *
 * <pre>
 * byte  0  1 | 2 … 33                   | 34 … 65        | 66 … 73                        | 74 … 81
 *       d    | low 8 bits of each point | signs of octet | bits 8, 9 of points 4j … 4j + 3 | s nibbles
 *
 * w[k] = d / 8 · (2·s + 1) · ±{8, 25, 43}[level]
 * </pre>
 *
 * Source: block_iq2_s and iq2s_grid of ggml.
 */
final class IQ2_S extends LatticeBlock {
    IQ2_S() {
        super("IQ2_S", 82, 16, Lattice.load("IQ2_S", 8), IQ2_XXS.LEVELS, negated(IQ2_XXS.LEVELS));
    }

    @Override
    float scale(byte[] data, int offset) {
        return Bytes.half(data, offset) * 0.125f;
    }

    @Override
    int groupScale(byte[] data, int offset, int g) {
        return 2 * (Bytes.u8(data, offset + 74 + g / 2) >> g % 2 * 4 & 15) + 1;
    }

    @Override
    int point(byte[] data, int offset, int p) {
        return Bytes.u8(data, offset + 2 + p) | (Bytes.u8(data, offset + 66 + p / 4) >> p % 4 * 2 & 3) << 8;
    }

    @Override
    int signs(byte[] data, int offset, int octet) {
        return Bytes.u8(data, offset + 34 + octet);
    }
}
