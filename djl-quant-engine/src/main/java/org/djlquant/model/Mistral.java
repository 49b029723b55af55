package org.djlquant.model;

import java.util.Set;

/** Mistral 7B and Zephyr: Llama with a sliding window in every layer. In GGUF it is stored as {@code llama}. */
final class Mistral extends Llama {
    @Override
    public String name() {
        return "mistral";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("MistralForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of();
    }

    @Override
    int window(Hyper hyper, int layer) {
        return hyper.slidingWindow();
    }
}
