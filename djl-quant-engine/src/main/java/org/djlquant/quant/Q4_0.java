package org.djlquant.quant;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

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
final class Q4_0 implements BlockScheme {
    private static final GroupForm FORM = new GroupForm(4, 32, 32, 8, false, false, true, null);

    @Override
    public String name() {
        return "Q4_0";
    }

    @Override
    public int blockLength() {
        return 32;
    }

    @Override
    public int blockBytes() {
        return 18;
    }

    @Override
    public void decode(MemorySegment data, long offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int j = 0; j < 16; j++) {
            int qs = data.get(JAVA_BYTE, offset + 2 + j);
            dst[dstOffset + j] = d * ((qs & 15) - 8);
            dst[dstOffset + j + 16] = d * ((qs >> 4 & 15) - 8);
        }
    }

    @Override
    public GroupForm form() {
        return FORM;
    }

    @Override
    public void unpack(MemorySegment data, long offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        for (int j = 0; j < 16; j++) {
            int qs = data.get(JAVA_BYTE, offset + 2 + j);
            into.codes[32 * block + j] = (byte) (qs & 15);
            into.codes[32 * block + j + 16] = (byte) (qs >> 4 & 15);
        }
    }
}
