package org.djlquant.quant;

/**
 * GGUF {@code Q4_K}: 4-bit codes; eight groups of 32 with 6-bit scales and minima in a super block of
 * 256.
 *
 * <pre>
 * byte  0  1 | 2  3 | 4 … 15                | 16 … 143
 *       d    | dmin | scales (see KScales)  | qs
 *
 * code[k] = nibble (k / 32 % 2) of qs[32·(k / 64) + k % 32]
 * w[k]    = (d · sc[k / 32]) · code[k] − dmin · m[k / 32]
 * </pre>
 *
 * Source: block_q4_K of ggml.
 */
final class Q4_K extends FixedBlock {
    Q4_K() {
        super("Q4_K", 256, 144, GroupForm.subScaledMin(4, 32));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        float dmin = Bytes.half(data, offset + 2);
        for (int g = 0; g < 8; g++) {
            float dl = d * KScales.scale(data, offset + 4, g);
            float ml = dmin * KScales.min(data, offset + 4, g);
            int qs = offset + 16 + g / 2 * 32;
            int shift = g % 2 * 4;
            for (int l = 0; l < 32; l++) {
                dst[dstOffset + 32 * g + l] = dl * (Bytes.u8(data, qs + l) >> shift & 15) - ml;
            }
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        into.dmin[block] = Bytes.half(data, offset + 2);
        KScales.unpack(data, offset + 4, block, into);
        for (int c = 0; c < 4; c++) {
            Nibbles.unpack(data, offset + 16 + 32 * c, 32, into.codes, 256 * block + 64 * c);
        }
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        Bytes.putHalf(data, offset + 2, from.dmin[block]);
        KScales.pack(from, block, data, offset + 4);
        for (int c = 0; c < 4; c++) {
            Nibbles.pack(from.codes, 256 * block + 64 * c, 32, data, offset + 16 + 32 * c);
        }
    }
}
