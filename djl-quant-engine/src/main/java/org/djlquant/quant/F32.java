package org.djlquant.quant;

import java.lang.foreign.MemorySegment;

/** {@code F32}: IEEE 754 binary32, one value a block. */
final class F32 extends FixedBlock {
    F32() {
        super("F32", 1, 4, null);
    }

    @Override
    public void decode(MemorySegment data, long offset, float[] dst, int dstOffset) {
        dst[dstOffset] = Bytes.f32(data, offset);
    }

    @Override
    public void decode(MemorySegment data, long offset, int count, float[] dst, int dstOffset) {
        MemorySegment.copy(data, Bytes.FLOAT, offset, dst, dstOffset, count);
    }

    @Override
    public FloatRows.Type floatType() {
        return FloatRows.Type.F32;
    }
}
