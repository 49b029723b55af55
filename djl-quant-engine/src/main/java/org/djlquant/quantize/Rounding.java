package org.djlquant.quantize;

/** The roundings that the encoders share. */
final class Rounding {
    private Rounding() {}

    /** The nearest integer, ties to even. */
    static int nearest(float v) {
        return (int) Math.rint(v);
    }

    /** The value that float16 storage gives back. */
    static float half(float v) {
        return Float.float16ToFloat(Float.floatToFloat16(v));
    }
}
