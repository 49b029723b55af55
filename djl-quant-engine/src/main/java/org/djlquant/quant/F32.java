package org.djlquant.quant;

/** {@code F32}: IEEE 754 binary32, one value a block. */
final class F32 extends FixedBlock {
    F32() {
        super("F32", 1, 4, null);
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        dst[dstOffset] = Bytes.f32(data, offset);
    }

    @Override
    public void decode(byte[] data, int offset, int count, float[] dst, int dstOffset) {
        for (int k = 0; k < count; k++) {
            dst[dstOffset + k] = Bytes.f32(data, offset + 4 * k);
        }
    }

    @Override
    public FloatRows.Type floatType() {
        return FloatRows.Type.F32;
    }
}
