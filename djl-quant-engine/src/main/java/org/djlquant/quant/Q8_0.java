package org.djlquant.quant;

/**
 * GGUF {@code Q8_0}: signed 8-bit codes with one float16 scale per 32 elements.
 *
 * <pre>
 * byte  0  1 | 2 … 33
 *       d    | qs: int8 code k
 *
 * w[k] = d · qs[k]
 * </pre>
 *
 * Source: block_q8_0 of ggml.
 */
final class Q8_0 extends FixedBlock {
    Q8_0() {
        super("Q8_0", 32, 34, GroupForm.scaled(8, 32, 128));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int k = 0; k < 32; k++) {
            dst[dstOffset + k] = d * Bytes.s8(data, offset + 2 + k);
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        Fields.readSigned(data, offset + 2, 32, into.codes, 32 * block);
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        for (int k = 0; k < 32; k++) {
            Bytes.put8(data, offset + 2 + k, from.codes[32 * block + k] - 128);
        }
    }
}
