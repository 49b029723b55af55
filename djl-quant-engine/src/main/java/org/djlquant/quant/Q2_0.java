package org.djlquant.quant;

/**
 * GGUF {@code Q2_0}: 2-bit codes with one float16 scale per 64 elements.
 *
 * <pre>
 * byte  0  1 | 2 … 17
 *       d    | qs: bits 2·i, 2·i + 1 of qs[j] = code 4·j + i
 *
 * w[k] = d · (code[k] − 1)
 * </pre>
 *
 * Source: block_q2_0 of ggml.
 */
final class Q2_0 extends FixedBlock {
    Q2_0() {
        super("Q2_0", 64, 18, GroupForm.scaled(2, 64, 1));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int k = 0; k < 64; k++) {
            dst[dstOffset + k] = d * ((Bytes.u8(data, offset + 2 + k / 4) >> k % 4 * 2 & 3) - 1);
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        for (int k = 0; k < 64; k++) {
            into.codes[64 * block + k] = (byte) (Bytes.u8(data, offset + 2 + k / 4) >> k % 4 * 2 & 3);
        }
    }
}
