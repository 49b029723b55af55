package org.djlquant.quant;

/**
 * GGUF {@code TQ2_0}: ternary codes in two bits with one float16 scale per 256 elements.
 *
 * <pre>
 * byte  0 … 63               | 64 65
 *       qs, order as in Q2_K | d
 *
 * w[k] = d · (code[k] − 1)
 * </pre>
 *
 * Source: block_tq2_0 of ggml.
 */
final class TQ2_0 extends FixedBlock {
    TQ2_0() {
        super("TQ2_0", 256, 66, GroupForm.scaled(2, 256, 1));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset + 64);
        for (int k = 0; k < 256; k++) {
            int code = Bytes.u8(data, offset + k / 128 * 32 + k % 32) >> k / 32 % 4 * 2 & 3;
            dst[dstOffset + k] = d * (code - 1);
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset + 64);
        Q2_K.codes(data, offset, into.codes, 256 * block);
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset + 64, from.d[block]);
        Q2_K.putCodes(from.codes, 256 * block, data, offset);
    }
}
