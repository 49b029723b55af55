package org.djlquant.format.ggml;

/**
 * Hyper-parameters that legacy GGML files do not store.
 *
 * @param rmsNormEps epsilon of the RMS norms: 5e-6 was llama.cpp's default, 1e-5 is right for Llama 2
 * @param ropeFreqBase base of the rotary frequencies
 * @param contextLength positions the model was trained with: 2048 for Llama 1, 4096 for Llama 2
 */
public record GgmlOptions(double rmsNormEps, double ropeFreqBase, int contextLength) {
    /** What llama.cpp assumed when these files were made. */
    public static final GgmlOptions DEFAULT = new GgmlOptions(5e-6, 10_000, 2048);

    /** Checks the ranges. */
    public GgmlOptions {
        if (!(rmsNormEps > 0 && rmsNormEps < 1) || !(ropeFreqBase > 1) || ropeFreqBase > Float.MAX_VALUE
                || contextLength < 1) {
            throw new IllegalArgumentException("rms_norm_eps " + rmsNormEps + ", rope_theta " + ropeFreqBase
                    + ", context length " + contextLength);
        }
    }
}
