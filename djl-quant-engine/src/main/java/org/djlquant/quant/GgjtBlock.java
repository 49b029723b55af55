package org.djlquant.quant;

/**
 * The block layouts of GGML files before {@code ggjt} version 3, named for the version that last used
 * them: {@code _GGJT1} in {@code ggml}, {@code ggmf} and {@code ggjt} 1, {@code _GGJT2} in {@code ggjt}
 * 2 (and {@code Q8_0_GGJT2} in all of them).
 *
 * <pre>
 * scale, minimum (Q4_1, Q5_1), qh (Q5_0, Q5_1), qs
 *
 * scale and minimum are float32 in Q4_0, Q4_1 and Q8_0, float16 in Q4_2, Q5_0 and Q5_1
 * version 1: code k = nibble k % 2 of qs[k / 2]; version 2: order of today
 * bit k of qh = bit 4 of code k
 * </pre>
 *
 * <p>Formulas are those of the schemes of today. {@code Q4_2} is {@code Q4_0} in blocks of 16.
 *
 * <p>Source: ggml.c of llama.cpp before changes 1405 (order of nibbles) and 1508 (float16 scales).
 */
final class GgjtBlock extends FixedBlock {
    private final boolean wideScales;
    private final boolean pairs;

    private GgjtBlock(String name, int length, int bytes, GroupForm form, boolean wideScales, boolean pairs) {
        super(name, length, bytes, form);
        this.wideScales = wideScales;
        this.pairs = pairs;
    }

    /**
     * A layout.
     *
     * @param zero the code that means 0, or 0 for a scheme with a minimum
     * @param wideScales whether scale and minimum are float32
     * @param pairs whether neighbouring codes share a byte
     */
    static GgjtBlock of(String name, int bits, int length, int zero, boolean wideScales, boolean pairs) {
        boolean hasMin = zero == 0;
        int scales = (wideScales ? 4 : 2) * (hasMin ? 2 : 1);
        GroupForm form = new GroupForm(bits, length, length, zero, false, hasMin, !wideScales, null);
        return new GgjtBlock(name, length, scales + length * bits / 8, form, wideScales, pairs);
    }

    private float scale(byte[] data, int offset, int index) {
        return wideScales ? Bytes.f32(data, offset + 4 * index) : Bytes.half(data, offset + 2 * index);
    }

    /** Code {@code k} of the codes that begin at {@code offset}. */
    private int code(byte[] data, int offset, int k) {
        int half = blockLength() / 2;
        return switch (form().bits()) {
            case 8 -> Bytes.s8(data, offset + k) + 128;
            case 5 -> nibble(data, offset + 4, k, half) | (Bytes.i32(data, offset) >>> k & 1) << 4;
            default -> nibble(data, offset, k, half);
        };
    }

    private int nibble(byte[] data, int qs, int k, int half) {
        return pairs
                ? Bytes.u8(data, qs + k / 2) >> k % 2 * 4 & 15
                : Bytes.u8(data, qs + k % half) >> k / half * 4 & 15;
    }

    private int codes(int offset) {
        return offset + blockBytes() - blockLength() * form().bits() / 8;
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = scale(data, offset, 0);
        for (int k = 0; k < blockLength(); k++) {
            float w = d * (code(data, codes(offset), k) - form().zero());
            dst[dstOffset + k] = form().hasMin() ? w + scale(data, offset, 1) : w;
        }
    }

    @Override
    public void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = scale(data, offset, 0);
        if (form().hasMin()) {
            into.dmin[block] = -scale(data, offset, 1); // the group form subtracts
        }
        for (int k = 0; k < blockLength(); k++) {
            into.codes[blockLength() * block + k] = (byte) code(data, codes(offset), k);
        }
    }
}
