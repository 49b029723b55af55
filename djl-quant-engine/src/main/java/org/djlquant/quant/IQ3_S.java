package org.djlquant.quant;

/**
 * GGUF {@code IQ3_S}: 512 lattice points of four magnitudes; a sign bit for each value; eight groups
 * of 32 with 4-bit scales.
 *
 * <pre>
 * byte  0  1 | 2 … 65                   | 66 … 73                    | 74 … 105       | 106 … 109
 *       d    | low 8 bits of each point | bit 8 of points 8j … 8j + 7 | signs of octet | s nibbles
 *
 * w[k] = d · (2·s + 1) · ±{1, 3, 5, 7, 9, 11, 13, 15}[level]
 * </pre>
 *
 * Source: block_iq3_s and iq3s_grid of ggml.
 */
final class IQ3_S extends LatticeBlock {
    private static final float[] LEVELS = {1, 3, 5, 7, 9, 11, 13, 15};

    IQ3_S() {
        super("IQ3_S", 110, 32, Lattice.load("IQ3_S", 4), LEVELS, negated(LEVELS));
    }

    @Override
    float scale(byte[] data, int offset) {
        return Bytes.half(data, offset);
    }

    @Override
    int groupScale(byte[] data, int offset, int g) {
        return 2 * (Bytes.u8(data, offset + 106 + g / 2) >> g % 2 * 4 & 15) + 1;
    }

    @Override
    int point(byte[] data, int offset, int p) {
        return Bytes.u8(data, offset + 2 + p) | (Bytes.u8(data, offset + 66 + p / 8) >> p % 8 & 1) << 8;
    }

    @Override
    int signs(byte[] data, int offset, int octet) {
        return Bytes.u8(data, offset + 74 + octet);
    }
}
