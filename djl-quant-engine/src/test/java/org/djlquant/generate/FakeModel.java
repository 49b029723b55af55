package org.djlquant.generate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToIntFunction;
import org.djlquant.kernel.LayerCache;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.djlquant.model.SequencePool;
import org.djlquant.runtime.LoadReport;

/** A model whose next token is the sum of all tokens so far plus one, modulo the vocabulary, unless it is told another rule. */
final class FakeModel implements CausalLM {
    final List<Integer> passes = Collections.synchronizedList(new ArrayList<>());
    final List<FakeSequence> sequences = Collections.synchronizedList(new ArrayList<>());
    Runnable beforePass = () -> {};

    /** The likeliest token after those of a sequence. */
    ToIntFunction<List<Integer>> rule = tokens -> tokens.stream().mapToInt(i -> i).sum() + 1;

    SequencePool pool = SequencePool.unbounded(this::newSequence);
    private final int vocabulary;
    private final int context;
    private volatile boolean closed;

    FakeModel(int vocabulary, int context) {
        this.vocabulary = vocabulary;
        this.context = context;
    }

    final class FakeSequence implements Sequence {
        private final List<Integer> tokens = new ArrayList<>();
        boolean closed;

        @Override
        public int length() {
            return tokens.size();
        }

        @Override
        public void truncate(int to) {
            tokens.subList(to, tokens.size()).clear();
        }

        @Override
        public Sequence fork(int length) {
            FakeSequence copy = (FakeSequence) newSequence();
            copy.tokens.addAll(tokens.subList(0, length));
            return copy;
        }

        @Override
        public List<LayerCache> caches() {
            return List.of();
        }

        @Override
        public long bytes() {
            return 0;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Override
    public synchronized void forward(Batch batch) {
        beforePass.run();
        if (closed) {
            throw new IllegalStateException("closed");
        }
        passes.add(batch.tokens());
        float[] logits = batch.reserveLogits(batch.logitsRows() * vocabulary);
        int row = 0;
        for (Batch.Run run : batch.runs()) {
            FakeSequence sequence = (FakeSequence) run.sequence();
            if (sequence.closed || sequence.length() + run.count() > context) {
                throw new AssertionError("closed or too long");
            }
            for (int i = 0; i < run.count(); i++) {
                sequence.tokens.add(run.tokens()[run.from() + i]);
                if (i >= run.count() - run.logitsRows()) {
                    int next = rule.applyAsInt(sequence.tokens) % vocabulary;
                    for (int v = 0; v < vocabulary; v++) {
                        logits[row * vocabulary + v] = v == next ? 2 : v * 1e-3f;
                    }
                    row++;
                }
            }
        }
    }

    long openSequences() {
        return sequences.stream().filter(s -> !s.closed).count();
    }

    @Override
    public Sequence newSequence() {
        FakeSequence sequence = new FakeSequence();
        sequences.add(sequence);
        return sequence;
    }

    @Override
    public SequencePool pool() {
        return pool;
    }

    @Override
    public String architecture() {
        return "fake";
    }

    @Override
    public int vocabularySize() {
        return vocabulary;
    }

    @Override
    public int contextLength() {
        return context;
    }

    @Override
    public int hiddenSize() {
        return 1;
    }

    @Override
    public List<LayerCache.Shape> cacheShapes() {
        return List.of();
    }

    @Override
    public LoadReport report() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        closed = true;
    }
}
