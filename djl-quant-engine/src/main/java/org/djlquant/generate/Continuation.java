package org.djlquant.generate;

import java.util.Arrays;
import java.util.Set;
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
    private final TokenHistory history;
    private final int maxNewTokens;
    private final Set<Integer> ends;
    private final StoppingCriteria stopping;
    private final boolean scoresPrompt;
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

    /** Rows of the last chunk of the prompt, if it is scored. */
    private int scoredRow;

    private int scored;
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
        int[] prompt = request.prompt();
        GenerationConfig config = request.config();
        sampler = new Sampler(config);
        history = new TokenHistory(prompt);
        maxNewTokens = config.get(Parameter.MAX_NEW_TOKENS);
        ends = config.endTokens();
        stopping = config.get(Parameter.STOPPING_CRITERIA);
        scoresPrompt = scoresPrompt(request);
        int guesses = config.get(Parameter.PROMPT_LOOKUP_NUM_TOKENS);
        lookup = guesses == 0 ? null : new PromptLookup(prompt, guesses);
        next = new int[1 + guesses];
        // the last token of an answer is never fed
        long most = (long) prompt.length + Math.max(0, maxNewTokens - 1);
        claim = model.pool().claim(prompt, (int) Math.min(model.contextLength(), most));
    }

    /** Whether log-probabilities of the prompt are asked for. */
    static boolean scoresPrompt(Request request) {
        return request.config().get(Parameter.ECHO) && request.listener().topLogProbs() >= 0;
    }

    /** Refuses a prompt that is empty, too long or not of this vocabulary, and parameters that name tokens outside it. */
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
            checkToken(model, token, "the prompt");
        }
        GenerationConfig config = request.config();
        config.get(Parameter.LOGIT_BIAS).keySet().forEach(token -> checkToken(model, token, "logit_bias"));
        config.get(Parameter.BAD_WORDS_IDS).forEach(
                sequence -> sequence.forEach(token -> checkToken(model, token, "bad_words_ids")));
    }

    private static void checkToken(CausalLM model, int token, String where) {
        if (token < 0 || token >= model.vocabularySize()) {
            throw new IllegalArgumentException(
                    "token " + token + " of " + where + " is outside the vocabulary of " + model.vocabularySize());
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
            if (scoresPrompt) {
                sequence.truncate(0); // positions that are known already have no logits
            }
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
            boolean last = fed + n == prompt.length;
            if (scoresPrompt) {
                scoredRow = batch.add(sequence, prompt, fed, n, Batch.Logits.ALL);
                scored = n;
                row = last ? scoredRow + n - 1 : -1;
            } else {
                int first = batch.add(sequence, prompt, fed, n, last ? Batch.Logits.LAST : Batch.Logits.NONE);
                row = last ? first : -1;
            }
            fed += n;
        }
        return n;
    }

    /** Guesses that neither the answer nor the context is too short for. */
    private int roomForGuesses() {
        int left = maxNewTokens - history.answerLength() - 1;
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
            scorePrompt(batch);
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
        if (maxNewTokens == 0) {
            finish(FinishReason.LENGTH);
            return;
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
        int token = sampler.sample(history, batch.logits(), from * vocabulary, vocabulary);
        if (ends.contains(token)) {
            finish(FinishReason.STOP);
            return false;
        }
        history.add(token);
        if (lookup != null) {
            lookup.accept(token);
        }
        TokenListener listener = request.listener();
        if (listener.topLogProbs() >= 0) {
            listener.onLogProbs(
                    TokenLogProbs.of(batch.logits(), from * vocabulary, vocabulary, token, listener.topLogProbs()));
        }
        if (!listener.onToken(token) || stopping.isDone(history)) {
            finish(FinishReason.STOP);
        } else if (history.answerLength() == maxNewTokens || valid == model.contextLength()) {
            finish(FinishReason.LENGTH);
        }
        return finish == null;
    }

    /** Reports the tokens of the prompt that the rows of the chunk just fed predict. */
    private void scorePrompt(Batch batch) {
        int vocabulary = model.vocabularySize();
        TokenListener listener = request.listener();
        for (int i = 0; i < scored; i++) {
            int position = fed - scored + i + 1;
            if (position < request.prompt().length) {
                listener.onPromptLogProbs(TokenLogProbs.of(
                        batch.logits(), (scoredRow + i) * vocabulary, vocabulary, history.get(position), listener.topLogProbs()));
            }
        }
        scored = 0;
    }

    private int lastToken() {
        return history.get(history.length() - 1);
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
        claim.finish(history.first(valid));
    }

    /** The outcome so far; unfinished requests count as cancelled. */
    Generation result() {
        long now = finish == null ? System.nanoTime() : end;
        long prefill = (prefillEnd == 0 ? now : prefillEnd) - begin;
        return new Generation(
                history.answer(),
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
