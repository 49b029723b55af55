package org.djlquant.model;

import java.util.Map;
import java.util.Set;

/**
 * GLM-4 as transformers names its tensors, and all of ChatGLM in GGUF: Llama with interleaved rotation
 * of half of each head and biases on queries, keys and values.
 */
class Glm extends Llama {
    @Override
    public String name() {
        return "glm";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("GlmForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("chatglm");
    }

    @Override
    public DecoderParts build(Hyper hyper, Weights weights) {
        return super.build(hyper.within("", Map.of("rope_parameters.partial_rotary_factor", 0.5)), weights);
    }

    @Override
    boolean interleaved(Hyper hyper) {
        return true;
    }

    @Override
    boolean qkvBias(Hyper hyper) {
        return hyper.flag("attention_bias", null, false);
    }

    @Override
    boolean outputBias(Hyper hyper) {
        return false;
    }
}
