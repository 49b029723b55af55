package org.djlquant.quant;

/**
 * GGUF {@code Q5_K}: 5-bit codes; eight groups of 32 with 6-bit scales and minima in a super block of
 * 256.
 *
 * <pre>
 * byte  0  1 | 2  3 | 4 … 15                | 16 … 47 | 48 … 175
 *       d    | dmin | scales (see KScales)  | qh      | qs
 *
 * code[k] = nibble (k / 32 % 2) of qs[32·(k / 64) + k % 32] + 16·(qh[k % 32] ≫ k / 32 &amp; 1)
 * w[k]    = (d · sc[k / 32]) · code[k] − dmin · m[k / 32]
 * </pre>
 *
 * Source: block_q5_K of ggml.
 */
final class Q5_K extends FixedBlock {
    Q5_K() {
        super("Q5_K", 256, 176, GroupForm.subScaledMin(5, 32));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        float dmin = Bytes.half(data, offset + 2);
        for (int g = 0; g < 8; g++) {
            float dl = d * KScales.scale(data, offset + 4, g);
            float ml = dmin * KScales.min(data, offset + 4, g);
            int qs = offset + 48 + g / 2 * 32;
            int shift = g % 2 * 4;
            for (int l = 0; l < 32; l++) {
                int high = Bytes.u8(data, offset + 16 + l) >> g & 1;
                int code = (Bytes.u8(data, qs + l) >> shift & 15) | high << 4;
                dst[dstOffset + 32 * g + l] = dl * code - ml;
            }
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        into.dmin[block] = Bytes.half(data, offset + 2);
        KScales.unpack(data, offset + 4, block, into);
        int at = 256 * block;
        for (int c = 0; c < 4; c++) {
            Nibbles.unpack(data, offset + 48 + 32 * c, 32, into.codes, at + 64 * c);
        }
        for (int g = 0; g < 8; g++) {
            Fields.add(data, offset + 16, 32, g, 1, into.codes, at + 32 * g, 4);
        }
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        Bytes.putHalf(data, offset + 2, from.dmin[block]);
        KScales.pack(from, block, data, offset + 4);
        int at = 256 * block;
        for (int c = 0; c < 4; c++) {
            Nibbles.pack(from.codes, at + 64 * c, 32, data, offset + 48 + 32 * c);
        }
        for (int l = 0; l < 32; l++) {
            int high = 0;
            for (int g = 0; g < 8; g++) {
                high |= (from.codes[at + 32 * g + l] >> 4 & 1) << g;
            }
            Bytes.put8(data, offset + 16 + l, high);
        }
    }
}
