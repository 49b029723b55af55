package org.djlquant.quant;

/**
 * GGUF {@code Q2_K}: 2-bit codes; sixteen groups of 16 with 4-bit scales and minima in a super block
 * of 256.
 *
 * <pre>
 * byte  0 … 15                                | 16 … 79 | 80 81 | 82 83
 *       scales: low nibble sc[j], high m[j]   | qs      | d     | dmin
 *
 * code[k] = qs[32·(k / 128) + k % 32] ≫ 2·(k / 32 % 4) &amp; 3
 * w[k]    = (d · sc[k / 16]) · code[k] − dmin · m[k / 16]
 * </pre>
 *
 * Source: block_q2_K of ggml.
 */
final class Q2_K extends FixedBlock {
    Q2_K() {
        super("Q2_K", 256, 84, GroupForm.subScaledMin(2, 16));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset + 80);
        float dmin = Bytes.half(data, offset + 82);
        for (int g = 0; g < 16; g++) {
            int scale = Bytes.u8(data, offset + g);
            float dl = d * (scale & 15);
            float ml = dmin * (scale >> 4);
            int qs = offset + 16 + g / 8 * 32 + g % 2 * 16;
            int shift = g / 2 % 4 * 2;
            for (int l = 0; l < 16; l++) {
                dst[dstOffset + 16 * g + l] = dl * (Bytes.u8(data, qs + l) >> shift & 3) - ml;
            }
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset + 80);
        into.dmin[block] = Bytes.half(data, offset + 82);
        for (int g = 0; g < 16; g++) {
            int scale = Bytes.u8(data, offset + g);
            into.sc[16 * block + g] = (byte) (scale & 15);
            into.m[16 * block + g] = (byte) (scale >> 4);
        }
        codes(data, offset + 16, into.codes, 256 * block);
    }

    /** Reads the 256 two-bit codes of {@code qs}. */
    static void codes(byte[] data, int qs, byte[] codes, int at) {
        for (int i = 0; i < 8; i++) {
            Fields.read(data, qs + i / 4 * 32, 32, i % 4 * 2, 2, codes, at + 32 * i);
        }
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset + 80, from.d[block]);
        Bytes.putHalf(data, offset + 82, from.dmin[block]);
        for (int g = 0; g < 16; g++) {
            Bytes.put8(data, offset + g, from.sc[16 * block + g] | from.m[16 * block + g] << 4);
        }
        putCodes(from.codes, 256 * block, data, offset + 16);
    }

    /** Writes the low two bits of 256 codes. */
    static void putCodes(byte[] codes, int at, byte[] data, int qs) {
        for (int j = 0; j < 64; j++) {
            int k = at + j / 32 * 128 + j % 32;
            int packed = 0;
            for (int s = 0; s < 4; s++) {
                packed |= (codes[k + 32 * s] & 3) << 2 * s;
            }
            Bytes.put8(data, qs + j, packed);
        }
    }
}
