package org.djlquant.quant;

import java.lang.foreign.MemorySegment;

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
    public void decode(MemorySegment data, long offset, float[] dst, int dstOffset) {
        float d = Bytes.half(data, offset);
        for (int k = 0; k < 32; k++) {
            dst[dstOffset + k] = d * Bytes.s8(data, offset + 2 + k);
        }
    }

    @Override
    public void unpack(MemorySegment data, long offset, int block, GroupedRow into) {
        into.d[block] = Bytes.half(data, offset);
        for (int k = 0; k < 32; k += 8) {
            // 128 more is the other sign bit
            Bytes.putEight(into.codes, 32 * block + k, Bytes.i64(data, offset + 2 + k) ^ 0x8080808080808080L);
        }
    }

    @Override
    public void pack(GroupedRow from, int block, MemorySegment data, long offset) {
        Bytes.putHalf(data, offset, from.d[block]);
        for (int k = 0; k < 32; k++) {
            Bytes.put8(data, offset + 2 + k, from.codes[32 * block + k] - 128);
        }
    }
}
