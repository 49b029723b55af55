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
 * @param magnitude factor on the rotated elements, 1 except for YaRN and LongRoPE
 * @param reach the longest sequence these frequencies are for
 * @param beyond the rotation in longer sequences, or {@code null} if this one has no end
 */
record Rope(int dim, boolean interleaved, float[] frequencies, float magnitude, int reach, Rope beyond) {

    /** The scalings that {@link #read} understands, for messages. */
    private static final String SUPPORTED = "linear, llama3, yarn, longrope, dynamic (up to max_position_embeddings)";

    /** A rotation for sequences of any length. */
    Rope(int dim, boolean interleaved, float[] frequencies, float magnitude) {
        this(dim, interleaved, frequencies, magnitude, Integer.MAX_VALUE, null);
    }

    /** The rotation in a sequence that is longer than {@link #reach}, or is not. */
    Rope in(boolean longSequence) {
        return longSequence && beyond != null ? beyond : this;
    }

    /**
     * Reads base, rotated elements and scaling from the hyper-parameters.
     *
     * @param interleaved pairs (2i, 2i+1), as GGUF stores Llama's queries and keys
     */
    static Rope read(Hyper hyper, Weights weights, int headDim, boolean interleaved) {
        // transformers 5 keeps all of it in one object, or in one for each kind of layer
        double inLayers = hyper.positive("rope_parameters.full_attention.rope_theta", null, 10000);
        double inObject = hyper.positive("rope_parameters.rope_theta", null, inLayers);
        double base = hyper.positive("rope_theta", "rope.freq_base", inObject);
        double part = hyper.positive("partial_rotary_factor", null, hyper.positive("rope_parameters.partial_rotary_factor", null, 1));
        int dim = hyper.gguf()
                ? hyper.integer(null, "rope.dimension_count", headDim, 2, headDim)
                : (int) (headDim * part);
        if (dim % 2 != 0 || dim < 2 || dim > headDim) {
            throw hyper.contradiction(
                    "partial_rotary_factor", "rope.dimension_count", "expected an even number of rotated elements from 2 to " + headDim + ", found " + dim);
        }
        Rope rope = plain(base, dim, interleaved);
        return hyper.gguf() ? rope.scaledAsGguf(hyper, weights, base) : rope.scaledAsHuggingFace(hyper, base);
    }

    /** Without scaling: frequency i is {@code base^(−2i/dim)}. */
    static Rope plain(double base, int dim, boolean interleaved) {
        float[] frequencies = new float[dim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = 1f / (float) Math.pow(base, 2f * i / dim);
        }
        return new Rope(dim, interleaved, frequencies, 1);
    }

