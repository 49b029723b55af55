package org.djlquant.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.djlquant.kernel.LayerCache;

/**
 * OPT: learned positions that begin at row 2, layer norms, biases, a ReLU MLP without gate and a tied
 * head. OPT-350m has its norms after the layers, and embeddings narrower than its hidden states.
 */
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
        int embedded = hyper.integer("word_embed_proj_dim", null, hidden, 1, Hyper.MAX_WIDTH);
        int layers = hyper.integer("num_hidden_layers", null, 1, Hyper.MAX_LAYERS);
        int feedForward = hyper.integer("ffn_dim", null, 1, Hyper.MAX_WIDTH);
        int context = hyper.integer("max_position_embeddings", null, 2048, 1, Hyper.MAX_VOCABULARY);
        int vocabulary = hyper.integer("vocab_size", null, 1, Hyper.MAX_VOCABULARY);
        boolean bias = hyper.flag("enable_bias", null, true);
        boolean weighted = hyper.flag("layer_norm_elementwise_affine", null, true);
        boolean normsFirst = hyper.flag("do_layer_norm_before", null, true);
        Activation activation = Activation.of(hyper.text("activation_function", null).orElse("relu"), hyper.path());
        LayerCache.Shape heads = hyper.heads("num_attention_heads", hidden);

        String root = w.has("decoder.embed_tokens") ? "decoder." : "model.decoder.";
        boolean tied = hyper.flag("tie_word_embeddings", null, true) || !w.has("lm_head");
        Linear logits = w.linear(tied ? root + "embed_tokens" : "lm_head", vocabulary, embedded, false);
        Embedding.Rows tokens = tied ? logits::decodeRow : w.rows(root + "embed_tokens", vocabulary, embedded);
        Embedding.Rows positions = w.rows(root + "embed_positions", context + FIRST_POSITION, hidden);
        Linear in = embedded == hidden ? null : w.linear(root + "project_in", hidden, embedded, false);
        Linear out = embedded == hidden ? null : w.linear(root + "project_out", embedded, hidden, false);

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
            Norm attentionNorm = norm(w, p + "self_attn_layer_norm", hidden, weighted);
            Norm mlpNorm = norm(w, p + "final_layer_norm", hidden, weighted);
            blocks.add(new Block(
                    normsFirst ? Norms.before(attentionNorm) : Norms.after(attentionNorm),
                    new Attention(heads, qkv, output, null, null, null),
                    normsFirst ? Norms.before(mlpNorm) : Norms.after(mlpNorm),
                    new Mlp(up, down, activation)));
        }
        // Checkpoints fine-tuned before transformers 4.20 have no norm there either.
        boolean normed = normsFirst && !hyper.flag("_remove_final_layer_norm", null, false);
        Norm finalNorm = normed ? norm(w, root + "final_layer_norm", hidden, weighted) : null;
        return new DecoderParts(
                name(),
                vocabulary,
                hidden,
                context,
                new Embedding(tokens, 1, in, positions, FIRST_POSITION),
                blocks,
                new Head(finalNorm, out, logits, 0));
    }

    private static Norm norm(Weights w, String module, int width, boolean weighted) {
        if (weighted) {
            return new LayerNorm(w.vector(module + ".weight", width), w.vector(module + ".bias", width), 1e-5f);
        }
        float[] ones = new float[width];
        Arrays.fill(ones, 1);
        return new LayerNorm(ones, new float[width], 1e-5f);
    }
}
