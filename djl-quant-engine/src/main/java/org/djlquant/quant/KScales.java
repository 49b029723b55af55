package org.djlquant.quant;

/**
 * The twelve bytes in which {@code Q4_K} and {@code Q5_K} keep eight 6-bit scales and minima.
 *
 * <pre>
 * sc[j] = scales[j] &amp; 63                                    m[j] = scales[j + 4] &amp; 63           j &lt; 4
 * sc[j] = scales[j + 4] &amp; 15 | scales[j − 4] ≫ 6 ≪ 4        m[j] = scales[j + 4] ≫ 4 | scales[j] ≫ 6 ≪ 4   else
 * </pre>
 *
 * Source: get_scale_min_k4 of ggml.
 */
final class KScales {
    private KScales() {}

    /** Sub-scale {@code j}, 0 to 63. */
    static int scale(byte[] data, int scales, int j) {
        return j < 4
                ? Bytes.u8(data, scales + j) & 63
                : Bytes.u8(data, scales + j + 4) & 15 | Bytes.u8(data, scales + j - 4) >> 6 << 4;
    }

    /** Sub-minimum {@code j}, 0 to 63. */
    static int min(byte[] data, int scales, int j) {
        return j < 4
                ? Bytes.u8(data, scales + j + 4) & 63
                : Bytes.u8(data, scales + j + 4) >> 4 | Bytes.u8(data, scales + j) >> 6 << 4;
    }

    /** Puts scales and minima of a block in their places. */
    static void unpack(byte[] data, int scales, int block, GroupedRow into) {
        int first = Bytes.i32(data, scales);
        int second = Bytes.i32(data, scales + 4);
        int third = Bytes.i32(data, scales + 8);
        Bytes.putFour(into.sc, 8 * block, first & 0x3f3f3f3f);
        Bytes.putFour(into.m, 8 * block, second & 0x3f3f3f3f);
        Bytes.putFour(into.sc, 8 * block + 4, third & 0x0f0f0f0f | (first >>> 6 & 0x03030303) << 4);
        Bytes.putFour(into.m, 8 * block + 4, third >>> 4 & 0x0f0f0f0f | (second >>> 6 & 0x03030303) << 4);
    }

    /** Writes scales and minima of a block. */
    static void pack(GroupedRow from, int block, byte[] data, int scales) {
        for (int j = 0; j < 4; j++) {
            int scale = from.sc[8 * block + j];
            int min = from.m[8 * block + j];
            int upperScale = from.sc[8 * block + j + 4];
            int upperMin = from.m[8 * block + j + 4];
            Bytes.put8(data, scales + j, scale | upperScale >> 4 << 6);
            Bytes.put8(data, scales + j + 4, min | upperMin >> 4 << 6);
            Bytes.put8(data, scales + j + 8, upperScale & 15 | (upperMin & 15) << 4);
        }
    }
}
