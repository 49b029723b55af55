package org.djlquant.model;

import java.util.Set;
import org.djlquant.kernel.LayerCache;

/**
 * Gemma 2: Gemma with bounds on the scores of attention and on the logits, norms after each sub-layer
 * too, and a sliding window in every other layer, beginning with the first.
 */
class Gemma2 extends Gemma {
    @Override
    public String name() {
        return "gemma2";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("Gemma2ForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("gemma2");
    }

    /** GGUF does not store the scale of the scores; only the model of this many layers has another than 1/√headDim. */
    int layersOfTheScaledModel() {
        return 46;
    }

    @Override
    LayerCache.Shape heads(Hyper hyper, int hidden) {
        LayerCache.Shape heads = super.heads(hyper, hidden);
        boolean scaled = hyper.integer("num_hidden_layers", "block_count", 1, Hyper.MAX_LAYERS) == layersOfTheScaledModel();
        double scalar = hyper.gguf()
                ? scaled ? hidden / heads.heads() : heads.headDim()
                : hyper.positive("query_pre_attn_scalar", null, 256);
        return heads.withScale((float) (1 / Math.sqrt(scalar))).withSoftCap(scoresSoftCap(hyper));
    }

    /** Bound of the scores of attention, or 0 for none. */
    float scoresSoftCap(Hyper hyper) {
        return cap(hyper, "attn_logit_softcapping", 50);
    }

    @Override
    float logitsSoftCap(Hyper hyper) {
        return cap(hyper, "final_logit_softcapping", 30);
    }

    /** A bound that config.json switches off by null; GGUF files of the first days lack the keys. */
    static float cap(Hyper hyper, String key, double inGguf) {
        return hyper.has(key, key) || hyper.gguf() && inGguf > 0 ? (float) hyper.positive(key, key, inGguf) : 0;
    }

    /** The window where none is given, or 0 for none. */
    int defaultWindow(Hyper hyper) {
        return 4096;
    }

    /** Every how many layers one has full attention. */
    int period(Hyper hyper) {
        return 2;
    }

    @Override
    int window(Hyper hyper, int layer) {
        boolean local = hyper.slides(layer).orElseGet(() -> (layer + 1) % period(hyper) != 0);
        return local ? hyper.slidingWindow(defaultWindow(hyper)) : Integer.MAX_VALUE;
    }

    @Override
    Norms attentionNorms(Sizes s, String p) {
        return Norms.around(
                norm(s, p + s.weights().pick("input_layernorm", "attn_norm"), s.hidden()),
                norm(s, p + s.weights().pick("post_attention_layernorm", "post_attention_norm"), s.hidden()));
    }

    @Override
    Norms mlpNorms(Sizes s, String p) {
        return Norms.around(
                norm(s, p + s.weights().pick("pre_feedforward_layernorm", "ffn_norm"), s.hidden()),
                norm(s, p + s.weights().pick("post_feedforward_layernorm", "post_ffw_norm"), s.hidden()));
    }
}
