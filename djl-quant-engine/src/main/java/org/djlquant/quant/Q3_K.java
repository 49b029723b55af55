package org.djlquant.quant;

/**
 * GGUF {@code Q3_K}: 3-bit codes; sixteen groups of 16 with 6-bit scales in a super block of 256.
 *
 * <pre>
 * byte  0 … 31 | 32 … 95 | 96 … 107 | 108 109
 *       hmask  | qs      | scales   | d
 *
 * code[k] = (qs[32·(k / 128) + k % 32] ≫ 2·(k / 32 % 4) &amp; 3) + 4·(hmask[k % 32] ≫ k / 32 &amp; 1)
 * sc[j]   = nibble (j / 8) of scales[j % 8] + 16·(scales[8 + j % 4] ≫ 2·(j / 4) &amp; 3) − 32
 * w[k]    = (d · sc[k / 16]) · (code[k] − 4)
 * </pre>
 *
 * Source: block_q3_K of ggml.
 */
final class Q3_K extends FixedBlock {
    Q3_K() {
        super("Q3_K", 256, 110, GroupForm.subScaled(3, 16, 4));
    }

    private static int scale(byte[] data, int offset, int j) {
        int low = Bytes.u8(data, offset + 96 + j % 8) >> j / 8 * 4 & 15;
        int high = Bytes.u8(data, offset + 104 + j % 4) >> j / 4 * 2 & 3;
        return (low | high << 4) - 32;
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset + 108);
        for (int g = 0; g < 16; g++) {
            float dl = d * scale(data, offset, g);
            int mask = offset + g % 2 * 16;
            int qs = offset + 32 + g / 8 * 32 + g % 2 * 16;
            int shift = g / 2 % 4 * 2;
            for (int l = 0; l < 16; l++) {
                int high = Bytes.u8(data, mask + l) >> g / 2 & 1;
                int code = (Bytes.u8(data, qs + l) >> shift & 3) | high << 2;
                dst[dstOffset + 16 * g + l] = dl * (code - 4);
            }
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset + 108);
        for (int g = 0; g < 16; g++) {
            into.sc[16 * block + g] = (byte) scale(data, offset, g);
        }
        int at = 256 * block;
        Q2_K.codes(data, offset + 32, into.codes, at);
        for (int g = 0; g < 8; g++) {
            Fields.add(data, offset, 32, g, 1, into.codes, at + 32 * g, 2);
        }
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset + 108, from.d[block]);
        for (int j = 0; j < 8; j++) {
            int low = from.sc[16 * block + j] + 32 & 15;
            int high = from.sc[16 * block + j + 8] + 32 & 15;
            Bytes.put8(data, offset + 96 + j, low | high << 4);
        }
        for (int j = 0; j < 4; j++) {
            int packed = 0;
            for (int s = 0; s < 4; s++) {
                packed |= (from.sc[16 * block + j + 4 * s] + 32 >> 4) << 2 * s;
            }
            Bytes.put8(data, offset + 104 + j, packed);
        }
        int at = 256 * block;
        Q2_K.putCodes(from.codes, at, data, offset + 32);
        for (int l = 0; l < 32; l++) {
            int mask = 0;
            for (int g = 0; g < 8; g++) {
                mask |= (from.codes[at + 32 * g + l] >> 2 & 1) << g;
            }
            Bytes.put8(data, offset + l, mask);
        }
    }
}
