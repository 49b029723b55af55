package org.djlquant.generate;

import java.util.ArrayList;
import java.util.List;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;

/** Continues prompts with a model. Stateless; any number of threads may generate with one model. */
public final class Generator {
    /** Most tokens of prompts in one step: cancelling takes effect after this many. */
    static final int PROMPT_CHUNK = 128;

    private Generator() {}

    /**
     * Continues one prompt.
     *
     * @throws IllegalArgumentException if the prompt is empty or longer than the context
     * @throws IllegalStateException if the model is closed, also in the middle
     */
    public static Generation generate(CausalLM model, Request request) {
        return generate(model, List.of(request)).getFirst();
    }

    /**
     * Continues several prompts together: each step runs all of them in one pass over the weights,
     * and chunks of prompts that are not yet through beside the answers that already grow. Answers
     * are those that each request would get alone, up to rounding. Requests with the same prompt
     * compute it once. An interrupt of the thread cancels all and stays set.
     *
     * @return the outcomes in the order of the requests
     * @throws IllegalArgumentException if a prompt is empty or longer than the context
     * @throws IllegalStateException if the model is closed, also in the middle
     */
    public static List<Generation> generate(CausalLM model, List<Request> requests) {
        requests.forEach(request -> Continuation.check(model, request));
        List<Continuation> all = new ArrayList<>();
        try {
            for (Request request : requests) {
                all.add(new Continuation(model, request, leader(all, request.prompt())));
            }
            Batch batch = new Batch();
            while (step(model, all, batch)) {
                // every step is one pass
            }
            return all.stream().map(Continuation::result).toList();
        } finally {
            all.forEach(Continuation::close);
        }
    }

    /** An earlier request with the same prompt, or {@code null}. */
    private static Continuation leader(List<Continuation> earlier, int[] prompt) {
        for (Continuation each : earlier) {
            if (each.hasPrompt(prompt)) {
                return each.leader();
            }
        }
        return null;
    }

    /** Lets a moment pass in which memory may come free; returns whether anyone needs it. */
    private static boolean awaitTurn(List<Continuation> all) {
        for (Continuation each : all) {
            if (!each.isDone()) {
                each.awaitTurn(); // the first in line, since all that run would be in the batch
                return true;
            }
        }
        return false;
    }

    /** One pass of everything that can run; returns whether anything is unfinished. */
    private static boolean step(CausalLM model, List<Continuation> all, Batch batch) {
        batch.clear();
        int budget = PROMPT_CHUNK;
        for (int i = 0; i < all.size(); i++) {
            Continuation each = all.get(i);
            each.checkCancelled();
            if (!each.isDone()) {
                budget -= each.addTo(batch, budget);
            }
        }
        if (batch.runs().isEmpty()) {
            return awaitTurn(all);
        }
        model.forward(batch);
        for (int i = 0; i < all.size(); i++) {
            all.get(i).forkLeader();
        }
        for (int i = 0; i < all.size(); i++) {
            all.get(i).takeFrom(batch);
        }
        return true;
    }
}
