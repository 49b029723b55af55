package org.djlquant.engine;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.format.ggml.GgmlOptions;
import org.djlquant.kernel.ActivationType;
import org.djlquant.kernel.IntegerKernels;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.LayerCache;
import org.djlquant.model.ModelOptions;
import org.djlquant.quantize.Quantizer;
import org.djlquant.runtime.Workers;

/**
 * The options of a load, checked: {@code Criteria.optOption}, or {@code option.*} in
 * serving.properties. An unknown option is an error, because a misspelt one would be ignored silently.
 *
 * @param file name of one model file in a folder with several ({@code file})
 * @param threads size of a team of threads of its own ({@code threads}); the shared team if absent
 * @param maxModelLen most positions of a sequence ({@code max_model_len} or {@code n_ctx}); 0 as trained
 * @param kvCacheType {@code kv_cache_dtype}, or absent for the default
 * @param kvCacheBytes most bytes of the KV caches of all requests ({@code kv_cache_memory_bytes}); 0 for a share of the memory
 * @param prefixCaching whether prompts are kept for others that begin alike ({@code enable_prefix_caching})
 * @param packedCache folder where packed weights are kept ({@code packed_cache})
 * @param activations how matrices take their activations ({@code activations}), or absent for the default
 * @param quantization what float matrices become on loading ({@code quantize}, {@code load_in_4bit} …)
 * @param llmInt8Threshold magnitude from which on activations of INT8 weights stay floats
 *     ({@code llm_int8_threshold}); 0 for all of them
 * @param rmsNormEps {@code rms_norm_eps} of a legacy GGML file
 * @param ropeTheta {@code rope_theta} of a legacy GGML file
 */
