package org.djlquant.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.djlquant.quant.Bnb4;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.quantize.Quantizer;

/**
 * What float matrices become on loading: the option {@code quantize}, and those of transformers'
 * BitsAndBytesConfig, which mean what they mean there. Immutable.
 *
 * @param scheme one of {@link Quantizer#schemes()}
 * @param nested whether the maxima of NF4 and FP4 blocks are quantized too
 *     ({@code bnb_4bit_use_double_quant})
 * @param throughHalf whether weights are rounded to float16 first, as Linear8bitLt of bitsandbytes does
 * @param skipped modules that stay as they are ({@code llm_int8_skip_modules})
 */
record LoadQuantization(String scheme, boolean nested, boolean throughHalf, List<String> skipped) {
    /** Weights in 8 bits, and activations too. */
    static final String DYNAMIC = "DYNAMIC_INT8";

    private static final List<String> COMPUTE_TYPES = List.of("float32", "float16", "bfloat16");

    /**
     * Reads the options.
     *
     * @return empty if nothing is to be quantized
     * @throws IllegalArgumentException for a bad value, or options that contradict each other
     */
    static Optional<LoadQuantization> parse(Map<String, ?> options) {
        boolean fourBit = QuantOptions.flag(options, "load_in_4bit");
        boolean eightBit = QuantOptions.flag(options, "load_in_8bit");
        boolean dynamic = QuantOptions.flag(options, "dynamic_int8");
        Optional<String> named = QuantOptions.text(options, "quantize").map(LoadQuantization::scheme);
        List<String> asked = new ArrayList<>();
        named.ifPresent(scheme -> asked.add("quantize"));
        if (fourBit) {
            asked.add("load_in_4bit");
        }
        if (eightBit) {
            asked.add("load_in_8bit");
        }
        if (dynamic) {
            asked.add("dynamic_int8");
        }
        if (asked.size() > 1) {
            throw new IllegalArgumentException(
                    "options " + String.join(" and ", asked) + " contradict each other, give one of them");
        }
        Stream.of("bnb_4bit_quant_type", "bnb_4bit_use_double_quant", "bnb_4bit_compute_dtype")
                .filter(name -> !fourBit && QuantOptions.text(options, name).isPresent())
                .findFirst()
                .ifPresent(name -> {
                    throw new IllegalArgumentException("option " + name + " has no effect without load_in_4bit=true");
                });
        List<String> skipped = modules(options.get("llm_int8_skip_modules"));
        if (asked.isEmpty() && !skipped.isEmpty()) {
            throw new IllegalArgumentException(
                    "option llm_int8_skip_modules has no effect without load_in_8bit=true, load_in_4bit=true or quantize");
        }
        QuantOptions.text(options, "bnb_4bit_compute_dtype").ifPresent(LoadQuantization::requireComputeType);
        if (asked.isEmpty()) {
            return Optional.empty();
        }
        String scheme = fourBit ? fourBitScheme(options) : eightBit ? "INT8" : dynamic ? DYNAMIC : named.orElseThrow();
        boolean nested = QuantOptions.flag(options, "bnb_4bit_use_double_quant");
        return Optional.of(new LoadQuantization(scheme, nested, eightBit, skipped));
    }

    private static String scheme(String value) {
        String name = value.strip().toUpperCase(Locale.ROOT);
        if (!Quantizer.schemes().contains(name)) {
            throw new IllegalArgumentException(
                    "option quantize must be one of " + String.join(", ", Quantizer.schemes()) + ", found " + value);
        }
        return name;
    }

    /** FP4 unless told otherwise, as in transformers. */
    private static String fourBitScheme(Map<String, ?> options) {
        String type = QuantOptions.text(options, "bnb_4bit_quant_type").orElse("fp4");
        return switch (type.strip().toLowerCase(Locale.ROOT)) {
            case "nf4" -> "NF4";
            case "fp4" -> "FP4";
            default -> throw new IllegalArgumentException("option bnb_4bit_quant_type must be nf4 or fp4, found " + type);
        };
    }

    private static void requireComputeType(String value) {
        if (!COMPUTE_TYPES.contains(value.strip().toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("option bnb_4bit_compute_dtype must be one of "
                    + String.join(", ", COMPUTE_TYPES) + ", found " + value);
        }
    }

    /** A list, or names with commas between them. */
    private static List<String> modules(Object value) {
        Stream<String> names = switch (value) {
            case null -> Stream.empty();
            case Collection<?> list -> list.stream().map(Object::toString);
            default -> Arrays.stream(value.toString().split(","));
        };
        return names.map(String::strip).filter(name -> !name.isEmpty()).toList();
    }

    /** Whether a module is skipped: by the last part of its name, its whole name or the name of a parent. */
    boolean skips(String module) {
        String last = module.substring(module.lastIndexOf('.') + 1);
        return skipped.stream().anyMatch(name -> name.equals(last) || name.equals(module) || module.contains(name + "."));
    }

    /** Quantizes a float matrix. */
    WeightMatrix apply(WeightMatrix floats) {
        WeightMatrix source = throughHalf && !floats.scheme().equals("F16") ? Quantizer.quantize(floats, "F16") : floats;
        WeightMatrix quantized = Quantizer.quantize(source, scheme);
        return nested ? Quantizer.nestMaxima((Bnb4) quantized) : quantized;
    }

    /**
     * The scheme for the Linears of a user's block.
     *
     * @throws IllegalArgumentException if options were given that only a language model has
     */
    String schemeOfBlock() {
        if (nested || throughHalf || !skipped.isEmpty()) {
            throw new IllegalArgumentException("options load_in_8bit, bnb_4bit_use_double_quant and llm_int8_skip_modules are "
                    + "for language models; the Linears of a block take quantize, e.g. quantize=INT8");
        }
        return scheme;
    }

    @Override
    public String toString() {
        return scheme + (nested ? " with double quantization" : "") + (throughHalf ? " of weights rounded to float16" : "");
    }
}
