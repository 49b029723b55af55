package org.djlquant.quant;

/**
 * GGUF {@code NVFP4}: 4-bit floating-point codes (E2M1) with an unsigned E4M3 scale per 16 elements;
 * a block holds four such groups.
 *
 * <pre>
 * byte  0 … 3 | 4 … 35
 *       e[g]  | qs: low nibble of qs[8·g + j] = code 16·g + j, high nibble = code 16·g + j + 8
 *
 * w[k] = e4m3(e[k / 16]) / 2 · TABLE[code[k]]      TABLE of MXFP4; e4m3(0x7f) counts as 0
 * </pre>
 *
 * Source: block_nvfp4 of ggml.
 */
final class NVFP4 extends FixedBlock {
    NVFP4() {
        super("NVFP4", 64, 36, new GroupForm(4, 16, 16, 0, false, false, true, MXFP4.TABLE));
    }

    private static float scale(byte[] data, int offset, int g) {
        int e = Bytes.u8(data, offset + g);
        int exponent = e >> 3 & 15;
        int mantissa = e & 7;
        if (e == 0x7f) {
            return 0;
        }
        return exponent == 0 ? Math.scalb(mantissa, -10) : Math.scalb(8 + mantissa, exponent - 11);
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        for (int g = 0; g < 4; g++) {
            float d = scale(data, offset, g);
            for (int j = 0; j < 8; j++) {
                int qs = Bytes.u8(data, offset + 4 + 8 * g + j);
                dst[dstOffset + 16 * g + j] = d * MXFP4.TABLE[qs & 15];
                dst[dstOffset + 16 * g + j + 8] = d * MXFP4.TABLE[qs >> 4];
            }
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        for (int g = 0; g < 4; g++) {
            into.d[4 * block + g] = scale(data, offset, g);
            Nibbles.unpack(data, offset + 4 + 8 * g, 8, into.codes, 64 * block + 16 * g);
        }
    }
}
