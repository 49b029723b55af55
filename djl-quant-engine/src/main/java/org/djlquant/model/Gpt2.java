package org.djlquant.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.djlquant.kernel.LayerCache;

/** GPT-2: learned positions, layer norms, biases everywhere, an MLP without gate and a tied head. */
final class Gpt2 implements Architecture {
    @Override
    public String name() {
        return "gpt2";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("GPT2LMHeadModel");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("gpt2");
    }

    @Override
    public DecoderParts build(Hyper hyper, Weights w) {
        int hidden = hyper.integer("n_embd", "embedding_length", 1, Hyper.MAX_WIDTH);
        int layers = hyper.integer("n_layer", "block_count", 1, Hyper.MAX_LAYERS);
        int feedForward = hyper.integer("n_inner", "feed_forward_length", 4 * hidden, 1, Hyper.MAX_WIDTH);
        int context = hyper.integer("n_positions", "context_length", 1024, 1, Hyper.MAX_VOCABULARY);
        float eps = (float) hyper.positive("layer_norm_epsilon", "attention.layer_norm_epsilon", 1e-5);
        Activation activation = Activation.of(hyper.text("activation_function", null).orElse("gelu_new"), hyper.path());
        LayerCache.Shape heads = hyper.heads("n_head", hidden);
        float scale = hyper.flag("scale_attn_weights", null, true) ? heads.scale() : 1;
        boolean byLayer = hyper.flag("scale_attn_by_inverse_layer_idx", null, false);

        // The original checkpoint has no "transformer." in its names.
        String root = w.pick(w.has("wte") ? "" : "transformer.", "");
        String embedding = root + w.pick("wte", "token_embd");
        String head = w.pick("lm_head", "output");
        int vocabulary = hyper.gguf() ? w.rows(embedding) : hyper.integer("vocab_size", null, 1, Hyper.MAX_VOCABULARY);
        boolean tied = hyper.flag("tie_word_embeddings", null, !hyper.gguf()) || !w.has(head);
        Linear logits = w.linear(tied ? embedding : head, vocabulary, hidden, false);
        Embedding.Rows tokens = tied ? logits::decodeRow : w.rows(embedding, vocabulary, hidden);
        Embedding.Rows positions = w.rows(root + w.pick("wpe", "position_embd"), context, hidden);

        List<Block> blocks = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            String p = root + w.pick("h.", "blk.") + layer + ".";
            Linear[] qkv = {w.conv1d(p + w.pick("attn.c_attn", "attn_qkv"), 3 * hidden, hidden)};
            Linear output = w.conv1d(p + w.pick("attn.c_proj", "attn_output"), hidden, hidden);
            Linear[] up = {w.conv1d(p + w.pick("mlp.c_fc", "ffn_up"), feedForward, hidden)};
            Linear down = w.conv1d(p + w.pick("mlp.c_proj", "ffn_down"), hidden, feedForward);
            blocks.add(new Block(
                    Norms.before(norm(w, p + w.pick("ln_1", "attn_norm"), hidden, eps)),
                    new Attention(heads.withScale(scale / (byLayer ? layer + 1 : 1)), qkv, output, null, null, null),
                    Norms.before(norm(w, p + w.pick("ln_2", "ffn_norm"), hidden, eps)),
                    new Mlp(up, down, activation)));
        }
        return new DecoderParts(
                name(),
                vocabulary,
                hidden,
                context,
                new Embedding(tokens, 1, null, positions, 0),
                blocks,
                new Head(norm(w, root + w.pick("ln_f", "output_norm"), hidden, eps), logits));
    }

    private static Norm norm(Weights w, String module, int width, float eps) {
        return new LayerNorm(w.vector(module + ".weight", width), w.vector(module + ".bias", width), eps);
    }
}
