package org.djlquant.generate;

import java.util.Arrays;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;

/**
 * One request on its way: first its prompt goes through the model in chunks, then one token a step.
 * Used by one thread at a time.
 */
final class Continuation implements AutoCloseable {
    private final CausalLM model;
    private final Request request;
    private final Sampler sampler;
    private final Continuation leader;
    private Sequence sequence;
    private final long begin = System.nanoTime();
    private final int[] next = new int[1];
    private int fed;
    private int row = -1;
    private long prefillEnd;
    private long end;
    private FinishReason finish;

    /**
     * Checks the prompt and starts a sequence.
     *
     * @param leader another request with the same prompt, whose sequence this one forks when the prompt
     *     is through; or {@code null}
     */
    Continuation(CausalLM model, Request request, Continuation leader) {
        this.model = model;
        this.leader = leader;
        this.request = request;
        check(model, request);
        sampler = new Sampler(request.config(), request.processor());
        for (int token : request.prompt()) {
            sampler.acceptPrompt(token);
        }
        sequence = leader == null ? model.newSequence() : null;
    }

    /** Refuses a prompt that is empty, too long or not of this vocabulary. */
    static void check(CausalLM model, Request request) {
        int[] prompt = request.prompt();
        if (prompt.length == 0) {
            throw new IllegalArgumentException("the prompt holds no token; it needs at least one, such as BOS");
        }
        if (prompt.length > model.contextLength()) {
            throw new IllegalArgumentException("the prompt of " + prompt.length + " tokens is longer than the context of "
                    + model.contextLength() + " tokens; shorten it or load the model with a larger max_model_len");
        }
        for (int token : prompt) {
            if (token < 0 || token >= model.vocabularySize()) {
                throw new IllegalArgumentException(
                        "token " + token + " of the prompt is outside the vocabulary of " + model.vocabularySize());
            }
        }
    }

    boolean isDone() {
        return finish != null;
    }

    /** Whether the prompt has not been processed yet. */
    private boolean isPrefilling() {
        return fed < request.prompt().length;
    }

    /** The request whose sequence others with this prompt may fork: this one, or the one it waits for. */
    Continuation leader() {
        return leader == null ? this : leader;
    }

    boolean hasPrompt(int[] prompt) {
        return Arrays.equals(request.prompt(), prompt);
    }

    /** Ends the request if it was cancelled. */
    void checkCancelled() {
        if (finish == null && (request.cancellation().isCancelled() || Thread.currentThread().isInterrupted())) {
            finish(FinishReason.CANCELLED);
        }
    }

    /** Adds what this request wants to run next; returns how many tokens of prompt that were. */
    int addTo(Batch batch, int promptBudget) {
        int[] prompt = request.prompt();
        if (sequence == null) {
            if (!leader.isDone()) {
                row = -1;
                return 0; // the leader's prompt is on its way
            }
            sequence = model.newSequence();
        }
        if (!isPrefilling()) {
            row = batch.add(sequence, next, 0, 1, Batch.Logits.LAST);
            return 0;
        }
        int n = Math.min(promptBudget, prompt.length - fed);
        row = -1;
        if (n > 0) {
            boolean ends = fed + n == prompt.length;
            int first = batch.add(sequence, prompt, fed, n, ends ? Batch.Logits.LAST : Batch.Logits.NONE);
            row = ends ? first : -1;
            fed += n;
        }
        return n;
    }

    /** Goes on from the leader's prompt if it came through in this pass; to be called before the leader moves on. */
    void forkLeader() {
        if (finish == null && sequence == null && leader.finish == null && leader.row >= 0) {
            sequence = leader.sequence.fork();
            fed = request.prompt().length;
            row = leader.row;
        }
    }

    /** Takes the next token from the logits of a pass; returns whether there is a new one. */
    boolean takeFrom(Batch batch) {
        if (row < 0 || finish != null) {
            return false;
        }
        if (prefillEnd == 0) {
            prefillEnd = System.nanoTime();
        }
        int vocabulary = model.vocabularySize();
        int token = sampler.sample(batch.logits(), row * vocabulary, vocabulary);
        if (request.config().eosTokenIds().contains(token)) {
            finish(FinishReason.STOP);
            return false;
        }
        sampler.accept(token);
        next[0] = token;
        TokenListener listener = request.listener();
        if (listener.topLogProbs() >= 0) {
            listener.onLogProbs(
                    TokenLogProbs.of(batch.logits(), row * vocabulary, vocabulary, token, listener.topLogProbs()));
        }
        if (!listener.onToken(token)) {
            finish(FinishReason.STOP);
        } else if (sampler.count() == request.config().maxNewTokens() || sequence.length() == model.contextLength()) {
            finish(FinishReason.LENGTH);
        }
        return true;
    }

    int lastToken() {
        return next[0];
    }

    private void finish(FinishReason reason) {
        finish = reason;
        end = System.nanoTime();
        if (sequence != null) {
            sequence.close();
        }
    }

    /** The outcome so far; unfinished requests count as cancelled. */
    Generation result() {
        long now = finish == null ? System.nanoTime() : end;
        long prefill = (prefillEnd == 0 ? now : prefillEnd) - begin;
        return new Generation(
                sampler.answer(),
                finish == null ? FinishReason.CANCELLED : finish,
                request.prompt().length,
                prefill,
                now - begin - prefill);
    }

    /** Frees the sequence, cancelling what is left. */
    @Override
    public void close() {
        if (finish == null) {
            finish(FinishReason.CANCELLED);
        }
    }
}
