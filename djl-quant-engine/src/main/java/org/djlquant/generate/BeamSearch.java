package org.djlquant.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.djlquant.model.SequencePool;

/**
 * Beam search as transformers 4.51 runs it ({@code GenerationMixin._beam_search}), with its rules for what is kept and when
 * to end. All beams are runs of one pass; a beam whose parent had more children goes on from a fork of its cache.
 * Used once, by one thread.
 */
final class BeamSearch implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 20;

    /** Positions that a fork copies at most where it leaves what it shares. */
    private static final int FORK_OVERHEAD = 64;

    private static final Comparator<Candidate> LIKELIEST_FIRST = Comparator.comparingDouble(Candidate::logProb)
            .reversed()
            .thenComparingInt(Candidate::parent)
            .thenComparingInt(Candidate::token);

    private final CausalLM model;
    private final Request request;
    private final GenerationConfig config;
    private final int beams;
    private final int maxNewTokens;
    private final double lengthPenalty;
    private final Set<Integer> ends;
    private final List<LogitsProcessor> processors;
    private final Batch batch = new Batch();
    private final float[] scores;
    private final long begin = System.nanoTime();
    private long prefillEnd;
    /** Room for the prompt and all beams; its own sequence holds the prompt, beams are forks of it. */
    private final SequencePool.Claim claim;

    private Sequence root;
    private int cachedTokens;
    private final List<Sequence> sequences = new ArrayList<>();
    private List<Open> open = new ArrayList<>();
    /** Complete answers, best first, at most as many as beams. */
    private final List<Done> done = new ArrayList<>();

    /** A beam that grows: its cache holds all of its tokens but the last. */
    private record Open(Sequence sequence, TokenHistory history, float logProb, Node last) {}

    /** A token of an answer with its report, and the ones before it. */
    private record Node(Node previous, TokenLogProbs logProbs) {}

    /** A beam with one more token. */
    private record Candidate(int parent, int token, float logProb) {}

    private record Done(int[] tokens, FinishReason finish, double score, Node last) {}

    BeamSearch(CausalLM model, Request request) {
        this.model = model;
        this.request = request;
        config = request.config();
        beams = config.get(Parameter.NUM_BEAMS);
        int room = model.contextLength() - request.prompt().length + 1;
        maxNewTokens = Math.min(config.get(Parameter.MAX_NEW_TOKENS), room);
        lengthPenalty = config.get(Parameter.LENGTH_PENALTY);
        ends = config.endTokens();
        processors = Processors.of(config);
        scores = new float[model.vocabularySize()];
        long most = request.prompt().length + (long) beams * (maxNewTokens + FORK_OVERHEAD);
        claim = model.pool().claim(request.prompt(), (int) Math.min(Integer.MAX_VALUE, most));
    }

    List<Beam> run() {
        boolean goesOn = prefill();
        Sequence first = goesOn ? root.fork() : null;
        if (goesOn) {
            sequences.add(first);
        }
        open.add(new Open(first, new TokenHistory(request.prompt()), 0, null));
        while (goesOn) {
            goesOn = choose() && !isCancelled();
            if (goesOn) {
                batch.clear();
                for (Open beam : open) {
                    TokenHistory history = beam.history;
                    batch.add(beam.sequence, new int[] {history.get(history.length() - 1)}, 0, 1, Batch.Logits.LAST);
                }
                model.forward(batch);
            }
        }
        return results();
    }

    private boolean isCancelled() {
        return request.cancellation().isCancelled() || Thread.currentThread().isInterrupted();
    }

    /** Waits for memory and feeds the prompt; returns whether it went through. */
    private boolean prefill() {
        while (!claim.await(PATIENCE_MILLIS)) {
            if (isCancelled()) {
                return false;
            }
        }
        root = claim.start();
        int[] prompt = request.prompt();
        cachedTokens = root.length();
        for (int fed = cachedTokens; fed < prompt.length; ) {
            if (isCancelled()) {
                return false;
            }
            int count = Math.min(Generator.PROMPT_CHUNK, prompt.length - fed);
            boolean last = fed + count == prompt.length;
            batch.clear();
            batch.add(root, prompt, fed, count, last ? Batch.Logits.LAST : Batch.Logits.NONE);
            model.forward(batch);
            fed += count;
        }
        prefillEnd = System.nanoTime();
        return true;
    }

    /** Takes the likeliest continuations of all beams from the logits of the last pass; returns whether to go on. */
    private boolean choose() {
        int length = open.getFirst().history.answerLength() + 1;
        List<Candidate> candidates = candidates();
        List<Candidate> running = new ArrayList<>();
        List<Done> ended = new ArrayList<>();
        int endings = 0;
        for (int rank = 0; rank < candidates.size(); rank++) {
            Candidate candidate = candidates.get(rank);
            FinishReason finish = finish(candidate, length);
            if (finish == null) {
                if (running.size() < beams) {
                    running.add(candidate);
                }
                continue;
            }
            endings++;
            if (rank < beams) { // the others only stand by in case that these end
                ended.add(done(candidate, finish, length));
            }
        }
        boolean full = done.size() == beams;
        if (!full || config.get(Parameter.EARLY_STOPPING) != EarlyStopping.TRUE) {
            done.addAll(ended);
            done.sort(Comparator.comparingDouble(Done::score).reversed());
            done.subList(Math.min(beams, done.size()), done.size()).clear();
        }
        boolean goesOn = endings < candidates.size() && !running.isEmpty() && canImprove(running.getFirst().logProb, length);
        if (goesOn) {
            advance(running);
        }
        return goesOn;
    }

    private boolean canImprove(float bestRunning, int length) {
        if (done.size() < beams) {
            return true;
        }
        EarlyStopping early = config.get(Parameter.EARLY_STOPPING);
        if (early == EarlyStopping.TRUE) {
            return false;
        }
        int bestLength = early == EarlyStopping.NEVER && lengthPenalty > 0 ? maxNewTokens : length;
        return score(bestRunning, bestLength) > done.getLast().score;
    }

    private double score(float logProb, int length) {
        return logProb / Math.pow(length, lengthPenalty);
    }

    private FinishReason finish(Candidate candidate, int length) {
        if (ends.contains(candidate.token)) {
            return FinishReason.STOP;
        }
        StoppingCriteria stopping = config.get(Parameter.STOPPING_CRITERIA);
        if (stopping != StoppingCriteria.NONE) {
            TokenHistory history = open.get(candidate.parent).history;
            history.add(candidate.token);
            boolean ended = stopping.isDone(history);
            history.removeLast();
            if (ended) {
                return FinishReason.STOP;
            }
        }
        return length == maxNewTokens ? FinishReason.LENGTH : null;
    }

    private Done done(Candidate candidate, FinishReason finish, int length) {
        Open parent = open.get(candidate.parent);
        int[] tokens = parent.history.answer();
        Node last = parent.last;
        if (!ends.contains(candidate.token)) {
            tokens = Arrays.copyOf(tokens, length);
            tokens[length - 1] = candidate.token;
            last = node(candidate);
        }
        return new Done(tokens, finish, score(candidate.logProb, length), last);
    }

    private Node node(Candidate candidate) {
        int top = request.listener().topLogProbs();
        int vocabulary = scores.length;
        return top < 0 ? null : new Node(
                open.get(candidate.parent).last,
                TokenLogProbs.of(batch.logits(), candidate.parent * vocabulary, vocabulary, candidate.token, top));
    }

    /** The likeliest continuations, likeliest first: enough for all beams to go on even if every end token is among them. */
    private List<Candidate> candidates() {
        int wanted = Math.max(2, 1 + ends.size()) * beams;
        PriorityQueue<Candidate> best = new PriorityQueue<>(wanted + 1, LIKELIEST_FIRST.reversed());
        int vocabulary = scores.length;
        for (int parent = 0; parent < open.size(); parent++) {
            Open beam = open.get(parent);
            TokenLogProbs.logSoftmax(batch.logits(), parent * vocabulary, vocabulary, scores);
            for (LogitsProcessor processor : processors) {
                processor.process(beam.history, scores, vocabulary);
            }
            for (int token = 0; token < vocabulary; token++) {
                float logProb = beam.logProb + scores[token];
                // of equals the ones that came first stay
                if (logProb > Float.NEGATIVE_INFINITY && (best.size() < wanted || logProb > best.peek().logProb)) {
                    best.add(new Candidate(parent, token, logProb));
                    if (best.size() > wanted) {
                        best.remove();
                    }
                }
            }
        }
        if (best.isEmpty()) {
            throw new IllegalStateException(
                    "no token is left to choose from; the bans and the logits processor forbid all of them, or scores are NaN");
        }
        List<Candidate> sorted = new ArrayList<>(best);
        sorted.sort(LIKELIEST_FIRST);
        return sorted;
    }

    /** Replaces the open beams by their continuations: the first child of a beam takes its cache over, others fork it. */
    private void advance(List<Candidate> running) {
        Set<Sequence> taken = new HashSet<>();
        List<Open> next = new ArrayList<>();
        for (int i = running.size() - 1; i >= 0; i--) { // forks come before the first child, which takes over
            Candidate candidate = running.get(i);
            Sequence sequence = open.get(candidate.parent).sequence;
            boolean first = running.subList(0, i).stream().noneMatch(other -> other.parent == candidate.parent);
            if (!first) {
                sequence = sequence.fork();
                sequences.add(sequence);
            }
            taken.add(sequence);
            TokenHistory history = open.get(candidate.parent).history.fork();
            history.add(candidate.token);
            next.addFirst(new Open(sequence, history, candidate.logProb, node(candidate)));
        }
        open = next;
        sequences.removeIf(sequence -> {
            boolean unused = !taken.contains(sequence);
            if (unused) {
                sequence.close();
            }
            return unused;
        });
    }

    private List<Beam> results() {
        long end = System.nanoTime();
        long prefill = (prefillEnd == 0 ? end : prefillEnd) - begin;
        FinishReason cancelled = isCancelled() ? FinishReason.CANCELLED : null;
        if (done.isEmpty()) {
            // cancelled before any beam was complete, or nothing was to be generated
            Open best = open.getFirst();
            FinishReason finish = cancelled != null ? cancelled : FinishReason.LENGTH;
            int length = Math.max(1, best.history.answerLength());
            done.add(new Done(best.history.answer(), finish, score(best.logProb, length), best.last));
        }
        List<Beam> results = new ArrayList<>();
        for (Done each : done.subList(0, Math.min(config.get(Parameter.N), done.size()))) {
            List<TokenLogProbs> logProbs = new ArrayList<>();
            for (Node node = each.last; node != null; node = node.previous) {
                logProbs.addFirst(node.logProbs);
            }
            FinishReason finish = cancelled != null ? cancelled : each.finish;
            Generation generation =
                    new Generation(
                    each.tokens, finish, request.prompt().length, cachedTokens, 0, 0, prefill, end - begin - prefill);
            results.add(new Beam(generation, each.score, logProbs));
        }
        return results;
    }

    @Override
    public void close() {
        sequences.forEach(Sequence::close);
        if (prefillEnd != 0) {
            claim.finish(request.prompt());
        }
        claim.close();
    }
}
