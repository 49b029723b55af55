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
    boolean interleaved(Hyper hyper) {
        return false;
    }

    @Override
    int window(Hyper hyper, int layer) {
        return hyper.slidingWindow();
    }
}
