package org.djlquant.quant;

/**
 * GGUF {@code Q6_K}: 6-bit codes; sixteen groups of 16 with 8-bit scales in a super block of 256.
 *
 * <pre>
 * byte  0 … 127 | 128 … 191 | 192 … 207    | 208 209
 *       ql      | qh        | int8 sc[16]  | d
 *
 * r = k % 128
 * code[k] = nibble (r / 64) of ql[64·(k / 128) + r % 64]
 *         + 16·(qh[32·(k / 128) + r % 32] ≫ 2·(r / 32) &amp; 3)
 * w[k]    = (d · sc[k / 16]) · (code[k] − 32)
 * </pre>
 *
 * Source: block_q6_K of ggml.
 */
final class Q6_K extends FixedBlock {
    Q6_K() {
        super("Q6_K", 256, 210, GroupForm.subScaled(6, 16, 32));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset + 208);
        for (int g = 0; g < 16; g++) {
            float dl = d * Bytes.s8(data, offset + 192 + g);
            int ql = offset + g / 8 * 64 + g % 4 * 16;
            int qh = offset + 128 + g / 8 * 32 + g % 2 * 16;
            int shiftLow = g / 4 % 2 * 4;
            int shiftHigh = g / 2 % 4 * 2;
            for (int l = 0; l < 16; l++) {
                int low = Bytes.u8(data, ql + l) >> shiftLow & 15;
                int high = Bytes.u8(data, qh + l) >> shiftHigh & 3;
                dst[dstOffset + 16 * g + l] = dl * ((low | high << 4) - 32);
            }
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset + 208);
        System.arraycopy(data, offset + 192, into.sc, 16 * block, 16);
        for (int half = 0; half < 2; half++) {
            int at = 256 * block + 128 * half;
            Nibbles.unpack(data, offset + 64 * half, 64, into.codes, at);
            for (int s = 0; s < 4; s++) {
                Fields.add(data, offset + 128 + 32 * half, 32, 2 * s, 2, into.codes, at + 32 * s, 4);
            }
        }
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset + 208, from.d[block]);
        System.arraycopy(from.sc, 16 * block, data, offset + 192, 16);
        for (int half = 0; half < 2; half++) {
            int at = 256 * block + 128 * half;
            Nibbles.pack(from.codes, at, 64, data, offset + 64 * half);
            for (int l = 0; l < 32; l++) {
                int high = 0;
                for (int s = 0; s < 4; s++) {
                    high |= (from.codes[at + 32 * s + l] >> 4 & 3) << 2 * s;
                }
                Bytes.put8(data, offset + 128 + 32 * half + l, high);
            }
        }
    }
}
