package org.djlquant.generate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.djlquant.kernel.LayerCache;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.djlquant.runtime.LoadReport;

/** A model whose next token is the sum of all tokens so far plus one, modulo the vocabulary. */
final class FakeModel implements CausalLM {
    final List<Integer> passes = Collections.synchronizedList(new ArrayList<>());
    final List<FakeSequence> sequences = Collections.synchronizedList(new ArrayList<>());
    Runnable beforePass = () -> {};
    private final int vocabulary;
    private final int context;
    private volatile boolean closed;

    FakeModel(int vocabulary, int context) {
        this.vocabulary = vocabulary;
        this.context = context;
    }

    final class FakeSequence implements Sequence {
        private int length;
        private long sum;
        boolean closed;

        @Override
        public int length() {
            return length;
        }

        @Override
        public void truncate(int to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Sequence fork() {
            FakeSequence copy = (FakeSequence) newSequence();
            copy.length = length;
            copy.sum = sum;
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
            if (sequence.closed || sequence.length + run.count() > context) {
                throw new AssertionError("closed or too long");
            }
            for (int i = 0; i < run.count(); i++) {
                sequence.sum += run.tokens()[run.from() + i];
            }
            sequence.length += run.count();
            for (int r = 0; r < run.logitsRows(); r++, row++) {
                for (int v = 0; v < vocabulary; v++) {
                    logits[row * vocabulary + v] = v == (sequence.sum + 1) % vocabulary ? 2 : v * 1e-3f;
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
