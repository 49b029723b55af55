package org.djlquant.quant;

/** {@code F16}: IEEE 754 binary16, one value a block; widening to float32 is exact. */
final class F16 extends FixedBlock {
    F16() {
        super("F16", 1, 2, null);
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        dst[dstOffset] = Bytes.half(data, offset);
    }

    @Override
    public void decode(byte[] data, int offset, int count, float[] dst, int dstOffset) {
        for (int k = 0; k < count; k++) {
            dst[dstOffset + k] = Bytes.half(data, offset + 2 * k);
        }
    }

    @Override
    public FloatRows.Type floatType() {
        return FloatRows.Type.F16;
    }
}
