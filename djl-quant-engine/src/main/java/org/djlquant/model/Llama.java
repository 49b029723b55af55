package org.djlquant.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.LayerCache;

/**
 * Llama 1 to 3 and what is built like it: pre-norm layers with RMS norms, grouped-query attention
 * with RoPE and a gated MLP. Architectures that differ in a detail override the method of that detail.
 */
class Llama implements Architecture {
    /** What the parts of a layer are made from. */
    record Sizes(Hyper hyper, Weights weights, int hidden, int feedForward, LayerCache.Shape heads, float eps) {
        int queryWidth() {
            return heads.heads() * heads.headDim();
        }

        int keyWidth() {
            return heads.kvHeads() * heads.headDim();
        }
    }

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

    /** Whether the head is the embedding when config.json does not say. */
    boolean tiedByDefault() {
        return false;
    }

    /** The sliding window of a layer in tokens, {@link Integer#MAX_VALUE} for none. */
    int window(Hyper hyper, int layer) {
        return hyper.gguf() ? hyper.slidingWindow() : Integer.MAX_VALUE;
    }

    Activation activation(Hyper hyper) {
        return Activation.of(hyper.text("hidden_act", null).orElse("silu"), hyper.path());
    }

    /** Factor on token embeddings. */
    float embeddingScale(int hidden) {
        return 1;
    }

    Norm norm(Sizes s, String module, int width) {
        return new RmsNorm(s.weights.vector(module + ".weight", width), s.eps);
    }

    /** Norm of each head's queries or keys, or {@code null}. */
    Norm headNorm(Sizes s, String module) {
        return null;
    }

    /** Whether queries, keys and values must have a bias. */
    boolean qkvBias(Hyper hyper) {
        return outputBias(hyper);
    }

    /** Whether the output projection of the attention must have a bias. */
    boolean outputBias(Hyper hyper) {
        return hyper.flag("attention_bias", null, false);
    }

    Linear[] queriesKeysValues(Sizes s, String p) {
        boolean bias = qkvBias(s.hyper);
        return new Linear[] {
            s.weights.linear(p + s.weights.pick("self_attn.q_proj", "attn_q"), s.queryWidth(), s.hidden, bias),
            s.weights.linear(p + s.weights.pick("self_attn.k_proj", "attn_k"), s.keyWidth(), s.hidden, bias),
            s.weights.linear(p + s.weights.pick("self_attn.v_proj", "attn_v"), s.keyWidth(), s.hidden, bias)
        };
    }

    Linear[] gateAndUp(Sizes s, String p) {
        boolean bias = s.hyper.flag("mlp_bias", null, false);
        return new Linear[] {
            s.weights.linear(p + s.weights.pick("mlp.gate_proj", "ffn_gate"), s.feedForward, s.hidden, bias),
            s.weights.linear(p + s.weights.pick("mlp.up_proj", "ffn_up"), s.feedForward, s.hidden, bias)
        };
    }

    private Block block(Sizes s, int layer, Rope rope, Activation activation) {
        Weights w = s.weights;
        String p = w.pick("model.layers.", "blk.") + layer + ".";
        LayerCache.Shape h = s.heads;
        LayerCache.Shape shape =
                new LayerCache.Shape(h.heads(), h.kvHeads(), h.headDim(), h.scale(), window(s.hyper, layer), h.half());
        Norm attentionNorm = norm(s, p + w.pick("input_layernorm", "attn_norm"), s.hidden);
        Attention attention = new Attention(
                shape,
                queriesKeysValues(s, p),
                w.linear(p + w.pick("self_attn.o_proj", "attn_output"), s.hidden, s.queryWidth(), outputBias(s.hyper)),
                rope,
                headNorm(s, p + w.pick("self_attn.q_norm", "attn_q_norm")),
                headNorm(s, p + w.pick("self_attn.k_norm", "attn_k_norm")));
        Norm mlpNorm = norm(s, p + w.pick("post_attention_layernorm", "ffn_norm"), s.hidden);
        Linear down = w.linear(
                p + w.pick("mlp.down_proj", "ffn_down"), s.hidden, s.feedForward, s.hyper.flag("mlp_bias", null, false));
        return new Block(attentionNorm, attention, mlpNorm, new Mlp(gateAndUp(s, p), down, activation));
    }

    @Override
    public final DecoderParts build(Hyper hyper, Weights weights) {
        if (hyper.integer("num_local_experts", "expert_count", 0, 0, Integer.MAX_VALUE) > 0) {
            throw new UnsupportedModelException(hyper.path() + ": mixtures of experts are not supported");
        }
        int hidden = hyper.integer("hidden_size", "embedding_length", 1, Hyper.MAX_WIDTH);
        int layers = hyper.integer("num_hidden_layers", "block_count", 1, Hyper.MAX_LAYERS);
        int feedForward = hyper.integer("intermediate_size", "feed_forward_length", 1, Hyper.MAX_WIDTH);
        int context = hyper.integer("max_position_embeddings", "context_length", 2048, 1, Integer.MAX_VALUE);
        float eps = (float) hyper.positive("rms_norm_eps", "attention.layer_norm_rms_epsilon", 1e-6);
        Sizes sizes = new Sizes(hyper, weights, hidden, feedForward, hyper.heads("num_attention_heads", hidden), eps);
        Rope rope = Rope.read(hyper, weights, sizes.heads.headDim(), hyper.gguf() && interleavedInGguf());
        Activation activation = activation(hyper);

        String embedding = weights.pick("model.embed_tokens", "token_embd");
        String head = weights.pick("lm_head", "output");
        int vocabulary = hyper.gguf() ? weights.rows(embedding) : hyper.integer("vocab_size", null, 1, Hyper.MAX_VOCABULARY);
        boolean tied = hyper.flag("tie_word_embeddings", null, !hyper.gguf() && tiedByDefault()) || !weights.has(head);
        Linear logits = weights.linear(tied ? embedding : head, vocabulary, hidden, false);
        Embedding.Rows tokens = tied ? logits::decodeRow : weights.rows(embedding, vocabulary, hidden);

        List<Block> blocks = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            blocks.add(block(sizes, layer, rope, activation));
        }
        Norm finalNorm = norm(sizes, weights.pick("model.norm", "output_norm"), hidden);
        return new DecoderParts(
                name(), vocabulary, hidden, context, new Embedding(tokens, embeddingScale(hidden)), blocks, finalNorm, logits);
    }
}
