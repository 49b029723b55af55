package org.djlquant.model;

import java.util.Optional;
import org.djlquant.format.UnsupportedModelException;

/**
 * Rotary position embedding. Frequencies and angles are rounded to float32 where transformers rounds
 * them, so that far positions get the same angles (Su et al. 2021, RoFormer; the scalings are those
 * of transformers' {@code modeling_rope_utils}).
 *
 * @param dim rotated elements of a head, even
 * @param interleaved whether pairs are (2i, 2i+1) instead of (i, i + dim/2)
 * @param frequencies radians per position, dim/2 of them
 */
record Rope(int dim, boolean interleaved, float[] frequencies) {

    /** The scalings that {@link #read} understands, for messages. */
    private static final String SUPPORTED = "linear, llama3, dynamic (up to max_position_embeddings)";

    /**
     * Reads base, rotated elements and scaling from the hyper-parameters.
     *
     * @param interleaved pairs (2i, 2i+1), as GGUF stores Llama's queries and keys
     */
    static Rope read(Hyper hyper, Weights weights, int headDim, boolean interleaved) {
        double base = hyper.positive("rope_theta", "rope.freq_base", hyper.positive("rope_parameters.rope_theta", null, 10000));
        int dim = hyper.gguf()
                ? hyper.integer(null, "rope.dimension_count", headDim, 2, headDim)
                : (int) (headDim * hyper.positive("partial_rotary_factor", null, 1));
        if (dim % 2 != 0 || dim < 2 || dim > headDim) {
            throw hyper.contradiction(
                    "partial_rotary_factor", "rope.dimension_count", "expected an even number of rotated elements from 2 to " + headDim + ", found " + dim);
        }
        Rope rope = plain(base, dim, interleaved);
        if (hyper.gguf()) {
            scaleAsGguf(hyper, weights, rope.frequencies);
        } else {
            scaleAsHuggingFace(hyper, rope.frequencies);
        }
        return rope;
    }

    /** Without scaling: frequency i is {@code base^(−2i/dim)}. */
    static Rope plain(double base, int dim, boolean interleaved) {
        float[] frequencies = new float[dim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = 1f / (float) Math.pow(base, 2f * i / dim);
        }
        return new Rope(dim, interleaved, frequencies);
    }

    private static void scaleAsGguf(Hyper hyper, Weights weights, float[] frequencies) {
        String type = hyper.text(null, "rope.scaling.type").orElse("linear");
        if (type.equals("linear")) {
            divide(frequencies, hyper.positive(null, "rope.scaling.factor", hyper.positive(null, "rope.scale_linear", 1)));
        } else if (!type.equals("none")) {
            throw unsupported(hyper, type);
        }
        if (weights.hasTensor("rope_factors_long.weight")) {
            throw unsupported(hyper, "longrope");
        }
        Optional<float[]> factors = weights.optionalVector("rope_freqs.weight", frequencies.length);
        if (factors.isPresent()) {
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] /= factors.get()[i];
            }
        }
    }

    private static void scaleAsHuggingFace(Hyper hyper, float[] frequencies) {
        String where = hyper.has("rope_scaling.rope_type", null) || hyper.has("rope_scaling.type", null) ? "rope_scaling." : "rope_parameters.";
        String type = hyper.text(where + "rope_type", null).or(() -> hyper.text(where + "type", null)).orElse("default");
        switch (type) {
            case "default", "dynamic" -> { }
            case "linear" -> divide(frequencies, factor(hyper, where + "factor"));
            case "llama3" -> scaleAsLlama3(
                    frequencies,
                    factor(hyper, where + "factor"),
                    factor(hyper, where + "low_freq_factor"),
                    factor(hyper, where + "high_freq_factor"),
                    factor(hyper, where + "original_max_position_embeddings"));
            default -> throw unsupported(hyper, type);
        }
    }

    private static UnsupportedModelException unsupported(Hyper hyper, String type) {
        return new UnsupportedModelException(
                hyper.path() + ": RoPE scaling " + type + " is not supported. Supported: " + SUPPORTED);
    }

    private static double factor(Hyper hyper, String key) {
        if (!hyper.has(key, null)) {
            throw hyper.contradiction(key, null, "expected a number, found none; this type of RoPE scaling needs it");
        }
        return hyper.positive(key, null, 1);
    }

    private static void divide(float[] frequencies, double factor) {
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = frequencies[i] / (float) factor;
        }
    }

    /** Long waves are stretched by {@code factor}, short ones kept, those between interpolated. */
    private static void scaleAsLlama3(float[] frequencies, double factor, double lowFactor, double highFactor, double oldContext) {
        float lowWave = (float) (oldContext / lowFactor);
        float highWave = (float) (oldContext / highFactor);
        for (int i = 0; i < frequencies.length; i++) {
            float frequency = frequencies[i];
            float wave = (float) (2 * Math.PI) / frequency;
            if (wave > lowWave) {
                frequencies[i] = frequency / (float) factor;
            } else if (wave >= highWave) {
                float smooth = ((float) oldContext / wave - (float) lowFactor) / (float) (highFactor - lowFactor);
                frequencies[i] = (1 - smooth) * frequency / (float) factor + smooth * frequency;
            }
        }
    }

    /** Cosines and sines of one position, dim/2 values each. */
    void angles(int position, float[] cos, float[] sin, int offset) {
        for (int i = 0; i < frequencies.length; i++) {
            float angle = position * frequencies[i];
            cos[offset + i] = (float) Math.cos(angle);
            sin[offset + i] = (float) Math.sin(angle);
        }
    }
}