record QuantOptions(
        Optional<String> file,
        Optional<Integer> threads,
        int maxModelLen,
        Optional<LayerCache.Type> kvCacheType,
        long kvCacheBytes,
        boolean prefixCaching,
        Optional<String> packedCache,
        Optional<ActivationType> activations,
        Optional<LoadQuantization> quantization,
        float llmInt8Threshold,
        Optional<Double> rmsNormEps,
        Optional<Double> ropeTheta) {

    private static final Map<String, String> KNOWN = new LinkedHashMap<>();

    static {
        KNOWN.put("threads", "compute threads of this model, by default those of the JVM");
        KNOWN.put("max_model_len", "most tokens of a sequence (alias n_ctx)");
        KNOWN.put("n_ctx", null);
        KNOWN.put("kv_cache_dtype", "float32, float16 or int8");
        KNOWN.put("kv_cache_memory_bytes", "most memory of the KV caches of all requests together; by default a share of what is left");
        KNOWN.put("enable_prefix_caching", "false: do not keep what prompts computed for others that begin alike");
        KNOWN.put("packed_cache", "folder where packed weights are kept, so that the next load only maps them; by default none is");
        KNOWN.put("activations", "float32, or int8: weights of up to 5 bits multiply activations rounded to 8 bits, as in llama.cpp");
        KNOWN.put("quantize", "quantize float weights on loading: " + String.join(", ", Quantizer.schemes()));
        KNOWN.put("load_in_4bit", "true: quantize float weights on loading as bitsandbytes does");
        KNOWN.put("bnb_4bit_quant_type", "of load_in_4bit: fp4 (default) or nf4");
        KNOWN.put("bnb_4bit_use_double_quant", "of load_in_4bit: true quantizes the scales too");
        KNOWN.put("bnb_4bit_compute_dtype", "of load_in_4bit: taken for compatibility, always computed in float32");
        KNOWN.put("load_in_8bit", "true: quantize float weights to INT8 on loading as bitsandbytes does");
        KNOWN.put("llm_int8_skip_modules", "modules that are not quantized on loading, with commas between them");
        KNOWN.put("llm_int8_threshold", "of INT8 weights: activations below it become 8 bits too; 0 (default): none do");
        KNOWN.put("dynamic_int8", "true: 8 bits for the float weights and for the activations of a call, as torch does");
        KNOWN.put("rms_norm_eps", "for legacy GGML files, which do not store it");
        KNOWN.put("rope_theta", "for legacy GGML files, which do not store it");
        KNOWN.put("file", "one of several model files in a folder");
        // DJL's own: the application's loader or BaseModel reads them, or PyTorch would
        for (String djl : new String[] {"modelName", "epoch", "hasParameter", "trainParam", "mapLocation", "extraFiles"}) {
            KNOWN.put(djl, null);
        }
    }

    /**
     * Reads the options.
     *
     * @param options as DJL passes them; {@code null} for none
     * @throws UnsupportedModelException for an unknown name; the message lists the known ones
     * @throws IllegalArgumentException for a bad value
     */
    static QuantOptions parse(Map<String, ?> options) {
        Map<String, ?> given = options == null ? Map.of() : options;
        for (String name : given.keySet()) {
            if (!KNOWN.containsKey(name)) {
                throw new UnsupportedModelException("unknown option " + name + "; known are" + describe());
            }
        }
        if (given.containsKey("max_model_len") && given.containsKey("n_ctx")) {
            throw new IllegalArgumentException("options max_model_len and n_ctx mean the same, give one of them");
        }
        return new QuantOptions(
                text(given, "file"),
                whole(given, "threads", 1, 1024),
                whole(given, "max_model_len", 1, Integer.MAX_VALUE)
                        .or(() -> whole(given, "n_ctx", 1, Integer.MAX_VALUE))
                        .orElse(0),
                text(given, "kv_cache_dtype").flatMap(QuantOptions::kvCacheType),
                bytes(given, "kv_cache_memory_bytes"),
                flag(given, "enable_prefix_caching", true),
                text(given, "packed_cache"),
                text(given, "activations").map(QuantOptions::activations),
                LoadQuantization.parse(given),
                number(given, "llm_int8_threshold", true).orElse(0.0).floatValue(),
                number(given, "rms_norm_eps", false),
                number(given, "rope_theta", false));
    }

    private static String describe() {
        StringBuilder text = new StringBuilder();
        KNOWN.forEach((name, meaning) -> {
            if (meaning != null) {
                text.append("\n  ").append(name).append(": ").append(meaning);
            }
        });
        return text.toString();
    }

    /** The text of an option; blank is as if it were not given. */
    static Optional<String> text(Map<String, ?> options, String name) {
        return Optional.ofNullable(options.get(name)).map(Object::toString).filter(value -> !value.isBlank());
    }

    /** A switch, off if it is not given. */
    static boolean flag(Map<String, ?> options, String name) {
        return flag(options, name, false);
    }

    private static boolean flag(Map<String, ?> options, String name, boolean byDefault) {
        return text(options, name)
                .map(value -> switch (value.strip().toLowerCase(Locale.ROOT)) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw new IllegalArgumentException(
                            "option " + name + " must be true or false, found " + value);
                })
                .orElse(byDefault);
    }

    /** A number of bytes above 0, or 0 if it is not given. */
    private static long bytes(Map<String, ?> options, String name) {
        return text(options, name)
                .map(value -> {
                    if (!value.strip().matches("[1-9]\\d{0,17}")) {
                        throw new IllegalArgumentException(
                                "option " + name + " must be a whole number of bytes above 0, found " + value);
                    }
                    return Long.parseLong(value.strip());
                })
                .orElse(0L);
    }

    private static Optional<Integer> whole(Map<String, ?> options, String name, int min, int max) {
        return text(options, name).map(value -> {
            try {
                int number = Integer.parseInt(value.strip());
                if (number >= min && number <= max) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // reported below like a number out of range
            }
            throw new IllegalArgumentException("option " + name + " must be a whole number "
                    + (max == Integer.MAX_VALUE ? "of at least " + min : "from " + min + " to " + max) + ", found " + value);
        });
    }

    private static Optional<Double> number(Map<String, ?> options, String name, boolean orZero) {
        return text(options, name).map(value -> {
            try {
                double number = Double.parseDouble(value.strip());
                if ((number > 0 || orZero && number == 0) && number < Float.MAX_VALUE) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // reported below like a number out of range
            }
            throw new IllegalArgumentException(
                    "option " + name + " must be " + (orZero ? "0 or " : "") + "a number above 0, found " + value);
        });
    }

    /**
     * Opens a checkpoint with the hyper-parameters that legacy GGML files lack.
     *
     * @throws IllegalArgumentException if they are given for another file
     */
    Checkpoint open(Path path) {
        if (Checkpoints.isLegacyGgml(path)) {
            GgmlOptions usual = GgmlOptions.DEFAULT;
            return Checkpoints.open(path, new GgmlOptions(
                    rmsNormEps.orElse(usual.rmsNormEps()),
                    ropeTheta.orElse(usual.ropeFreqBase()),
                    maxModelLen > 0 ? maxModelLen : usual.contextLength()));
        }
        if (rmsNormEps.isPresent() || ropeTheta.isPresent()) {
            throw new IllegalArgumentException(
                    "options rms_norm_eps and rope_theta are for legacy GGML files, but " + path + " states its own");
        }
        return Checkpoints.open(path);
    }

    private static Optional<LayerCache.Type> kvCacheType(String value) {
        return switch (value.strip().toLowerCase(Locale.ROOT)) {
            case "auto" -> Optional.empty();
            case "float32", "f32", "fp32" -> Optional.of(LayerCache.Type.F32);
            case "float16", "f16", "fp16", "half" -> Optional.of(LayerCache.Type.F16);
            case "int8", "q8_0", "q8" -> Optional.of(LayerCache.Type.Q8);
            default -> throw new IllegalArgumentException(
                    "option kv_cache_dtype must be auto, float32, float16 or int8, found " + value);
        };
    }

    private static ActivationType activations(String value) {
        try {
            return ActivationType.of(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("option " + e.getMessage(), e);
        }
    }

    /**
     * The scheme for the Linears of a user's block, if they are to be quantized.
     *
     * @throws IllegalArgumentException if options were given that only a language model has
     */
    Optional<String> schemeOfBlock() {
        if (llmInt8Threshold > 0) {
            throw new IllegalArgumentException("option llm_int8_threshold is for language models, not for blocks");
        }
        if (activations.isPresent()) {
            throw new IllegalArgumentException("option activations is for language models, not for blocks");
        }
        return quantization.map(LoadQuantization::schemeOfBlock);
    }

    /** The options of a language model that runs on the given threads. */
    ModelOptions modelOptions(Workers workers) {
        Kernels kernels = KernelsProvider.get().kernels();
        boolean dynamic = quantization.filter(q -> q.scheme().equals(LoadQuantization.DYNAMIC)).isPresent();
        if (dynamic || llmInt8Threshold > 0) {
            kernels = new IntegerKernels(kernels, llmInt8Threshold);
        }
        if (activations.isPresent() && activations.get() == ActivationType.INT8) {
            kernels = kernels.withActivations(ActivationType.INT8);
        }
        ModelOptions options = ModelOptions.of(kernels, workers)
                .withMaxModelLen(maxModelLen)
                .withKvCacheBytes(kvCacheBytes)
                .withPrefixCaching(prefixCaching)
                .withPackedCache(packedCache.map(Path::of).orElse(null));
        return kvCacheType.map(options::withKvCacheType).orElse(options);
    }
}
