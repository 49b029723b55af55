package org.djlquant.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Token runs of one or more sequences to be fed in one {@link CausalLM#forward} pass, and the results.
 * Reusable through {@link #clear()}; not thread-safe.
 */
public final class Batch {

    /** Which positions of a run need logits. */
    public enum Logits {
        /** None (all but the last chunk of a prompt). */
        NONE,
        /** Only the last token of the run. */
        LAST,
        /** Every token of the run. */
        ALL
    }

    /**
     * Consecutive tokens of one sequence.
     *
     * @param sequence receives the tokens
     * @param tokens the ids
     * @param from first index used
     * @param count number of tokens, at least 1
     * @param logits which positions get logits
     * @param positions position of each token of {@code tokens}, or {@code null} if they follow those cached
     */
    public record Run(Sequence sequence, int[] tokens, int from, int count, Logits logits, int[] positions) {
        /** Rows of logits this run asks for. */
        public int logitsRows() {
            return switch (logits) {
                case NONE -> 0;
                case LAST -> 1;
                case ALL -> count;
            };
        }
    }

    private final List<Run> runs = new ArrayList<>();
    private float[] logits = {};
    private float[] hidden;

    /** Adds a run; returns the index of its first logits row. */
    public int add(Sequence sequence, int[] tokens, int from, int count, Logits which) {
        return add(new Run(sequence, tokens, from, count, which, null));
    }

    /** Adds a run; returns the index of its first logits row. */
    public int add(Run run) {
        int row = logitsRows();
        runs.add(run);
        return row;
    }

    /** The runs in order. */
    public List<Run> runs() {
        return runs;
    }

    /** Rows of logits asked for by all runs. */
    public int logitsRows() {
        int n = 0;
        for (int i = 0; i < runs.size(); i++) {
            n += runs.get(i).logitsRows();
        }
        return n;
    }

    /** Number of tokens in all runs. */
    public int tokens() {
        int n = 0;
        for (int i = 0; i < runs.size(); i++) {
            n += runs.get(i).count();
        }
        return n;
    }

    /** Logits after the pass: row {@code r} at {@code r · vocabularySize}. The array may be longer. */
    public float[] logits() {
        return logits;
    }

    /** Ensures room for that many logits values and returns the array; for models. */
    public float[] reserveLogits(int values) {
        if (logits.length < values) {
            logits = new float[values];
        }
        return logits;
    }

    /** Asks for the final hidden states (after the last norm) of the rows that get logits. */
    public void wantHidden(int values) {
        hidden = hidden != null && hidden.length >= values ? hidden : new float[values];
    }

    /** Final hidden states, row {@code r} at {@code r · hiddenSize}; {@code null} unless asked for. */
    public float[] hidden() {
        return hidden;
    }

    /** Empties the batch for the next pass. */
    public void clear() {
        runs.clear();
        hidden = null;
    }
}
