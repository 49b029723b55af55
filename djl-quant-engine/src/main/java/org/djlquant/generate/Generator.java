package org.djlquant.generate;

import java.util.List;
import org.djlquant.model.CausalLM;

/** Continues prompts with a model. Stateless; any number of threads may generate with one model. */
public final class Generator {
    /** Most tokens of prompts in one step: cancelling takes effect after this many. */
    static final int PROMPT_CHUNK = 128;

    private Generator() {}

    /**
     * Continues one prompt.
     *
     * @throws IllegalArgumentException as {@link Decoding#of}
     * @throws IllegalStateException if the model is closed, also in the middle
     */
    public static Generation generate(CausalLM model, Request request) {
        return generate(model, List.of(request)).getFirst();
    }

    /**
     * Continues several prompts together, see {@link Decoding}. Answers are those that each request would get alone, up to
     * rounding. An interrupt of the thread cancels all and stays set.
     *
     * @return the outcomes in the order of the requests
     * @throws IllegalArgumentException as {@link Decoding#of}
     * @throws IllegalStateException if the model is closed, also in the middle
     */
    public static List<Generation> generate(CausalLM model, List<Request> requests) {
        try (Decoding decoding = Decoding.of(model, requests)) {
            while (decoding.step()) {
                // every step is one pass
            }
            return decoding.results();
        }
    }

    /**
     * Continues one prompt by beam search, as transformers does: {@link Parameter#NUM_BEAMS} answers grow side by side, and
     * the {@link Parameter#N} likeliest are given, by log-probability / length^{@link Parameter#LENGTH_PENALTY}. The listener
     * hears nothing; what it asks of {@link TokenListener#topLogProbs()} comes with the answers.
     *
     * @return the best first; fewer than asked for if the search was cancelled
     * @throws IllegalArgumentException if the prompt is empty or longer than the context
     * @throws IllegalStateException if the model is closed, also in the middle
     */
    public static List<Beam> beams(CausalLM model, Request request) {
        Continuation.check(model, request);
        try (BeamSearch search = new BeamSearch(model, request)) {
            return search.run();
        }
    }
}
