package org.djlquant.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.LayerCache;

/**
 * ChatGLM 2 and 3: RMS norms, one matrix for queries, keys and values, interleaved rotation of half
 * of each head, and a gated MLP with gate and up in one matrix.
 */
final class ChatGlm2 implements Architecture {
    @Override
    public String name() {
        return "chatglm";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("ChatGLMModel", "ChatGLMForConditionalGeneration");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("chatglm");
    }

    @Override
    public DecoderParts build(Hyper hyper, Weights w) {
        if (!hyper.flag("rmsnorm", null, true)
                || !hyper.flag("post_layer_norm", null, true)
                || hyper.flag("apply_residual_connection_post_layernorm", null, false)) {
            throw new UnsupportedModelException(hyper.path() + ": this variant of ChatGLM (layer norms, or norms elsewhere than "
                    + "in ChatGLM 2 and 3) is not supported");
        }
        int hidden = hyper.integer("hidden_size", "embedding_length", 1, Hyper.MAX_WIDTH);
        int layers = hyper.integer("num_layers", "block_count", 1, Hyper.MAX_LAYERS);
        int feedForward = hyper.integer("ffn_hidden_size", "feed_forward_length", 1, Hyper.MAX_WIDTH);
        int context = hyper.integer("seq_length", "context_length", 2048, 1, Integer.MAX_VALUE);
        float eps = (float) hyper.positive("layernorm_epsilon", "attention.layer_norm_rms_epsilon", 1e-5);
        LayerCache.Shape heads = heads(hyper, hidden);
        int queryWidth = heads.heads() * heads.headDim();
        int keyWidth = heads.kvHeads() * heads.headDim();
        boolean bias = hyper.flag("add_bias_linear", null, false);
        boolean qkvBias = hyper.flag("add_qkv_bias", null, false) || bias;
        Rope rope = hyper.gguf()
                ? Rope.read(hyper, w, heads.headDim(), true)
                : Rope.plain(10000 * hyper.positive("rope_ratio", null, 1), heads.headDim() / 2, true);

        String embedding = w.pick("transformer.embedding.word_embeddings", "token_embd");
        String head = w.pick("transformer.output_layer", "output");
        int vocabulary = hyper.gguf() ? w.rows(embedding) : hyper.integer("padded_vocab_size", null, 1, Hyper.MAX_VOCABULARY);
        boolean tied = hyper.flag("tie_word_embeddings", null, false) || !w.has(head);
        Linear logits = w.linear(tied ? embedding : head, vocabulary, hidden, false);
        Embedding.Rows tokens = tied ? logits::decodeRow : w.rows(embedding, vocabulary, hidden);

        List<Block> blocks = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            String p = w.pick("transformer.encoder.layers.", "blk.") + layer + ".";
            Linear[] qkv = {
                w.linear(p + w.pick("self_attention.query_key_value", "attn_qkv"), queryWidth + 2 * keyWidth, hidden, qkvBias)
            };
            Linear output = w.linear(p + w.pick("self_attention.dense", "attn_output"), hidden, queryWidth, bias);
            Linear[] gateUp = {w.linear(p + w.pick("mlp.dense_h_to_4h", "ffn_up"), 2 * feedForward, hidden, bias)};
            Linear down = w.linear(p + w.pick("mlp.dense_4h_to_h", "ffn_down"), hidden, feedForward, bias);
            blocks.add(new Block(
                    norm(w, p + w.pick("input_layernorm", "attn_norm"), hidden, eps),
                    new Attention(heads, qkv, output, rope, null, null),
                    norm(w, p + w.pick("post_attention_layernorm", "ffn_norm"), hidden, eps),
                    new Mlp(gateUp, down, Activation.SILU)));
        }
        Norm finalNorm = norm(w, w.pick("transformer.encoder.final_layernorm", "output_norm"), hidden, eps);
        return new DecoderParts(name(), vocabulary, hidden, context, new Embedding(tokens, 1), blocks, finalNorm, logits);
    }

    private static LayerCache.Shape heads(Hyper hyper, int hidden) {
        if (hyper.gguf()) {
            return hyper.heads(null, hidden);
        }
        int heads = hyper.integer("num_attention_heads", null, 1, Hyper.MAX_HEADS);
        int kvHeads = hyper.flag("multi_query_attention", null, false)
                ? hyper.integer("multi_query_group_num", null, 1, heads)
                : heads;
        int headDim = hyper.integer("kv_channels", null, 1, Hyper.MAX_HEAD_DIM);
        if (heads % kvHeads != 0) {
            throw hyper.contradiction(
                    "multi_query_group_num", null, "expected a divisor of the " + heads + " attention heads, found " + kvHeads);
        }
        return new LayerCache.Shape(heads, kvHeads, headDim, (float) (1 / Math.sqrt(headDim)), Integer.MAX_VALUE, false);
    }

    private static Norm norm(Weights w, String module, int width, float eps) {
        return new RmsNorm(w.vector(module + ".weight", width), eps);
    }
}
