package org.djlquant.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.LayerCache;

/**
 * Llama 1 to 3 and what is built like it: pre-norm layers with RMS norms, grouped-query attention
 * with RoPE and a gated SiLU MLP. Architectures that differ in a detail override it.
 */
class Llama implements Architecture {
    @Override
    public String name() {
        return "llama";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("LlamaForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("llama");
    }

    /** Whether GGUF files hold queries and keys permuted for interleaved rotation. */
    boolean interleavedInGguf() {
        return true;
    }

    /** The sliding window of a layer in tokens. */
    int window(Hyper hyper, int layer) {
        return hyper.gguf() ? slidingWindow(hyper) : Integer.MAX_VALUE;
    }

    /** Whether queries, keys and values must have a bias. */
    boolean qkvBias(Hyper hyper) {
        return hyper.flag("attention_bias", null, false);
    }

    /** Whether the output projection of the attention must have a bias. */
    boolean outputBias(Hyper hyper) {
        return hyper.flag("attention_bias", null, false);
    }

    /** The window that the checkpoint names, if any. */
    static int slidingWindow(Hyper hyper) {
        int window = hyper.integer("sliding_window", "attention.sliding_window", 0, 0, Integer.MAX_VALUE);
        return window == 0 ? Integer.MAX_VALUE : window;
    }

    @Override
    public DecoderParts build(Hyper hyper, Weights weights) {
        if (hyper.integer("num_local_experts", "expert_count", 0, 0, Integer.MAX_VALUE) > 0) {
            throw new UnsupportedModelException(hyper.path() + ": mixtures of experts are not supported");
        }
        int hidden = hyper.integer("hidden_size", "embedding_length", 1, Hyper.MAX_WIDTH);
        int layers = hyper.integer("num_hidden_layers", "block_count", 1, Hyper.MAX_LAYERS);
        int feedForward = hyper.integer("intermediate_size", "feed_forward_length", 1, Hyper.MAX_WIDTH);
        int context = hyper.integer("max_position_embeddings", "context_length", 2048, 1, Integer.MAX_VALUE);
        float eps = (float) hyper.positive("rms_norm_eps", "attention.layer_norm_rms_epsilon", 1e-6);
        Activation activation = Activation.of(hyper.text("hidden_act", null).orElse("silu"), hyper.path());
        boolean mlpBias = hyper.flag("mlp_bias", null, false);
        LayerCache.Shape heads = heads(hyper, hidden);
        Rope rope = Rope.read(hyper, weights, heads.headDim(), hyper.gguf() && interleavedInGguf());

        String embedding = weights.pick("model.embed_tokens", "token_embd");
        String head = weights.pick("lm_head", "output");
        int vocabulary = hyper.gguf() ? weights.rows(embedding) : hyper.integer("vocab_size", null, 1, Hyper.MAX_VOCABULARY);
        boolean tied = hyper.flag("tie_word_embeddings", null, false) || !weights.has(head);
        Linear logits = weights.linear(tied ? embedding : head, vocabulary, hidden, false);
        Embedding.Rows tokens = tied ? logits::decodeRow : weights.rows(embedding, vocabulary, hidden);

        List<Block> blocks = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            String p = weights.pick("model.layers.", "blk.") + layer + ".";
            int queryWidth = heads.heads() * heads.headDim();
            int keyWidth = heads.kvHeads() * heads.headDim();
            Linear[] qkv = {
                weights.linear(p + weights.pick("self_attn.q_proj", "attn_q"), queryWidth, hidden, qkvBias(hyper)),
                weights.linear(p + weights.pick("self_attn.k_proj", "attn_k"), keyWidth, hidden, qkvBias(hyper)),
                weights.linear(p + weights.pick("self_attn.v_proj", "attn_v"), keyWidth, hidden, qkvBias(hyper))
            };
            Linear output = weights.linear(
                    p + weights.pick("self_attn.o_proj", "attn_output"), hidden, queryWidth, outputBias(hyper));
            Linear[] gateUp = {
                weights.linear(p + weights.pick("mlp.gate_proj", "ffn_gate"), feedForward, hidden, mlpBias),
                weights.linear(p + weights.pick("mlp.up_proj", "ffn_up"), feedForward, hidden, mlpBias)
            };
            Linear down = weights.linear(p + weights.pick("mlp.down_proj", "ffn_down"), hidden, feedForward, mlpBias);
            blocks.add(new Block(
                    norm(weights, p + weights.pick("input_layernorm", "attn_norm"), hidden, eps),
                    new Attention(withWindow(heads, window(hyper, layer)), qkv, output, rope),
                    norm(weights, p + weights.pick("post_attention_layernorm", "ffn_norm"), hidden, eps),
                    new Mlp(gateUp, down, activation)));
        }
        Norm finalNorm = norm(weights, weights.pick("model.norm", "output_norm"), hidden, eps);
        return new DecoderParts(
                name(), vocabulary, hidden, context, new Embedding(tokens, 1), blocks, finalNorm, logits);
    }

    private static Norm norm(Weights weights, String module, int width, float eps) {
        return new Norm(weights.vector(module + ".weight", width), eps);
    }

    /** Number and size of the heads, without window. */
    static LayerCache.Shape heads(Hyper hyper, int hidden) {
        int heads = hyper.integer("num_attention_heads", "attention.head_count", 1, Hyper.MAX_HEADS);
        int kvHeads = hyper.integer("num_key_value_heads", "attention.head_count_kv", heads, 1, heads);
        if (heads % kvHeads != 0) {
            throw hyper.contradiction("num_key_value_heads", "attention.head_count_kv",
                    "expected a divisor of the " + heads + " attention heads, found " + kvHeads);
        }
        boolean given = hyper.has("head_dim", "attention.key_length");
        if (!given && hidden % heads != 0) {
            throw hyper.contradiction("num_attention_heads", "attention.head_count",
                    "expected a divisor of the hidden size " + hidden + ", found " + heads);
        }
        int headDim = given ? hyper.integer("head_dim", "attention.key_length", 1, Hyper.MAX_HEAD_DIM) : hidden / heads;
        int valueDim = hyper.integer(null, "attention.value_length", headDim, 1, Hyper.MAX_HEAD_DIM);
        if (valueDim != headDim) {
            throw new UnsupportedModelException(hyper.path() + ": values of " + valueDim
                    + " elements beside keys of " + headDim + " are not supported; both must be equal");
        }
        return new LayerCache.Shape(heads, kvHeads, headDim, (float) (1 / Math.sqrt(headDim)), Integer.MAX_VALUE, false);
    }

    private static LayerCache.Shape withWindow(LayerCache.Shape s, int window) {
        return new LayerCache.Shape(s.heads(), s.kvHeads(), s.headDim(), s.scale(), window, s.half());
    }
}
