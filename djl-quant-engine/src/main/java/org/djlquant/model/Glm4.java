package org.djlquant.model;

import java.util.Set;

/** GLM-4-0414: GLM-4 with norms after attention and MLP too. */
final class Glm4 extends Glm {
    @Override
    public String name() {
        return "glm4";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("Glm4ForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("glm4");
    }

    @Override
    Norms attentionNorms(Sizes s, String p) {
        return Norms.around(
                norm(s, p + s.weights().pick("input_layernorm", "attn_norm"), s.hidden()),
                norm(s, p + s.weights().pick("post_self_attn_layernorm", "post_attention_norm"), s.hidden()));
    }

    @Override
    Norms mlpNorms(Sizes s, String p) {
        return Norms.around(
                norm(s, p + s.weights().pick("post_attention_layernorm", "ffn_norm"), s.hidden()),
                norm(s, p + s.weights().pick("post_mlp_layernorm", "post_ffw_norm"), s.hidden()));
    }
}
