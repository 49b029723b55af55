package org.djlquant.model;

import java.util.Set;

/** Phi-3 and Phi-4: Llama with queries, keys and values in one matrix, and gate and up in another. */
final class Phi3 extends Llama {
    @Override
    public String name() {
        return "phi3";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("Phi3ForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("phi3");
    }

    @Override
    boolean interleavedInGguf() {
        return false;
    }

    @Override
    int window(Hyper hyper, int layer) {
        return hyper.slidingWindow();
    }

    @Override
    Linear[] queriesKeysValues(Sizes s, String p) {
        int rows = s.queryWidth() + 2 * s.keyWidth();
        return new Linear[] {s.weights().linear(p + s.weights().pick("self_attn.qkv_proj", "attn_qkv"), rows, s.hidden(), false)};
    }

    @Override
    Linear[] gateAndUp(Sizes s, String p) {
        String module = p + s.weights().pick("mlp.gate_up_proj", "ffn_up");
        return new Linear[] {s.weights().linear(module, 2 * s.feedForward(), s.hidden(), false)};
    }
}
