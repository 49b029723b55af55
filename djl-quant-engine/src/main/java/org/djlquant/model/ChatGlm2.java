package org.djlquant.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.LayerCache;

/**
 * ChatGLM 2 and 3 and GLM-4 under their own names, which GGUF files do not keep ({@link Glm}): RMS norms,
 * one matrix for queries, keys and values, interleaved rotation of half of each head, and a gated MLP
 * with gate and up in one matrix.
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
        return Set.of();
    }

    @Override
    public DecoderParts build(Hyper hyper, Weights w) {
        if (!hyper.flag("rmsnorm", null, true)
                || !hyper.flag("post_layer_norm", null, true)
                || hyper.flag("apply_residual_connection_post_layernorm", null, false)) {
            throw new UnsupportedModelException(hyper.path() + ": this variant of ChatGLM (layer norms, or norms elsewhere than "
                    + "in ChatGLM 2 and 3) is not supported");
        }
        int hidden = hyper.integer("hidden_size", null, 1, Hyper.MAX_WIDTH);
        int layers = hyper.integer("num_layers", null, 1, Hyper.MAX_LAYERS);
        int feedForward = hyper.integer("ffn_hidden_size", null, 1, Hyper.MAX_WIDTH);
        int context = hyper.integer("seq_length", null, 2048, 1, Integer.MAX_VALUE);
        float eps = (float) hyper.positive("layernorm_epsilon", null, 1e-5);
        LayerCache.Shape heads = heads(hyper);
        int queryWidth = heads.heads() * heads.headDim();
        int keyWidth = heads.kvHeads() * heads.headDim();
        boolean bias = hyper.flag("add_bias_linear", null, false);
        boolean qkvBias = hyper.flag("add_qkv_bias", null, false) || bias;
        Rope rope = Rope.plain(10000 * hyper.positive("rope_ratio", null, 1), heads.headDim() / 2, true);

        String embedding = "transformer.embedding.word_embeddings";
        String head = "transformer.output_layer";
        int vocabulary = hyper.integer("padded_vocab_size", null, 1, Hyper.MAX_VOCABULARY);
        boolean tied = hyper.flag("tie_word_embeddings", null, false) || !w.has(head);
        Linear logits = w.linear(tied ? embedding : head, vocabulary, hidden, false);
        Embedding.Rows tokens = tied ? logits::decodeRow : w.rows(embedding, vocabulary, hidden);

        List<Block> blocks = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            String p = "transformer.encoder.layers." + layer + ".";
            Linear[] qkv = {
                w.linear(p + "self_attention.query_key_value", queryWidth + 2 * keyWidth, hidden, qkvBias)
            };
            Linear output = w.linear(p + "self_attention.dense", hidden, queryWidth, bias);
            Linear[] gateUp = {w.linear(p + "mlp.dense_h_to_4h", 2 * feedForward, hidden, bias)};
            Linear down = w.linear(p + "mlp.dense_4h_to_h", hidden, feedForward, bias);
            blocks.add(new Block(
                    Norms.before(norm(w, p + "input_layernorm", hidden, eps)),
                    new Attention(heads, qkv, output, rope, null, null),
                    Norms.before(norm(w, p + "post_attention_layernorm", hidden, eps)),
                    new Mlp(gateUp, down, Activation.SILU)));
        }
        Norm finalNorm = norm(w, "transformer.encoder.final_layernorm", hidden, eps);
        return new DecoderParts(
                name(), vocabulary, hidden, context, new Embedding(tokens, 1), blocks, new Head(finalNorm, logits));
    }

    private static LayerCache.Shape heads(Hyper hyper) {
        int heads = hyper.integer("num_attention_heads", null, 1, Hyper.MAX_HEADS);
        int kvHeads = hyper.flag("multi_query_attention", null, false)
                ? hyper.integer("multi_query_group_num", null, 1, heads)
                : heads;
        int headDim = hyper.integer("kv_channels", null, 1, Hyper.MAX_HEAD_DIM);
        if (heads % kvHeads != 0) {
            throw hyper.contradiction(
                    "multi_query_group_num", null, "expected a divisor of the " + heads + " attention heads, found " + kvHeads);
        }
        return LayerCache.Shape.of(heads, kvHeads, headDim);
    }

    private static Norm norm(Weights w, String module, int width, float eps) {
        return new RmsNorm(w.vector(module + ".weight", width), eps);
    }
}
