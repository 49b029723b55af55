package org.djlquant.quant;

/**
 * GGUF {@code Q4_1}: 4-bit codes with a float16 scale and minimum per 32 elements.
 *
 * <pre>
 * byte  0  1 | 2  3 | 4 … 19
 *       d    | m    | qs: low nibble of qs[j] = code j, high nibble = code j + 16
 *
 * w[k] = d · code[k] + m
 * </pre>
 *
 * Source: block_q4_1 of ggml.
 */
final class Q4_1 extends FixedBlock {
    Q4_1() {
        super("Q4_1", 32, 20, GroupForm.scaledMin(4, 32));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        float m = Bytes.half(data, offset + 2);
        for (int j = 0; j < 16; j++) {
            int qs = Bytes.u8(data, offset + 4 + j);
            dst[dstOffset + j] = d * (qs & 15) + m;
            dst[dstOffset + j + 16] = d * (qs >> 4) + m;
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        into.dmin[block] = -Bytes.half(data, offset + 2); // the group form subtracts
        Nibbles.unpack(data, offset + 4, 16, into.codes, 32 * block);
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        Bytes.putHalf(data, offset + 2, -from.dmin[block]);
        Nibbles.pack(from.codes, 32 * block, 16, data, offset + 4);
    }
}
