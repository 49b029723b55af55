package org.djlquant.model;

import java.util.Set;

/**
 * Gemma 1: Llama with scaled embeddings, a GELU gate, a tied head and norms that multiply by 1 +
 * weight. GGUF files hold that 1 already.
 */
class Gemma extends Llama {
    @Override
    public String name() {
        return "gemma";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("GemmaForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("gemma");
    }

    @Override
    boolean interleaved(Hyper hyper) {
        return false;
    }

    @Override
    boolean tiedByDefault() {
        return true;
    }

    /** Early config.json files say {@code gelu} in hidden_act, but all were trained with the tanh form. */
    @Override
    Activation activation(Hyper hyper) {
        return Activation.of(hyper.text("hidden_activation", null).orElse("gelu_pytorch_tanh"), hyper.path());
    }

    @Override
    float embeddingScale(int hidden) {
        return (float) Math.sqrt(hidden);
    }

    @Override
    Norm norm(Sizes s, String module, int width) {
        float[] weight = s.weights().vector(module + ".weight", width).clone();
        if (!s.hyper().gguf()) {
            for (int i = 0; i < width; i++) {
                weight[i] += 1;
            }
        }
        return new RmsNorm(weight, s.eps());
    }
}
