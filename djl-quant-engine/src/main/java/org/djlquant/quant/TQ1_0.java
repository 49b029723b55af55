package org.djlquant.quant;

/**
 * GGUF {@code TQ1_0}: ternary codes, five to a byte in base 3, with one float16 scale per 256
 * elements.
 *
 * <pre>
 * byte  0 … 31         | 32 … 47         | 48 … 51         | 52 53
 *       codes 0 … 159  | codes 160 … 239 | codes 240 … 255 | d
 *
 * A run of n bytes holds code j + n·p as base-3 digit p of byte j, most significant first; the byte is
 * the number scaled to 256/243 and rounded up, so that digit p = (byte · 3^p mod 256) · 3 / 256.
 *
 * w[k] = d · (code[k] − 1)
 * </pre>
 *
 * Source: block_tq1_0 of ggml.
 */
final class TQ1_0 extends FixedBlock {
    private static final int[] POWER = {1, 3, 9, 27, 81};

    TQ1_0() {
        super("TQ1_0", 256, 54, GroupForm.scaled(2, 256, 1));
    }

    /** Digit of element {@code k}. */
    private static int code(byte[] data, int offset, int k) {
        int packed;
        int digit;
        if (k < 160) {
            packed = Bytes.u8(data, offset + k % 32);
            digit = k / 32;
        } else if (k < 240) {
            packed = Bytes.u8(data, offset + 32 + k % 16);
            digit = (k - 160) / 16;
        } else {
            packed = Bytes.u8(data, offset + 48 + k % 4);
            digit = (k - 240) / 4;
        }
        return (packed * POWER[digit] & 0xff) * 3 >> 8;
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset + 52);
        for (int k = 0; k < 256; k++) {
            dst[dstOffset + k] = d * (code(data, offset, k) - 1);
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset + 52);
        for (int k = 0; k < 256; k++) {
            into.codes[256 * block + k] = (byte) code(data, offset, k);
        }
    }
}
