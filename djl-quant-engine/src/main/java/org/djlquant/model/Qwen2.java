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

    /**
     * Every layer slides if {@code use_sliding_window} says so, unless {@code layer_types} of newer checkpoints names
     * the layers. {@code max_window_layers} is not heeded, because its readers disagree: transformers 4.51 gives every
     * layer a window, its documentation the layers below, later versions those above.
     */
    @Override
    int window(Hyper hyper, int layer) {
        boolean slides = hyper.flag("use_sliding_window", null, false) && hyper.slides(layer).orElse(true);
        return slides ? hyper.slidingWindow() : Integer.MAX_VALUE;
    }
}
