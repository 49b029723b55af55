package org.djlquant.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
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

    /** Whether neighbouring elements of a head are rotated together. GGUF holds queries and keys permuted so. */
    boolean interleaved(Hyper hyper) {
        return hyper.gguf();
    }

    /** Whether the head is the embedding when config.json does not say. */
    boolean tiedByDefault() {
        return false;
    }

    /** Number, size and scale of the heads, without window. */
    LayerCache.Shape heads(Hyper hyper, int hidden) {
        return hyper.heads("num_attention_heads", hidden);
    }

    /** The rotation of each layer; layers that share one must get the same instance. */
    IntFunction<Rope> ropes(Sizes s) {
        Rope rope = Rope.read(s.hyper, s.weights, s.heads.headDim(), interleaved(s.hyper));
        return layer -> rope;
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

    /** Bound of the logits, or 0 for none. */
    float logitsSoftCap(Hyper hyper) {
        return 0;
    }

    Norm norm(Sizes s, String module, int width) {
        return new RmsNorm(s.weights.vector(module + ".weight", width), s.eps);
    }

    Norms attentionNorms(Sizes s, String p) {
        return Norms.before(norm(s, p + s.weights.pick("input_layernorm", "attn_norm"), s.hidden));
    }

    Norms mlpNorms(Sizes s, String p) {
        return Norms.before(norm(s, p + s.weights.pick("post_attention_layernorm", "ffn_norm"), s.hidden));
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

    /** Three matrices, or one with the rows of all three. */
    private Linear[] queriesKeysValues(Sizes s, String p) {
        boolean bias = qkvBias(s.hyper);
        Weights w = s.weights;
        String fused = p + w.pick("self_attn.qkv_proj", "attn_qkv");
        if (w.has(fused)) {
            return new Linear[] {w.linear(fused, s.queryWidth() + 2 * s.keyWidth(), s.hidden, bias)};
        }
        return new Linear[] {
            w.linear(p + w.pick("self_attn.q_proj", "attn_q"), s.queryWidth(), s.hidden, bias),
            w.linear(p + w.pick("self_attn.k_proj", "attn_k"), s.keyWidth(), s.hidden, bias),
            w.linear(p + w.pick("self_attn.v_proj", "attn_v"), s.keyWidth(), s.hidden, bias)
        };
    }

    /** Two matrices, or one with the rows of both, which GGUF calls {@code ffn_up}. */
    private Linear[] gateAndUp(Sizes s, String p, boolean bias) {
        Weights w = s.weights;
        String gate = p + w.pick("mlp.gate_proj", "ffn_gate");
        String up = p + w.pick("mlp.up_proj", "ffn_up");
        String fused = p + w.pick("mlp.gate_up_proj", "ffn_up");
        if (!w.has(gate) && w.has(fused)) {
            return new Linear[] {w.linear(fused, 2 * s.feedForward, s.hidden, bias)};
        }
        return new Linear[] {w.linear(gate, s.feedForward, s.hidden, bias), w.linear(up, s.feedForward, s.hidden, bias)};
    }

    private Block block(Sizes s, int layer, String p, Rope rope, Activation activation) {
        Weights w = s.weights;
        Attention attention = new Attention(
                s.heads.withWindow(window(s.hyper, layer)),
                queriesKeysValues(s, p),
                w.linear(p + w.pick("self_attn.o_proj", "attn_output"), s.hidden, s.queryWidth(), outputBias(s.hyper)),
                rope,
                headNorm(s, p + w.pick("self_attn.q_norm", "attn_q_norm")),
                headNorm(s, p + w.pick("self_attn.k_norm", "attn_k_norm")));
        boolean bias = s.hyper.flag("mlp_bias", null, false);
        Linear down = w.linear(p + w.pick("mlp.down_proj", "ffn_down"), s.hidden, s.feedForward, bias);
        return new Block(attentionNorms(s, p), attention, mlpNorms(s, p), new Mlp(gateAndUp(s, p, bias), down, activation));
    }

    @Override
    public DecoderParts build(Hyper hyper, Weights weights) {
        return build(hyper, weights, "model.");
    }

    /** Builds from tensors whose names in Hugging Face files begin with {@code root}, but for the head. */
    final DecoderParts build(Hyper hyper, Weights weights, String root) {
        if (hyper.integer("num_local_experts", "expert_count", 0, 0, Integer.MAX_VALUE) > 0) {
            throw new UnsupportedModelException(hyper.path() + ": mixtures of experts are not supported");
        }
        int hidden = hyper.integer("hidden_size", "embedding_length", 1, Hyper.MAX_WIDTH);
        int layers = hyper.integer("num_hidden_layers", "block_count", 1, Hyper.MAX_LAYERS);
        int feedForward = hyper.integer("intermediate_size", "feed_forward_length", 1, Hyper.MAX_WIDTH);
        int context = hyper.integer("max_position_embeddings", "context_length", 2048, 1, Integer.MAX_VALUE);
        float eps = (float) hyper.positive("rms_norm_eps", "attention.layer_norm_rms_epsilon", 1e-6);
        Sizes sizes = new Sizes(hyper, weights, hidden, feedForward, heads(hyper, hidden), eps);
        IntFunction<Rope> ropes = ropes(sizes);
        Activation activation = activation(hyper);

        String embedding = weights.pick(root + "embed_tokens", "token_embd");
        String head = weights.pick("lm_head", "output");
        int vocabulary = hyper.gguf() ? weights.rows(embedding) : hyper.integer("vocab_size", null, 1, Hyper.MAX_VOCABULARY);
        boolean tied = hyper.flag("tie_word_embeddings", null, !hyper.gguf() && tiedByDefault()) || !weights.has(head);
        Linear logits = weights.linear(tied ? embedding : head, vocabulary, hidden, false);
        Embedding.Rows tokens = tied ? logits::decodeRow : weights.rows(embedding, vocabulary, hidden);

        List<Block> blocks = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            String p = weights.pick(root + "layers.", "blk.") + layer + ".";
            blocks.add(block(sizes, layer, p, ropes.apply(layer), activation));
        }
        Norm finalNorm = norm(sizes, weights.pick(root + "norm", "output_norm"), hidden);
        return new DecoderParts(
                name(),
                vocabulary,
                hidden,
                context,
                new Embedding(tokens, embeddingScale(hidden)),
                blocks,
                new Head(finalNorm, null, logits, logitsSoftCap(hyper)));
    }
}
