package org.djlquant.quant;

/**
 * GGUF {@code Q5_1}: 5-bit codes with a float16 scale and minimum per 32 elements.
 *
 * <pre>
 * byte  0  1 | 2  3 | 4 … 7                        | 8 … 23
 *       d    | m    | qh: bit k = bit 4 of code k  | qs: nibbles as in Q4_0
 *
 * w[k] = d · code[k] + m
 * </pre>
 *
 * Source: block_q5_1 of ggml.
 */
final class Q5_1 extends FixedBlock {
    Q5_1() {
        super("Q5_1", 32, 24, GroupForm.scaledMin(5, 32));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        float m = Bytes.half(data, offset + 2);
        int qh = Bytes.i32(data, offset + 4);
        for (int j = 0; j < 16; j++) {
            int qs = Bytes.u8(data, offset + 8 + j);
            dst[dstOffset + j] = d * (qs & 15 | (qh >>> j & 1) << 4) + m;
            dst[dstOffset + j + 16] = d * (qs >> 4 | (qh >>> j + 16 & 1) << 4) + m;
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        into.dmin[block] = -Bytes.half(data, offset + 2); // the group form subtracts
        Q5_0.codes(data, offset + 4, into.codes, 32 * block);
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        Bytes.putHalf(data, offset + 2, -from.dmin[block]);
        Q5_0.putCodes(from.codes, 32 * block, data, offset + 4);
    }
}
