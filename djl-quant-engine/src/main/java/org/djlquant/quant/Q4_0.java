package org.djlquant.quant;

/**
 * GGUF {@code Q4_0}: 4-bit codes with one float16 scale per 32 elements.
 *
 * <pre>
 * byte  0  1 | 2 … 17
 *       d    | qs: low nibble of qs[j] = code j, high nibble = code j + 16
 *
 * w[k] = d · (code[k] − 8)
 * </pre>
 *
 * Source: block_q4_0 of ggml.
 */
final class Q4_0 extends FixedBlock {
    Q4_0() {
        super("Q4_0", 32, 18, GroupForm.scaled(4, 32, 8));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int j = 0; j < 16; j++) {
            int qs = Bytes.u8(data, offset + 2 + j);
            dst[dstOffset + j] = d * ((qs & 15) - 8);
            dst[dstOffset + j + 16] = d * ((qs >> 4) - 8);
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        Nibbles.unpack(data, offset + 2, 16, into.codes, 32 * block);
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        Nibbles.pack(from.codes, 32 * block, 16, data, offset + 2);
    }
}
