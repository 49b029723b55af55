package org.djlquant.quantize;

import java.util.Arrays;

/**
 * Double quantization of the maxima of NF4 and FP4 blocks, as quantize_4bit of bitsandbytes 0.49.2 does
 * it with {@code compress_statistics} on the CPU: less their mean, and divided by the largest magnitude
 * of each 256 of them, maxima become the nearest entry of a map of 256 values.
 *
 * <pre>absmax[i] = map[code[i]] · nested_absmax[i / 256] + mean</pre>
 *
 * <p>bitsandbytes sums the mean in float32, in an order that depends on the processor; here it is summed
 * in float64, so its last bit may differ.
 */
final class NestedMaxima {
    private static final int BLOCK = 256;

    private static final float[] MAP = map();

    private NestedMaxima() {}

    /** What the maxima are after they went through their codes. */
    static float[] rounded(float[] absmax) {
        double sum = 0;
        for (float v : absmax) {
            sum += v;
        }
        float mean = (float) (sum / absmax.length);
        float[] rounded = new float[absmax.length];
        for (int start = 0; start < absmax.length; start += BLOCK) {
            int end = Math.min(start + BLOCK, absmax.length);
            float largest = 0;
            for (int i = start; i < end; i++) {
                largest = Math.max(largest, Math.abs(absmax[i] - mean));
            }
            for (int i = start; i < end; i++) {
                float scaled = largest == 0 ? 0 : (absmax[i] - mean) / largest;
                rounded[i] = nearest(scaled) * largest + mean;
            }
        }
        return rounded;
    }

    /** The nearest value of the map, the lower of two equally near. */
    private static float nearest(float v) {
        int at = Arrays.binarySearch(MAP, v);
        if (at >= 0) {
            return MAP[at];
        }
        int right = Math.clamp(-at - 1, 1, MAP.length - 1);
        float low = MAP[right - 1];
        float high = MAP[right];
        return Math.abs(high - v) < Math.abs(v - low) ? high : low;
    }

    /**
     * create_dynamic_map of bitsandbytes: for each power of ten from 10⁻⁶ to 1, both signs of the middles
     * of 1, 2, 4 … 64 equal parts of [0.1, 1]; and 0 and 1. Its CPU quantizer sets the first entry to −1.
     */
    static float[] map() {
        float[] map = new float[256];
        int n = 0;
        for (int exponent = 0; exponent < 7; exponent++) {
            int parts = 1 << exponent;
            float step = (1 - 0.1f) / parts;
            float power = (float) Math.pow(10, exponent - 6);
            for (int j = 0; j < parts; j++) {
                float middle = (boundary(j, parts, step) + boundary(j + 1, parts, step)) / 2;
                map[n++] = power * middle;
                map[n++] = -power * middle;
            }
        }
        map[n++] = 0;
        map[n] = 1;
        Arrays.sort(map);
        map[0] = -1;
        return map;
    }

    /** Point {@code j} of torch.linspace(0.1, 1, parts + 1), which counts from the nearer end. */
    private static float boundary(int j, int parts, float step) {
        return j < (parts + 1) / 2 ? Math.fma(step, j, 0.1f) : Math.fma(-step, parts - j, 1f);
    }
}
