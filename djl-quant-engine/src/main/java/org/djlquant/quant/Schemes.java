package org.djlquant.quant;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The one registry of schemes: a new one is a file in this package and a line here. */
public final class Schemes {
    private static final Map<String, BlockScheme> BY_NAME = new LinkedHashMap<>();

    static {
        register(new F32());
        register(new F16());
        register(new BF16());
        register(new Q4_0());
        register(new Q4_1());
        register(new Q5_0());
        register(new Q5_1());
        register(new Q8_0());
        register(new Q2_K());
        register(new Q3_K());
        register(new Q4_K());
        register(new Q5_K());
        register(new Q6_K());
        register(new IQ4_NL());
        register(new IQ4_XS());
        register(new IQ3_S());
        register(new IQ3_XXS());
        register(new IQ2_S());
        register(new IQ2_XS());
        register(new IQ2_XXS());
        register(new IQ1_M());
        register(new IQ1_S());
        register(new TQ1_0());
        register(new TQ2_0());
        register(new MXFP4());
        register(new NVFP4());
        register(new Q2_0());
        register(new Q1_0());
        register(new Q8_1());
        register(new Q8_K());
        register(GgjtBlock.of("Q4_0_GGJT1", 4, 32, 8, true, true));
        register(GgjtBlock.of("Q4_1_GGJT1", 4, 32, 0, true, true));
        register(GgjtBlock.of("Q4_2_GGJT1", 4, 16, 8, false, true));
        register(GgjtBlock.of("Q5_0_GGJT1", 5, 32, 16, false, true));
        register(GgjtBlock.of("Q5_1_GGJT1", 5, 32, 0, false, true));
        register(GgjtBlock.of("Q4_0_GGJT2", 4, 32, 8, true, false));
        register(GgjtBlock.of("Q4_1_GGJT2", 4, 32, 0, true, false));
        register(GgjtBlock.of("Q8_0_GGJT2", 8, 32, 128, true, false));
    }

    private Schemes() {}

    private static void register(BlockScheme scheme) {
        BY_NAME.put(scheme.name(), scheme);
    }

    /** The block scheme of a name such as {@code Q4_K}, or {@code null} if there is none. */
    public static BlockScheme block(String name) {
        return BY_NAME.get(name);
    }

    /**
     * The block scheme that a type name meant in legacy GGML files.
     *
     * @param name e.g. {@code Q4_0}
     * @param version of {@code ggjt}; 0 or 1 for the older {@code ggml} and {@code ggmf}
     * @return the scheme, or {@code null} if there is none
     */
    public static BlockScheme legacy(String name, int version) {
        String suffix = version >= 3 ? "" : version == 2 || name.equals("Q8_0") ? "_GGJT2" : "_GGJT1";
        // types whose layout never changed keep their name
        return BY_NAME.getOrDefault(name + suffix, BY_NAME.get(name));
    }

    /** All block schemes by name, in order of registration. */
    public static Map<String, BlockScheme> blocks() {
        return Collections.unmodifiableMap(BY_NAME);
    }

    /** Names of the schemes that {@link #open} knows. */
    public static List<String> ofModules() {
        return List.of("GPTQ", "AWQ", "NF4", "FP4", "INT8");
    }

    /**
     * Opens a matrix that is stored as several tensors: GPTQ, AWQ, NF4, FP4 and LLM.int8().
     *
     * @return the matrix, or {@code null} if the module is stored in none of these forms
     * @throws IllegalArgumentException if its tensors contradict each other or the settings
     * @throws UnsupportedOperationException if it is in a variant that is not supported
     */
    public static WeightMatrix open(StoredModule module) {
        if (module.tensor("qweight") != null) {
            String method = module.config().string("quant_method").orElseGet(
                    () -> module.config().has("w_bit") ? "awq" : "gptq");
            return switch (method.toLowerCase(Locale.ROOT)) {
                case "gptq" -> Gptq.of(module);
                case "awq" -> Awq.of(module);
                default -> null;
            };
        }
        if (Bnb4.isStoredIn(module)) {
            return Bnb4.of(module);
        }
        return module.tensor("SCB") != null ? Int8Rows.of(module) : null;
    }
}
