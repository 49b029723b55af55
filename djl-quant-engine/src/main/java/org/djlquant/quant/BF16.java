package org.djlquant.quant;

/** {@code BF16}: the upper 16 bits of an IEEE 754 binary32, one value a block. */
final class BF16 extends FixedBlock {
    BF16() {
        super("BF16", 1, 2, null);
    }

    @Override
    public void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        dst[dstOffset] = Float.intBitsToFloat(Bytes.u16(data, offset) << 16);
    }

    @Override
    public void decode(byte[] data, int offset, int count, float[] dst, int dstOffset) {
        for (int k = 0; k < count; k++) {
            dst[dstOffset + k] = Float.intBitsToFloat(Bytes.u16(data, offset + 2 * k) << 16);
        }
    }

    @Override
    public FloatRows.Type floatType() {
        return FloatRows.Type.BF16;
    }
}
