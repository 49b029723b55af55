package org.djlquant.generate;

import java.util.Arrays;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.djlquant.model.SequencePool;

/**
 * One request on its way: first its prompt goes through the model in chunks, then one token a step.
 * Used by one thread at a time.
 */
final class Continuation implements AutoCloseable {
    /** Waiting for memory looks this often whether it was cancelled. */
    private static final long PATIENCE_MILLIS = 20;

    private final CausalLM model;
    private final Request request;
    private final Sampler sampler;
    private final Continuation leader;
    private final SequencePool.Claim claim;
    private final PromptLookup lookup;
    private final long begin = System.nanoTime();

    /** The last token, then guesses of those after it. */
    private final int[] next;

    private Sequence sequence;
    private int fed;

    /** Positions of the sequence that are right; those after it hold wrong guesses. */
    private int valid;

    private int row = -1;
    private int guessed;
    private int cachedTokens;
    private int draftTokens;
    private int acceptedTokens;
    private long prefillEnd;
    private long end;
    private FinishReason finish;

    /**
     * Checks the prompt and gets in line for a sequence.
     *
     * @param leader another request with the same prompt, whose sequence this one forks when the prompt
     *     is through; or {@code null}
     */
    Continuation(CausalLM model, Request request, Continuation leader) {
        this.model = model;
        this.leader = leader;
        this.request = request;
        check(model, request);
        int[] prompt = request.prompt();
        GenerationConfig config = request.config();
        sampler = new Sampler(config, request.processor());
        for (int token : prompt) {
            sampler.acceptPrompt(token);
        }
        lookup = config.promptLookupNumTokens() == 0 ? null : new PromptLookup(prompt, config.promptLookupNumTokens());
        next = new int[1 + config.promptLookupNumTokens()];
        // the last token of an answer is never fed
        long most = (long) prompt.length + config.maxNewTokens() - 1;
        claim = model.pool().claim(prompt, (int) Math.min(model.contextLength(), most));
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

    /** Waits a moment for memory, if nothing else is to be done. */
    void awaitTurn() {
        claim.await(PATIENCE_MILLIS);
    }

    /** Adds what this request wants to run next, nothing if it has to wait; returns how many tokens of prompt that were. */
    int addTo(Batch batch, int promptBudget) {
        int[] prompt = request.prompt();
        row = -1;
        guessed = 0;
        if (sequence == null) {
            boolean leaderComes = leader != null && !leader.isDone() && leader.prefillEnd == 0;
            if (leaderComes || !claim.isAdmitted()) {
                return 0;
            }
            sequence = claim.start();
            fed = sequence.length();
            sequence.expect(prompt.length);
            cachedTokens = fed;
        }
        if (!isPrefilling()) {
            guessed = lookup == null ? 0 : lookup.guess(next, 1, roomForGuesses());
            draftTokens += guessed;
            row = batch.add(sequence, next, 0, 1 + guessed, guessed == 0 ? Batch.Logits.LAST : Batch.Logits.ALL);
            return 0;
        }
        int n = Math.min(promptBudget, prompt.length - fed);
        if (n > 0) {
            boolean ends = fed + n == prompt.length;
            int first = batch.add(sequence, prompt, fed, n, ends ? Batch.Logits.LAST : Batch.Logits.NONE);
            row = ends ? first : -1;
            fed += n;
        }
        return n;
    }

    /** Guesses that neither the answer nor the context is too short for. */
    private int roomForGuesses() {
        int left = request.config().maxNewTokens() - sampler.count() - 1;
        return Math.min(left, model.contextLength() - sequence.length() - 1);
    }

    /** Goes on from the leader's prompt if it came through in this pass; to be called before the leader moves on. */
    void forkLeader() {
        if (finish == null
                && sequence == null
                && leader != null
                && leader.finish == null
                && leader.row >= 0
                && leader.sequence.length() == request.prompt().length
                && claim.isAdmitted()) {
            sequence = claim.startFrom(leader.sequence);
            fed = request.prompt().length;
            cachedTokens = fed;
            row = leader.row;
        }
    }

    /** Takes the next tokens from the logits of a pass: one, and one more for each guess that was right. */
    void takeFrom(Batch batch) {
        if (sequence != null && finish == null) {
            valid = sequence.length() - guessed;
        }
        if (row < 0 || finish != null) {
            return;
        }
        if (prefillEnd == 0) {
            prefillEnd = System.nanoTime();
            if (cachedTokens < request.prompt().length - 1) {
                claim.share(request.prompt());
            }
        }
        int right = 0;
        while (take(batch, row + right) && right < guessed && next[1 + right] == lastToken()) {
            right++;
            valid++;
        }
        if (guessed > 0) {
            acceptedTokens += right;
            lookup.learn(guessed, right);
        }
        if (finish == null) {
            next[0] = lastToken();
            if (sequence.length() > valid) {
                sequence.truncate(valid);
            }
        }
    }

    /** Takes one token; returns whether the answer goes on after it. */
    private boolean take(Batch batch, int from) {
        int vocabulary = model.vocabularySize();
        int token = sampler.sample(batch.logits(), from * vocabulary, vocabulary);
        if (request.config().eosTokenIds().contains(token)) {
            finish(FinishReason.STOP);
            return false;
        }
        sampler.accept(token);
        if (lookup != null) {
            lookup.accept(token);
        }
        TokenListener listener = request.listener();
        if (listener.topLogProbs() >= 0) {
            listener.onLogProbs(
                    TokenLogProbs.of(batch.logits(), from * vocabulary, vocabulary, token, listener.topLogProbs()));
        }
        if (!listener.onToken(token)) {
            finish(FinishReason.STOP);
        } else if (sampler.count() == request.config().maxNewTokens() || valid == model.contextLength()) {
            finish(FinishReason.LENGTH);
        }
        return finish == null;
    }

    /** Number of tokens of the answer so far. */
    int count() {
        return sampler.count();
    }

    /** One token of the answer so far. */
    int token(int index) {
        return sampler.token(index);
    }

    private int lastToken() {
        return sampler.token(sampler.count() - 1);
    }

    /** Ends the request and leaves what it computed to others that begin alike. */
    private void finish(FinishReason reason) {
        finish = reason;
        end = System.nanoTime();
        if (sequence == null || sequence.length() < valid) {
            claim.close(); // it never began, or the model is closed
            return;
        }
        if (sequence.length() > valid) {
            sequence.truncate(valid);
        }
        int[] prompt = request.prompt();
        int[] tokens = Arrays.copyOf(prompt, valid);
        for (int i = prompt.length; i < valid; i++) {
            tokens[i] = sampler.token(i - prompt.length);
        }
        claim.finish(tokens);
    }

    /** The outcome so far; unfinished requests count as cancelled. */
    Generation result() {
        long now = finish == null ? System.nanoTime() : end;
        long prefill = (prefillEnd == 0 ? now : prefillEnd) - begin;
        return new Generation(
                sampler.answer(),
                finish == null ? FinishReason.CANCELLED : finish,
                request.prompt().length,
                cachedTokens,
                draftTokens,
                acceptedTokens,
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
