package org.djlquant.quant;

/**
 * GGUF {@code Q8_K}: signed 8-bit codes with one float32 scale per 256 elements. ggml makes it for
 * activations; files hardly hold it.
 *
 * <pre>
 * byte  0 … 3   | 4 … 259         | 260 … 291
 *       f32 d   | qs: int8 code k | int16 sums of 16 codes, redundant
 *
 * w[k] = d · qs[k]
 * </pre>
 *
 * Source: block_q8_K of ggml.
 */
final class Q8_K extends FixedBlock {
    Q8_K() {
        super("Q8_K", 256, 292, new GroupForm(8, 256, 256, 128, false, false, false, null));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.f32(data, offset);
        for (int k = 0; k < 256; k++) {
            dst[dstOffset + k] = d * Bytes.s8(data, offset + 4 + k);
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.f32(data, offset);
        for (int k = 0; k < 256; k++) {
            into.codes[256 * block + k] = (byte) (Bytes.s8(data, offset + 4 + k) + 128);
        }
    }
}
