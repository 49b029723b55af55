package org.djlquant.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.LayerCache;

/** OPT: learned positions that begin at row 2, layer norms, biases, a ReLU MLP without gate and a tied head. */
final class Opt implements Architecture {
    private static final int FIRST_POSITION = 2;

    @Override
    public String name() {
        return "opt";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("OPTForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of();
    }

    @Override
    public DecoderParts build(Hyper hyper, Weights w) {
        int hidden = hyper.integer("hidden_size", null, 1, Hyper.MAX_WIDTH);
        int layers = hyper.integer("num_hidden_layers", null, 1, Hyper.MAX_LAYERS);
        int feedForward = hyper.integer("ffn_dim", null, 1, Hyper.MAX_WIDTH);
        int context = hyper.integer("max_position_embeddings", null, 2048, 1, Hyper.MAX_VOCABULARY);
        int vocabulary = hyper.integer("vocab_size", null, 1, Hyper.MAX_VOCABULARY);
        boolean bias = hyper.flag("enable_bias", null, true);
        Activation activation = Activation.of(hyper.text("activation_function", null).orElse("relu"), hyper.path());
        LayerCache.Shape heads = hyper.heads("num_attention_heads", hidden);
        if (hyper.integer("word_embed_proj_dim", null, hidden, 1, Hyper.MAX_WIDTH) != hidden
                || !hyper.flag("do_layer_norm_before", null, true)
                || !hyper.flag("layer_norm_elementwise_affine", null, true)
                || hyper.flag("_remove_final_layer_norm", null, false)) {
            throw new UnsupportedModelException(hyper.path()
                    + ": this variant of OPT (projected embeddings, norms after the layers or without weights) is not supported");
        }

        String root = w.has("decoder.embed_tokens") ? "decoder." : "model.decoder.";
        boolean tied = hyper.flag("tie_word_embeddings", null, true) || !w.has("lm_head");
        Linear logits = w.linear(tied ? root + "embed_tokens" : "lm_head", vocabulary, hidden, false);
        Embedding.Rows tokens = tied ? logits::decodeRow : w.rows(root + "embed_tokens", vocabulary, hidden);
        Embedding.Rows positions = w.rows(root + "embed_positions", context + FIRST_POSITION, hidden);

        List<Block> blocks = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            String p = root + "layers." + layer + ".";
            Linear[] qkv = {
                w.linear(p + "self_attn.q_proj", hidden, hidden, bias),
                w.linear(p + "self_attn.k_proj", hidden, hidden, bias),
                w.linear(p + "self_attn.v_proj", hidden, hidden, bias)
            };
            Linear output = w.linear(p + "self_attn.out_proj", hidden, hidden, bias);
            Linear[] up = {w.linear(p + "fc1", feedForward, hidden, bias)};
            Linear down = w.linear(p + "fc2", hidden, feedForward, bias);
            blocks.add(new Block(
                    norm(w, p + "self_attn_layer_norm", hidden),
                    new Attention(heads, qkv, output, null, null, null),
                    norm(w, p + "final_layer_norm", hidden),
                    new Mlp(up, down, activation)));
        }
        return new DecoderParts(
                name(),
                vocabulary,
                hidden,
                context,
                new Embedding(tokens, 1, positions, FIRST_POSITION),
                blocks,
                norm(w, root + "final_layer_norm", hidden),
                logits);
    }

    private static Norm norm(Weights w, String module, int width) {
        return new LayerNorm(w.vector(module + ".weight", width), w.vector(module + ".bias", width), 1e-5f);
    }
}
