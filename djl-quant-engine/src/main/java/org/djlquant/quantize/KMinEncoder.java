package org.djlquant.quantize;

import java.util.Arrays;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.GroupedRow;

/**
 * Encoder of the super-block schemes with scale and minimum per group: {@code Q2_K}, {@code Q4_K} and
 * {@code Q5_K}.
 *
 * <p>Each group is fitted by weighted least squares for a series of candidate step sizes; then the
 * scales and minima of the super block are themselves quantized and all codes chosen anew for the
 * rounded ones. The arithmetic follows ggml's reference quantizers operation by operation, in float32,
 * so that the bytes are the same as theirs.
 */
final class KMinEncoder implements GroupEncoder {
    private final int group;
    private final int top;
    private final int topScale;
    private final boolean absolute;
    private final float firstStep;
    private final int steps;

    private KMinEncoder(GroupForm form, int topScale, boolean absolute, float firstStep, int steps) {
        this.group = form.group();
        this.top = (1 << form.bits()) - 1;
        this.topScale = topScale;
        this.absolute = absolute;
        this.firstStep = firstStep;
        this.steps = steps;
    }

    /** 4-bit scales; errors are weighted by magnitude and counted absolutely. */
    static KMinEncoder q2(GroupForm form) {
        return new KMinEncoder(form, 15, true, -0.5f, 15);
    }

    /** 6-bit scales; squared errors, weighted by magnitude plus the group's root mean square. */
    static KMinEncoder q4(GroupForm form) {
        return new KMinEncoder(form, 63, false, -1, 20);
    }

    /** Like {@link #q4} with fewer candidates. */
    static KMinEncoder q5(GroupForm form) {
        return new KMinEncoder(form, 63, false, -0.5f, 15);
    }

    @Override
    public void encode(float[] x, int at, GroupedRow into, int block) {
        int groups = 256 / group;
        float[] scales = new float[groups];
        float[] mins = new float[groups];
        Fit fit = new Fit();
        float largestScale = 0;
        float largestMin = 0;
        for (int g = 0; g < groups; g++) {
            fit.search(x, at + group * g, into.codes, 256 * block + group * g);
            scales[g] = fit.scale;
            mins[g] = -fit.min;
            largestScale = Math.max(largestScale, scales[g]);
            largestMin = Math.max(largestMin, mins[g]);
        }
        into.d[block] = largestScale / topScale;
        into.dmin[block] = largestMin / topScale;
        float toScale = largestScale > 0 ? topScale / largestScale : 0;
        float toMin = largestMin > 0 ? topScale / largestMin : 0;
        float d = Rounding.half(into.d[block]);
        float dmin = Rounding.half(into.dmin[block]);
        for (int g = 0; g < groups; g++) {
            int sc = Math.clamp(Rounding.nearest(toScale * scales[g]), 0, topScale);
            int m = Math.clamp(Rounding.nearest(toMin * mins[g]), 0, topScale);
            into.sc[groups * block + g] = (byte) sc;
            into.m[groups * block + g] = (byte) m;
            recode(x, at + group * g, d * sc, dmin * m, into.codes, 256 * block + group * g);
        }
    }

    /** Chooses the codes for the stored scale; with a scale of zero those of the search stay. */
    private void recode(float[] x, int at, float scale, float min, byte[] codes, int codesAt) {
        if (scale == 0) {
            return;
        }
        for (int k = 0; k < group; k++) {
            codes[codesAt + k] = (byte) Math.clamp(Rounding.nearest((x[at + k] + min) / scale), 0, top);
        }
    }

    /** The best scale and (non-positive) minimum found for one group. */
    private final class Fit {
        private final float[] weights = new float[group];
        private final byte[] candidate = new byte[group];
        private float scale;
        private float min;

        void search(float[] x, int at, byte[] codes, int codesAt) {
            weigh(x, at);
            float sumW = weights[0];
            float sumX = sumW * x[at];
            min = x[at];
            float max = x[at];
            for (int k = 1; k < group; k++) {
                float v = x[at + k];
                min = Math.min(min, v);
                max = Math.max(max, v);
                sumW += weights[k];
                sumX += weights[k] * v;
            }
            min = Math.min(min, 0);
            scale = 0;
            Arrays.fill(codes, codesAt, codesAt + group, (byte) 0);
            if (max == min) {
                return;
            }
            float inverse = top / (max - min);
            code(x, at, inverse);
            System.arraycopy(candidate, 0, codes, codesAt, group);
            scale = 1 / inverse;
            float best = error(x, at, scale, min);
            for (int step = 0; step <= steps; step++) {
                inverse = (firstStep + 0.1f * step + top) / (max - min);
                code(x, at, inverse);
                float sumL = 0;
                float sumL2 = 0;
                float sumXL = 0;
                for (int k = 0; k < group; k++) {
                    float wl = weights[k] * candidate[k];
                    sumL += wl;
                    sumL2 += wl * candidate[k];
                    sumXL += wl * x[at + k];
                }
                float determinant = sumW * sumL2 - sumL * sumL;
                if (determinant > 0) {
                    float thisScale = (sumW * sumXL - sumX * sumL) / determinant;
                    float thisMin = (sumL2 * sumX - sumL * sumXL) / determinant;
                    if (thisMin > 0) {
                        thisMin = 0;
                        thisScale = sumXL / sumL2;
                    }
                    float error = error(x, at, thisScale, thisMin);
                    if (error < best) {
                        best = error;
                        scale = thisScale;
                        min = thisMin;
                        System.arraycopy(candidate, 0, codes, codesAt, group);
                    }
                }
            }
        }

        private void weigh(float[] x, int at) {
            float rms = 0;
            if (!absolute) {
                float sum = 0;
                for (int k = 0; k < group; k++) {
                    sum += x[at + k] * x[at + k];
                }
                rms = (float) Math.sqrt(sum / group);
            }
            for (int k = 0; k < group; k++) {
                weights[k] = rms + Math.abs(x[at + k]);
            }
        }

        /** Codes for a step size, counted from the minimum found so far. */
        private void code(float[] x, int at, float inverse) {
            for (int k = 0; k < group; k++) {
                candidate[k] = (byte) Math.clamp(Rounding.nearest(inverse * (x[at + k] - min)), 0, top);
            }
        }

        private float error(float[] x, int at, float withScale, float withMin) {
            float error = 0;
            for (int k = 0; k < group; k++) {
                float diff = withScale * candidate[k] + withMin - x[at + k];
                error += weights[k] * (absolute ? Math.abs(diff) : diff * diff);
            }
            return error;
        }
    }
}
