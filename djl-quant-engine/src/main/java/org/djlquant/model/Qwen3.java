package org.djlquant.model;

import java.util.Set;

/** Qwen 3: Qwen 2 with norms on the heads of queries and keys instead of biases. */
final class Qwen3 extends Qwen2 {
    @Override
    public String name() {
        return "qwen3";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("Qwen3ForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("qwen3");
    }

    @Override
    boolean qkvBias(Hyper hyper) {
        return outputBias(hyper);
    }

    @Override
    boolean outputBias(Hyper hyper) {
        return hyper.flag("attention_bias", null, false);
    }

    @Override
    Norm headNorm(Sizes s, String module) {
        return norm(s, module, s.heads().headDim());
    }
}
