package org.djlquant.quant;

import java.lang.foreign.MemorySegment;

/** {@code F16}: IEEE 754 binary16, one value a block; widening to float32 is exact. */
final class F16 extends FixedBlock {
    F16() {
        super("F16", 1, 2, null);
    }

    @Override
    public void decode(MemorySegment data, long offset, float[] dst, int dstOffset) {
        dst[dstOffset] = Bytes.half(data, offset);
    }

    @Override
    public void decode(MemorySegment data, long offset, int count, float[] dst, int dstOffset) {
        for (int k = 0; k < count; k++) {
            dst[dstOffset + k] = Bytes.half(data, offset + 2L * k);
        }
    }

    @Override
    public FloatRows.Type floatType() {
        return FloatRows.Type.F16;
    }
}
