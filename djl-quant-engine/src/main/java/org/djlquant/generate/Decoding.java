package org.djlquant.generate;

import java.util.ArrayList;
import java.util.List;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;

/**
 * Requests on their way, advanced together one pass at a time: each step runs all of them in one pass over the weights, and
 * chunks of prompts that are not yet through beside the answers that already grow. Requests with the same prompt compute
 * it once, and go on from forks of its cache. Nothing is computed or allocated before the first step. Not thread-safe.
 */
public final class Decoding implements AutoCloseable {
    private final CausalLM model;
    private final List<Request> requests;
    private final List<Continuation> continuations = new ArrayList<>();
    private final Batch batch = new Batch();
    private boolean closed;

    private Decoding(CausalLM model, List<Request> requests) {
        this.model = model;
        this.requests = List.copyOf(requests);
    }

    /**
     * Checks the requests.
     *
     * @throws IllegalArgumentException if a prompt is empty or longer than the context, or a request names a token outside
     *     the vocabulary, or asks for a beam search, see {@link Generator#beams}
     */
    public static Decoding of(CausalLM model, List<Request> requests) {
        for (Request request : requests) {
            Continuation.check(model, request);
            if (request.config().get(Parameter.NUM_BEAMS) > 1) {
                throw new IllegalArgumentException("num_beams must be 1 here; a beam search runs by itself (Generator.beams)");
            }
        }
        return new Decoding(model, requests);
    }

    /**
     * Runs one pass for everything that can run, or waits a moment for memory; returns whether anything was unfinished. Listeners are called on this thread. An
     * interrupt of the thread cancels all requests and stays set.
     *
     * @throws IllegalStateException if the model is closed
     */
    public boolean step() {
        if (closed) {
            return false;
        }
        for (int i = continuations.size(); i < requests.size(); i++) {
            continuations.add(new Continuation(model, requests.get(i), leader(requests.get(i))));
        }
        batch.clear();
        int budget = Generator.PROMPT_CHUNK;
        for (int i = 0; i < continuations.size(); i++) {
            Continuation each = continuations.get(i);
            each.checkCancelled();
            if (!each.isDone()) {
                budget -= each.addTo(batch, budget);
            }
        }
        if (batch.runs().isEmpty()) {
            return awaitTurn();
        }
        model.forward(batch);
        for (int i = 0; i < continuations.size(); i++) {
            continuations.get(i).forkLeader();
        }
        for (int i = 0; i < continuations.size(); i++) {
            continuations.get(i).takeFrom(batch);
        }
        return true;
    }

    /** Lets a moment pass in which memory may come free; returns whether anyone needs it. */
    private boolean awaitTurn() {
        for (Continuation each : continuations) {
            if (!each.isDone()) {
                each.awaitTurn(); // the first in line, since all that run would be in the batch
                return true;
            }
        }
        return false;
    }

    /** An earlier request with the same prompt, or {@code null}; who scores the prompt needs its logits and computes it. */
    private Continuation leader(Request request) {
        if (Continuation.scoresPrompt(request)) {
            return null;
        }
        for (Continuation each : continuations) {
            if (each.hasPrompt(request.prompt())) {
                return each.leader();
            }
        }
        return null;
    }

    /** Whether a request has its whole answer. */
    public boolean isDone(int index) {
        return index < continuations.size() && continuations.get(index).isDone();
    }

    /** The outcome of a request so far; an unfinished one counts as cancelled. */
    public Generation result(int index) {
        return index < continuations.size()
                ? continuations.get(index).result()
                : new Generation(new int[0], FinishReason.CANCELLED, requests.get(index).prompt().length, 0, 0, 0, 0, 0);
    }

    /** The outcomes in the order of the requests. */
    public List<Generation> results() {
        List<Generation> results = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            results.add(result(i));
        }
        return results;
    }

    /** Cancels what is left and frees the sequences. Idempotent. */
    @Override
    public void close() {
        closed = true;
        continuations.forEach(Continuation::close);
    }
}
