package org.djlquant.quant;

/**
 * GGUF {@code Q8_1}: {@code Q8_0} with the sum of the values beside the scale. ggml makes it for
 * activations; files hardly hold it.
 *
 * <pre>
 * byte  0  1 | 2  3 | 4 … 35
 *       d    | s    | qs: int8 code k
 *
 * w[k] = d · qs[k]      s = d · Σ qs is redundant
 * </pre>
 *
 * Source: block_q8_1 of ggml.
 */
final class Q8_1 extends FixedBlock {
    Q8_1() {
        super("Q8_1", 32, 36, GroupForm.scaled(8, 32, 128));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int k = 0; k < 32; k++) {
            dst[dstOffset + k] = d * Bytes.s8(data, offset + 4 + k);
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        for (int k = 0; k < 32; k++) {
            into.codes[32 * block + k] = (byte) (Bytes.s8(data, offset + 4 + k) + 128);
        }
    }
}
