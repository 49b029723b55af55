package org.djlquant.quant;

/**
 * GGUF {@code IQ4_XS}: the codebook of {@code IQ4_NL} with eight groups of 32 and 6-bit scales in a
 * super block of 256.
 *
 * <pre>
 * byte  0  1 | 2  3            | 4 … 7           | 8 … 135
 *       d    | scales_h (u16)  | scales_l        | qs
 *
 * sc[j]   = nibble (j % 2) of scales_l[j / 2] + 16·(scales_h ≫ 2·j &amp; 3) − 32
 * code[k] = nibble (k / 16 % 2) of qs[16·(k / 32) + k % 16]
 * w[k]    = (d · sc[k / 32]) · TABLE[code[k]]
 * </pre>
 *
 * Source: block_iq4_xs of ggml.
 */
final class IQ4_XS extends FixedBlock {
    IQ4_XS() {
        super("IQ4_XS", 256, 136, new GroupForm(4, 32, 256, 0, true, false, true, IQ4_NL.TABLE));
    }

    private static int scale(byte[] data, int offset, int j) {
        int low = Bytes.u8(data, offset + 4 + j / 2) >> j % 2 * 4 & 15;
        int high = Bytes.u16(data, offset + 2) >> 2 * j & 3;
        return (low | high << 4) - 32;
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int g = 0; g < 8; g++) {
            float dl = d * scale(data, offset, g);
            int at = dstOffset + 32 * g;
            for (int l = 0; l < 16; l++) {
                int qs = Bytes.u8(data, offset + 8 + 16 * g + l);
                dst[at + l] = dl * IQ4_NL.TABLE[qs & 15];
                dst[at + l + 16] = dl * IQ4_NL.TABLE[qs >> 4];
            }
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        for (int g = 0; g < 8; g++) {
            into.sc[8 * block + g] = (byte) scale(data, offset, g);
            Nibbles.unpack(data, offset + 8 + 16 * g, 16, into.codes, 256 * block + 32 * g);
        }
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        int high = 0;
        for (int g = 0; g < 8; g++) {
            high |= (from.sc[8 * block + g] + 32 >> 4) << 2 * g;
            Nibbles.pack(from.codes, 256 * block + 32 * g, 16, data, offset + 8 + 16 * g);
        }
        Bytes.put16(data, offset + 2, high);
        for (int j = 0; j < 4; j++) {
            int first = from.sc[8 * block + 2 * j] + 32 & 15;
            int second = from.sc[8 * block + 2 * j + 1] + 32 & 15;
            Bytes.put8(data, offset + 4 + j, first | second << 4);
        }
    }
}
