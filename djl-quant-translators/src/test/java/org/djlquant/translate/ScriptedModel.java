package org.djlquant.translate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.djlquant.kernel.LayerCache;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.djlquant.model.SequencePool;
import org.djlquant.runtime.LoadReport;

/** A model that answers every prompt with the same tokens, and counts its passes. */
final class ScriptedModel implements CausalLM {
    final List<Integer> runsOfPasses = Collections.synchronizedList(new ArrayList<>());
    private final int[] answer;
    private final int vocabulary;
    private final SequencePool pool = SequencePool.unbounded(this::newSequence);
    volatile boolean closed;
    volatile int openSequences;

    ScriptedModel(int vocabulary, int... answer) {
        this.vocabulary = vocabulary;
        this.answer = answer;
    }

    private final class Script implements Sequence {
        private int length;
        private int next;

        @Override
        public int length() {
            return length;
        }

        @Override
        public void truncate(int to) {
            if (to != length) {
                throw new UnsupportedOperationException("a script does not go back");
            }
        }

        @Override
        public Sequence fork(int to) {
            Script copy = (Script) newSequence();
            copy.length = length;
            copy.next = next;
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
            openSequences--;
        }
    }

    @Override
    public synchronized void forward(Batch batch) {
        if (closed) {
            throw new IllegalStateException("the model is closed");
        }
        runsOfPasses.add(batch.runs().size());
        float[] logits = batch.reserveLogits(batch.logitsRows() * vocabulary);
        int row = 0;
        for (Batch.Run run : batch.runs()) {
            Script script = (Script) run.sequence();
            script.length += run.count();
            for (int r = 0; r < run.logitsRows(); r++, row++) {
                for (int v = 0; v < vocabulary; v++) {
                    logits[row * vocabulary + v] = 0;
                }
                logits[row * vocabulary + answer[script.next++ % answer.length]] = 5;
            }
        }
    }

    @Override
    public synchronized Sequence newSequence() {
        openSequences++;
        return new Script();
    }

    @Override
    public SequencePool pool() {
        return pool;
    }

    @Override
    public String architecture() {
        return "scripted";
    }

    @Override
    public int vocabularySize() {
        return vocabulary;
    }

    @Override
    public int contextLength() {
        return 400;
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
