package org.djlquant.model;

import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * The text part of Gemma 3: Gemma 2 with norms on the heads of queries and keys instead of bounded
 * scores, and five layers with a window and a rotation of their own to one with full attention.
 */
final class Gemma3 extends Gemma2 {
    /** What config.json of the models that also see leaves out. */
    private static final Map<String, Number> DEFAULTS = Map.of(
            "vocab_size", 262208,
            "num_attention_heads", 8,
            "num_key_value_heads", 4,
            "head_dim", 256,
            "max_position_embeddings", 131072,
            "rope_parameters.full_attention.rope_theta", 1e6);

    @Override
    public String name() {
        return "gemma3_text";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("Gemma3ForCausalLM", "Gemma3ForConditionalGeneration");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("gemma3");
    }

    /** Models that also see keep the text part in an object of its own, and under other names. */
    @Override
    public DecoderParts build(Hyper hyper, Weights weights) {
        boolean nested = hyper.has("text_config", null);
        String root = "model.";
        for (String other : new String[] {"language_model.model.", "model.language_model."}) {
            root = weights.has(other + "embed_tokens") ? other : root;
        }
        return build(hyper.within(nested ? "text_config" : "", DEFAULTS), weights, root);
    }

    @Override
    int layersOfTheScaledModel() {
        return 62;
    }

    @Override
    float scoresSoftCap(Hyper hyper) {
        return 0;
    }

    @Override
    float logitsSoftCap(Hyper hyper) {
        return cap(hyper, "final_logit_softcapping", 0);
    }

    @Override
    int defaultWindow(Hyper hyper) {
        return hyper.gguf() ? 0 : 4096;
    }

    @Override
    int period(Hyper hyper) {
        int later = hyper.integer("_sliding_window_pattern", null, 6, 1, Hyper.MAX_LAYERS);
        return hyper.integer("sliding_window_pattern", "attention.sliding_window_pattern", later, 1, Hyper.MAX_LAYERS);
    }

    @Override
    IntFunction<Rope> ropes(Sizes s) {
        Rope global = super.ropes(s).apply(0);
        double later = s.hyper().positive("rope_parameters.sliding_attention.rope_theta", null, 10000);
        double base = s.hyper().positive("rope_local_base_freq", "rope.freq_base_swa", later);
        Rope local = Rope.plain(base, s.heads().headDim(), false);
        return layer -> window(s.hyper(), layer) == Integer.MAX_VALUE ? global : local;
    }

    @Override
    Norm headNorm(Sizes s, String module) {
        return norm(s, module, s.heads().headDim());
    }
}
