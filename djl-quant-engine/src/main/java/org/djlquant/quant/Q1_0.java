package org.djlquant.quant;

/**
 * GGUF {@code Q1_0}: signs with one float16 scale per 128 elements.
 *
 * <pre>
 * byte  0  1 | 2 … 17
 *       d    | qs: bit i of qs[j] = code 8·j + i
 *
 * w[k] = d · TABLE[code[k]]      TABLE = −1, 1
 * </pre>
 *
 * Source: block_q1_0 of ggml.
 */
final class Q1_0 extends FixedBlock {
    private static final float[] TABLE = {-1, 1};

    Q1_0() {
        super("Q1_0", 128, 18, new GroupForm(1, 128, 128, 0, false, false, true, TABLE));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int k = 0; k < 128; k++) {
            dst[dstOffset + k] = d * TABLE[Bytes.u8(data, offset + 2 + k / 8) >> k % 8 & 1];
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        for (int k = 0; k < 128; k++) {
            into.codes[128 * block + k] = (byte) (Bytes.u8(data, offset + 2 + k / 8) >> k % 8 & 1);
        }
    }
}
