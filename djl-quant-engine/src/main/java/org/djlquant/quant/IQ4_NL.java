package org.djlquant.quant;

/**
 * GGUF {@code IQ4_NL}: 4-bit indexes into a fixed non-linear codebook with one float16 scale per 32
 * elements.
 *
 * <pre>
 * byte  0  1 | 2 … 17
 *       d    | qs: low nibble of qs[j] = code j, high nibble = code j + 16
 *
 * w[k] = d · TABLE[code[k]]
 * </pre>
 *
 * Source: block_iq4_nl and kvalues_iq4nl of ggml.
 */
final class IQ4_NL extends FixedBlock {
    /** The codebook, shared with {@code IQ4_XS}. */
    static final float[] TABLE = {
        -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
    };

    IQ4_NL() {
        super("IQ4_NL", 32, 18, new GroupForm(4, 32, 32, 0, false, false, true, TABLE));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int j = 0; j < 16; j++) {
            int qs = Bytes.u8(data, offset + 2 + j);
            dst[dstOffset + j] = d * TABLE[qs & 15];
            dst[dstOffset + j + 16] = d * TABLE[qs >> 4];
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
