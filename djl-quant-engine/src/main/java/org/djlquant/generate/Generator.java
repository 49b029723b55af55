package org.djlquant.generate;

import java.util.List;
import org.djlquant.model.CausalLM;

/** Continues prompts with a model. Stateless; any number of threads may generate with one model. */
public final class Generator {
    private Generator() {}

    /** Continues one prompt. */
    public static Generation generate(CausalLM model, Request request) {
        return generate(model, List.of(request)).getFirst();
    }

    /** Continues several prompts together: each step runs all of them in one pass over the weights. */
    public static List<Generation> generate(CausalLM model, List<Request> requests) {
        throw new UnsupportedOperationException("not built yet");
    }
}