    private Rope scaledAsGguf(Hyper hyper, Weights weights, double base) {
        String type = hyper.text(null, "rope.scaling.type").orElse("linear");
        double factor = hyper.positive(null, "rope.scaling.factor", hyper.positive(null, "rope.scale_linear", 1));
        double more = hyper.positive(null, "rope.scaling.attn_factor", 1);
        if (weights.hasTensor("rope_factors_long.weight")) {
            int end = hyper.integer(null, "context_length", 1, Integer.MAX_VALUE);
            return scaledAsLongRope(
                    base,
                    weights.vector("rope_factors_short.weight", dim / 2),
                    weights.vector("rope_factors_long.weight", dim / 2),
                    more,
                    hyper.integer(null, "rope.scaling.original_context_length", end, 1, Integer.MAX_VALUE));
        }
        switch (type) {
            case "none", "longrope" -> { }
            case "linear" -> divide(frequencies, factor);
            case "yarn" -> {
                double oldContext = hyper.positive(null, "rope.scaling.original_context_length", hyper.positive(null, "context_length", 2048));
                double fast = hyper.positive(null, "rope.scaling.yarn_beta_fast", 32);
                double slow = hyper.positive(null, "rope.scaling.yarn_beta_slow", 1);
                scaleAsYarn(frequencies, dim, base, factor, oldContext, fast, slow);
                return withMagnitude(yarnMagnitude(factor, 1) * hyper.positive(null, "rope.scaling.yarn_attn_factor", more));
            }
            default -> throw unsupported(hyper, type);
        }
        Optional<float[]> factors = weights.optionalVector("rope_freqs.weight", frequencies.length);
        if (factors.isPresent()) {
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] /= factors.get()[i];
            }
        }
        return this;
    }

    private Rope scaledAsHuggingFace(Hyper hyper, double base) {
        String where = hyper.has("rope_scaling.rope_type", null) || hyper.has("rope_scaling.type", null)
                ? "rope_scaling."
                : hyper.has("rope_parameters.full_attention", null) ? "rope_parameters.full_attention." : "rope_parameters.";
        String type = hyper.text(where + "rope_type", null).or(() -> hyper.text(where + "type", null)).orElse("default");
        // Early files of Phi-3 call LongRoPE "su", some even "yarn"; nothing else has these factors.
        if (hyper.has(where + "long_factor", null)) {
            return longRope(hyper, where, base);
        }
        switch (type) {
            case "default", "dynamic" -> { }
            case "linear" -> divide(frequencies, factor(hyper, where + "factor"));
            case "llama3" -> scaleAsLlama3(
                    frequencies,
                    factor(hyper, where + "factor"),
                    factor(hyper, where + "low_freq_factor"),
                    factor(hyper, where + "high_freq_factor"),
                    factor(hyper, where + "original_max_position_embeddings"));
            case "yarn" -> {
                double context = hyper.positive("max_position_embeddings", null, 2048);
                double oldContext = hyper.positive(where + "original_max_position_embeddings", null, context);
                // As transformers 4 does, which heeds the factor only if the old context is not given.
                double factor = where.equals("rope_scaling.") && hyper.has(where + "original_max_position_embeddings", null)
                        ? context / oldContext
                        : factor(hyper, where + "factor");
                double fast = hyper.positive(where + "beta_fast", null, 32);
                double slow = hyper.positive(where + "beta_slow", null, 1);
                scaleAsYarn(frequencies, dim, base, factor, oldContext, fast, slow);
                boolean relative = hyper.has(where + "mscale", null) && hyper.has(where + "mscale_all_dim", null);
                double magnitude = relative
                        ? yarnMagnitude(factor, factor(hyper, where + "mscale"))
                                / yarnMagnitude(factor, factor(hyper, where + "mscale_all_dim"))
                        : yarnMagnitude(factor, 1);
                return withMagnitude(hyper.positive(where + "attention_factor", null, magnitude));
            }
            default -> throw unsupported(hyper, type);
        }
        return this;
    }

    private Rope longRope(Hyper hyper, String where, double base) {
        int context = hyper.integer("max_position_embeddings", null, 2048, 1, Integer.MAX_VALUE);
        int inside = hyper.integer(where + "original_max_position_embeddings", null, 0, 0, context);
        int original = hyper.integer("original_max_position_embeddings", null, inside, 0, context);
        double factor = original > 0 ? (double) context / original : factor(hyper, where + "factor");
        int oldContext = original > 0 ? original : context;
        double magnitude = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(oldContext));
        return scaledAsLongRope(
                base,
                hyper.numbers(where + "short_factor", dim / 2),
                hyper.numbers(where + "long_factor", dim / 2),
                hyper.positive(where + "attention_factor", null, magnitude),
                oldContext);
    }

    /** Each frequency is divided by a factor of its own, by another in sequences beyond the old context (Ding et al. 2024). */
    private Rope scaledAsLongRope(double base, float[] shortFactors, float[] longFactors, double magnitude, int oldContext) {
        Rope beyond = new Rope(dim, interleaved, stretched(base, longFactors), (float) magnitude);
        return new Rope(dim, interleaved, stretched(base, shortFactors), (float) magnitude, oldContext, beyond);
    }

    private float[] stretched(double base, float[] factors) {
        float[] frequencies = new float[dim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = 1f / (factors[i] * (float) Math.pow(base, 2f * i / dim));
        }
        return frequencies;
    }

    private Rope withMagnitude(double value) {
        return new Rope(dim, interleaved, frequencies, (float) value);
    }

    private static double yarnMagnitude(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    /**
     * Elements that turn more than {@code fast} times over the old context keep their frequency, those
     * that turn less than {@code slow} times are stretched, the others lie between (Peng et al. 2023).
     */
    private static void scaleAsYarn(
            float[] frequencies, int dim, double base, double factor, double oldContext, double fast, double slow) {
        double low = Math.max(0, Math.floor(turning(fast, dim, base, oldContext)));
        double high = Math.min(dim - 1, Math.ceil(turning(slow, dim, base, oldContext)));
        float width = (float) (low == high ? 0.001 : high - low);
        for (int i = 0; i < frequencies.length; i++) {
            float kept = 1 - Math.clamp((i - (float) low) / width, 0f, 1f);
            float stretched = 1f / ((float) factor * (1f / frequencies[i]));
            frequencies[i] = stretched * (1 - kept) + frequencies[i] * kept;
        }
    }

    /** The index whose frequency turns that many times over the old context. */
    private static double turning(double turns, int dim, double base, double oldContext) {
        return dim * Math.log(oldContext / (turns * 2 * Math.PI)) / (2 * Math.log(base));
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
            cos[offset + i] = (float) Math.cos(angle) * magnitude;
            sin[offset + i] = (float) Math.sin(angle) * magnitude;
        }
    }
}
