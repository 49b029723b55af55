package org.djlquant.quant;

/**
 * GGUF {@code Q5_0}: 5-bit codes with one float16 scale per 32 elements.
 *
 * <pre>
 * byte  0  1 | 2 … 5                         | 6 … 21
 *       d    | qh: bit k = bit 4 of code k   | qs: nibbles as in Q4_0
 *
 * w[k] = d · (code[k] − 16)
 * </pre>
 *
 * Source: block_q5_0 of ggml.
 */
final class Q5_0 extends FixedBlock {
    Q5_0() {
        super("Q5_0", 32, 22, GroupForm.scaled(5, 32, 16));
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        int qh = Bytes.i32(data, offset + 2);
        for (int j = 0; j < 16; j++) {
            int qs = Bytes.u8(data, offset + 6 + j);
            dst[dstOffset + j] = d * ((qs & 15 | (qh >>> j & 1) << 4) - 16);
            dst[dstOffset + j + 16] = d * ((qs >> 4 | (qh >>> j + 16 & 1) << 4) - 16);
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        codes(data, offset + 2, into.codes, 32 * block);
    }

    /** Reads the 32 codes from {@code qh} and the {@code qs} behind it. */
    static void codes(byte[] data, int offset, byte[] codes, int at) {
        int qh = Bytes.i32(data, offset);
        Nibbles.unpack(data, offset + 4, 16, codes, at);
        for (int k = 0; k < 32; k += 8) {
            long bits = Long.expand(qh >>> k & 255, 0x0101010101010101L) << 4;
            Bytes.putEight(codes, at + k, Bytes.eight(codes, at + k) | bits);
        }
    }

    @Override
    public void pack(GroupedRow from, int block, byte[] data, int offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        putCodes(from.codes, 32 * block, data, offset + 2);
    }

    /** Writes 32 codes as {@code qh} and {@code qs}. */
    static void putCodes(byte[] codes, int at, byte[] data, int offset) {
        int qh = 0;
        for (int k = 0; k < 32; k++) {
            qh |= (codes[at + k] >> 4 & 1) << k;
        }
        Bytes.put32(data, offset, qh);
        Nibbles.pack(codes, at, 16, data, offset + 4);
    }
}
