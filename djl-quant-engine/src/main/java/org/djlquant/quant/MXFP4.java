package org.djlquant.quant;

/**
 * GGUF {@code MXFP4}: 4-bit floating-point codes (E2M1) with a power-of-two scale (E8M0) per 32
 * elements, as in the OCP Microscaling Formats specification.
 *
 * <pre>
 * byte  0 | 1 … 16
 *       e | qs: low nibble of qs[j] = code j, high nibble = code j + 16
 *
 * w[k] = 2^(e − 128) · TABLE[code[k]]      TABLE holds E2M1 values doubled, hence 128 and not 127
 * </pre>
 *
 * Source: block_mxfp4 of ggml.
 */
final class MXFP4 extends FixedBlock {
    /** The doubled E2M1 values; bit 3 of a code is its sign. Both zeros are positive. */
    static final float[] TABLE = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    MXFP4() {
        super("MXFP4", 32, 17, new GroupForm(4, 32, 32, 0, false, false, false, TABLE));
    }

    /** {@code 2^(e − 128)}; the two smallest are subnormal. */
    private static float scale(byte[] data, int offset) {
        int e = Bytes.u8(data, offset);
        return Float.intBitsToFloat(e < 2 ? 0x00200000 << e : e - 1 << 23);
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = scale(data, offset);
        for (int j = 0; j < 16; j++) {
            int qs = Bytes.u8(data, offset + 1 + j);
            dst[dstOffset + j] = d * TABLE[qs & 15];
            dst[dstOffset + j + 16] = d * TABLE[qs >> 4];
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = scale(data, offset);
        Nibbles.unpack(data, offset + 1, 16, into.codes, 32 * block);
    }
}
