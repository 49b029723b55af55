package org.djlquant.model;

import java.util.Set;

/** Qwen 2 and 2.5: Llama with biases on queries, keys and values. */
class Qwen2 extends Llama {
    @Override
    public String name() {
        return "qwen2";
    }

    @Override
    public Set<String> huggingFaceNames() {
        return Set.of("Qwen2ForCausalLM");
    }

    @Override
    public Set<String> ggufNames() {
        return Set.of("qwen2");
    }

    @Override
    boolean interleaved(Hyper hyper) {
        return false;
    }

    @Override
    boolean qkvBias(Hyper hyper) {
        return true;
    }

    @Override
    boolean outputBias(Hyper hyper) {
        return false;
    }

    /** Only the layers above {@code max_window_layers} slide, and only if the model says so at all. */
    @Override
    int window(Hyper hyper, int layer) {
        boolean slides = hyper.flag("use_sliding_window", null, false)
                && layer >= hyper.integer("max_window_layers", null, 28, 0, Integer.MAX_VALUE);
        return slides ? hyper.slidingWindow() : Integer.MAX_VALUE;
    }
}
