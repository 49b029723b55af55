package org.djlquant.quantize;

import java.util.Arrays;
import org.djlquant.quant.GroupedRow;

/**
 * Encoder of the super-block schemes with a signed scale per group of 16: {@code Q3_K} and {@code
 * Q6_K}. Errors are weighted by the square of the value. The arithmetic follows ggml's reference
 * quantizers operation by operation, in float32, so that the bytes are the same as theirs.
 */
final class KScaleEncoder implements GroupEncoder {
    private static final int GROUP = 16;
    private static final int GROUPS = 16;

    /** Groups whose largest magnitude is below this count as zero. */
    private static final float ZERO = 1e-15f;

    private final int zero;
    private final int lowestScale;
    private final Search search;

    /** Chooses codes (from 0) and a scale for one group. */
    private interface Search {
        float fit(float[] x, int at, byte[] codes, int codesAt);
    }

    private KScaleEncoder(int zero, int lowestScale, Search search) {
        this.zero = zero;
        this.lowestScale = lowestScale;
        this.search = search;
    }

    /** 3-bit codes refined one by one; 6-bit scales. */
    static KScaleEncoder q3() {
        return new KScaleEncoder(4, -32, KScaleEncoder::refineCodes);
    }

    /** 6-bit codes for the best of nineteen step sizes; 8-bit scales. */
    static KScaleEncoder q6() {
        return new KScaleEncoder(32, -128, KScaleEncoder::trySteps);
    }

    @Override
    public void encode(float[] x, int at, GroupedRow into, int block) {
        float[] scales = new float[GROUPS];
        float extreme = 0;
        for (int g = 0; g < GROUPS; g++) {
            scales[g] = search.fit(x, at + GROUP * g, into.codes, 256 * block + GROUP * g);
            if (Math.abs(scales[g]) > Math.abs(extreme)) {
                extreme = scales[g];
            }
        }
        if (Math.abs(extreme) < ZERO) {
            into.d[block] = 0;
            // the scale that is stored as zero bits: Q3_K stores sc + 32
            Arrays.fill(into.sc, GROUPS * block, GROUPS * (block + 1), (byte) (zero == 4 ? lowestScale : 0));
            Arrays.fill(into.codes, 256 * block, 256 * (block + 1), (byte) 0);
            return;
        }
        float toScale = lowestScale / extreme;
        into.d[block] = 1 / toScale;
        float d = Rounding.half(into.d[block]);
        for (int g = 0; g < GROUPS; g++) {
            int sc = Math.clamp(Rounding.nearest(toScale * scales[g]), lowestScale, -lowestScale - 1);
            into.sc[GROUPS * block + g] = (byte) sc;
            float scale = d * sc;
            if (scale != 0) {
                for (int k = 0; k < GROUP; k++) {
                    into.codes[256 * block + GROUP * g + k] =
                            (byte) (zero + level(x[at + GROUP * g + k] / scale, zero));
                }
            }
        }
    }

    private static int level(float v, int zero) {
        return Math.clamp(Rounding.nearest(v), -zero, zero - 1);
    }

    private static float extreme(float[] x, int at) {
        float extreme = 0;
        for (int k = 0; k < GROUP; k++) {
            if (Math.abs(x[at + k]) > Math.abs(extreme)) {
                extreme = x[at + k];
            }
        }
        return extreme;
    }

    private static float trySteps(float[] x, int at, byte[] codes, int codesAt) {
        final int zero = 32;
        float extreme = extreme(x, at);
        if (Math.abs(extreme) < ZERO) {
            Arrays.fill(codes, codesAt, codesAt + GROUP, (byte) 0);
            return 0;
        }
        float scale = 0;
        float best = 0;
        for (int i = 0; i <= 18; i++) {
            int step = i == 0 ? 0 : i <= 9 ? i - 10 : i - 9; // 0, −9 … −1, 1 … 9
            float inverse = -(zero + 0.1f * step) / extreme;
            float sumXL = 0;
            float sumL2 = 0;
            for (int k = 0; k < GROUP; k++) {
                int l = level(inverse * x[at + k], zero);
                float w = x[at + k] * x[at + k];
                sumXL += w * x[at + k] * l;
                sumL2 += w * l * l;
            }
            if (i == 0 || sumL2 > 0 && sumXL * sumXL > best * sumL2) {
                scale = sumL2 == 0 ? 0 : sumXL / sumL2;
                best = scale * sumXL;
                for (int k = 0; k < GROUP; k++) {
                    codes[codesAt + k] = (byte) (zero + level(inverse * x[at + k], zero));
                }
            }
        }
        return scale;
    }

    private static float refineCodes(float[] x, int at, byte[] codes, int codesAt) {
        final int zero = 4;
        float extreme = extreme(x, at);
        if (Math.abs(extreme) < ZERO) {
            Arrays.fill(codes, codesAt, codesAt + GROUP, (byte) 0);
            return 0;
        }
        int[] levels = new int[GROUP];
        float inverse = -zero / extreme;
        float sumXL = 0;
        float sumL2 = 0;
        for (int k = 0; k < GROUP; k++) {
            float v = x[at + k];
            levels[k] = level(inverse * v, zero);
            float w = v * v;
            sumXL += w * v * levels[k];
            sumL2 += w * levels[k] * levels[k];
        }
        boolean changed = true;
        for (int round = 0; round < 5 && changed; round++) {
            changed = false;
            for (int k = 0; k < GROUP; k++) {
                float v = x[at + k];
                float w = v * v;
                float restXL = sumXL - w * v * levels[k];
                float restL2 = sumL2 - w * levels[k] * levels[k];
                if (restXL > 0) {
                    int l = level(v * restL2 / restXL, zero);
                    if (l != levels[k]) {
                        restXL += w * v * l;
                        restL2 += w * l * l;
                        if (restL2 > 0 && restXL * restXL * sumL2 > sumXL * sumXL * restL2) {
                            levels[k] = l;
                            sumXL = restXL;
                            sumL2 = restL2;
                            changed = true;
                        }
                    }
                }
            }
        }
        for (int k = 0; k < GROUP; k++) {
            codes[codesAt + k] = (byte) (zero + levels[k]);
        }
        return sumL2 > 0 ? sumXL / sumL2 : 0;
    }
}
