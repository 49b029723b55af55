package org.djlquant.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.djlquant.kernel.LayerCache;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;

/**
 * One forward pass over NDArrays as {@link QuantBlock} describes it: unpads the rows, runs the model,
 * puts the results back in their places. Used once, by one thread.
 */
final class CausalLMPass {
    /** Rows of logits computed at once: 32 MB for a vocabulary of 32,000. */
    private static final int MAX_LOGITS_ROWS = 256;

    private final CausalLM model;
    private final List<LayerCache.Shape> layers;
    private final long[] ids;
    private final long[] positions;
    private final long[] mask;
    private final int rows;
    private final int tokens;
    private final int past;
    private final List<float[]> pastArrays = new ArrayList<>();

    /**
     * Checks the input.
     *
     * @param ids token ids (rows, tokens)
     * @param positions (rows, tokens) or (1, tokens), or {@code null} to count unmasked tokens
     * @param mask (rows, past + tokens), or {@code null} for all ones
     * @param pastArrays keys and values of earlier positions, or empty
     */
    CausalLMPass(CausalLM model, long[] ids, long[] positions, long[] mask, int rows, int tokens, List<NDArray> pastArrays) {
        this.model = model;
        this.ids = ids;
        this.rows = rows;
        this.tokens = tokens;
        layers = model.cacheShapes();
        if (!pastArrays.isEmpty() && pastArrays.size() != 2 * layers.size()) {
            throw new IllegalArgumentException("keys and values of " + layers.size() + " layers are "
                    + 2 * layers.size() + " arrays, found " + pastArrays.size());
        }
        past = pastArrays.isEmpty() ? 0 : Math.toIntExact(pastArrays.getFirst().getShape().get(2));
        for (int i = 0; i < pastArrays.size(); i++) {
            LayerCache.Shape layer = layers.get(i / 2);
            Shape expected = new Shape(rows, layer.kvHeads(), past, layer.headDim());
            if (!pastArrays.get(i).getShape().equals(expected)) {
                throw new IllegalArgumentException((i % 2 == 0 ? "keys" : "values") + " of layer " + i / 2
                        + " must be " + expected + ", found " + pastArrays.get(i).getShape());
            }
            this.pastArrays.add(pastArrays.get(i).toFloatArray());
        }
        int columns = past + tokens;
        if (mask != null && mask.length != rows * columns) {
            throw new IllegalArgumentException("the attention mask must be (" + rows + ", " + columns + "), found "
                    + mask.length + " values");
        }
        this.mask = mask;
        if (positions != null && positions.length != ids.length && positions.length != tokens) {
            throw new IllegalArgumentException("the positions must be (" + rows + ", " + tokens + ") or (1, " + tokens
                    + "), found " + positions.length + " values");
        }
        this.positions = positions;
        for (int i = 0; i < ids.length; i++) {
            if (!seen(i / tokens, past + i % tokens)) {
                continue;
            }
            if (ids[i] < 0 || ids[i] >= model.vocabularySize()) {
                throw new IllegalArgumentException("token id " + ids[i] + " in row " + i / tokens + ", column "
                        + i % tokens + " is not in 0 … " + (model.vocabularySize() - 1));
            }
            if (positions != null && (position(i) < 0 || position(i) >= model.contextLength())) {
                throw new IllegalArgumentException("position " + position(i) + " in row " + i / tokens + ", column "
                        + i % tokens + " is not in 0 … " + (model.contextLength() - 1));
            }
        }
    }

    private long position(int token) {
        return positions[token % positions.length];
    }

    private boolean seen(int row, int column) {
        return mask == null || mask[row * (past + tokens) + column] != 0;
    }

    /** The logits (rows, tokens, vocabulary). */
    NDArray run(NDManager manager) {
        FloatArray logits = new FloatArray(manager, rows, tokens, model.vocabularySize());
        List<Sequence> sequences = new ArrayList<>();
        try {
            forward(sequences, logits, null);
        } finally {
            sequences.forEach(Sequence::close);
        }
        return logits.toArray();
    }

    /** Logits, hidden states, and keys and values of all positions. */
    NDList runWithCache(NDManager manager) {
        FloatArray logits = new FloatArray(manager, rows, tokens, model.vocabularySize());
        FloatArray hidden = new FloatArray(manager, rows, tokens, model.hiddenSize());
        List<Sequence> sequences = new ArrayList<>();
        try {
            forward(sequences, logits, hidden);
            NDList result = new NDList(logits.toArray(), hidden.toArray());
            for (int layer = 0; layer < layers.size(); layer++) {
                exportLayer(manager, sequences, layer, result);
            }
            return result;
        } finally {
            sequences.forEach(Sequence::close);
        }
    }

    /** Runs all rows; opened sequences are added to the list, in row order. */
    private void forward(List<Sequence> sequences, FloatArray logits, FloatArray hidden) {
        Batch batch = new Batch();
        List<int[]> places = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            Sequence sequence = model.newSequence();
            sequences.add(sequence);
            importPast(sequence, row);
            sequence.expect(past + tokens); // as transformers, where the longest row decides for all
            int[] run = new int[tokens];
            int[] place = new int[tokens];
            int[] at = positions == null ? null : new int[tokens];
            int n = 0;
            for (int t = 0; t < tokens; t++) {
                if (seen(row, past + t)) {
                    run[n] = (int) ids[row * tokens + t];
                    if (at != null) {
                        at[n] = (int) position(row * tokens + t);
                    }
                    place[n++] = row * tokens + t;
                }
            }
            if (sequence.length() + n > model.contextLength()) {
                throw new IllegalArgumentException("row " + row + " has " + (sequence.length() + n)
                        + " tokens, the context length is " + model.contextLength());
            }
            for (int from = 0; from < n; ) {
                int count = Math.min(n - from, MAX_LOGITS_ROWS - batch.logitsRows());
                batch.add(new Batch.Run(sequence, run, from, count, Batch.Logits.ALL, at));
                places.add(Arrays.copyOfRange(place, from, from + count));
                from += count;
                if (batch.logitsRows() == MAX_LOGITS_ROWS) {
                    flush(batch, places, logits, hidden);
                }
            }
        }
        flush(batch, places, logits, hidden);
    }

    private void flush(Batch batch, List<int[]> places, FloatArray logits, FloatArray hidden) {
        if (places.isEmpty()) {
            return;
        }
        if (hidden != null) {
            batch.wantHidden(batch.logitsRows() * model.hiddenSize());
        }
        model.forward(batch);
        int row = 0;
        for (int[] run : places) {
            for (int place : run) {
                logits.put(place, batch.logits(), row);
                if (hidden != null) {
                    hidden.put(place, batch.hidden(), row);
                }
                row++;
            }
        }
        batch.clear();
        places.clear();
    }

    private void importPast(Sequence sequence, int row) {
        int[] columns = columns(row, 0, past);
        if (columns.length == 0) {
            return;
        }
        for (int layer = 0; layer < layers.size(); layer++) {
            int width = layers.get(layer).kvHeads() * layers.get(layer).headDim();
            float[] keys = gather(pastArrays.get(2 * layer), layer, row, columns);
            float[] values = gather(pastArrays.get(2 * layer + 1), layer, row, columns);
            sequence.caches().get(layer).append(keys, 0, width, values, 0, width, columns.length);
        }
    }

    /** (rows, kvHeads, past, headDim) → token after token with all its heads. */
    private float[] gather(float[] source, int layer, int row, int[] columns) {
        int heads = layers.get(layer).kvHeads();
        int dim = layers.get(layer).headDim();
        float[] out = new float[columns.length * heads * dim];
        for (int i = 0; i < columns.length; i++) {
            for (int h = 0; h < heads; h++) {
                int from = ((row * heads + h) * past + columns[i]) * dim;
                System.arraycopy(source, from, out, (i * heads + h) * dim, dim);
            }
        }
        return out;
    }

    /** Adds keys and values of one layer: earlier positions as they came, new ones from the cache, masked ones 0. */
    private void exportLayer(NDManager manager, List<Sequence> sequences, int layer, NDList result) {
        int heads = layers.get(layer).kvHeads();
        int dim = layers.get(layer).headDim();
        int columns = past + tokens;
        FloatArray keys = new FloatArray(manager, rows, heads, columns, dim);
        FloatArray values = new FloatArray(manager, rows, heads, columns, dim);
        float[] key = new float[heads * dim];
        float[] value = new float[heads * dim];
        for (int row = 0; row < rows; row++) {
            LayerCache cache = sequences.get(row).caches().get(layer);
            int[] fresh = columns(row, past, columns);
            for (int h = 0; h < heads && past > 0; h++) {
                int from = (row * heads + h) * past;
                for (int p = 0; p < past; p++) {
                    keys.put((row * heads + h) * columns + p, pastArrays.get(2 * layer), from + p);
                    values.put((row * heads + h) * columns + p, pastArrays.get(2 * layer + 1), from + p);
                }
            }
            for (int i = 0; i < fresh.length; i++) {
                cache.read(cache.length() - fresh.length + i, key, value);
                for (int h = 0; h < heads; h++) {
                    keys.put((row * heads + h) * columns + fresh[i], key, h);
                    values.put((row * heads + h) * columns + fresh[i], value, h);
                }
            }
        }
        result.add(keys.toArray());
        result.add(values.toArray());
    }

    /** The unmasked columns of a row in [from, to). */
    private int[] columns(int row, int from, int to) {
        return IntStream.range(from, to).filter(c -> seen(row, c)).toArray();
    }

    /** A FLOAT32 array being filled, one run along the last dimension at a time. */
    private static final class FloatArray {
        private final NDManager manager;
        private final Shape shape;
        private final ByteBuffer bytes;
        private final FloatBuffer floats;
        private final int width;

        FloatArray(NDManager manager, long... dims) {
            this.manager = manager;
            shape = new Shape(dims);
            width = (int) dims[dims.length - 1];
            // DJL passes arrays as byte buffers, which are limited to 2 GiB
            if (shape.size() > Integer.MAX_VALUE / 4) {
                throw new IllegalArgumentException("an array of " + shape + " floats is larger than 2 GiB, the largest"
                        + " a DJL array can be; use fewer rows or shorter runs of tokens");
            }
            bytes = manager.allocateDirect((int) shape.size() * 4);
            floats = bytes.asFloatBuffer();
        }

        /** Copies run {@code fromRun} of an array to run {@code run}. */
        void put(int run, float[] source, int fromRun) {
            floats.put(run * width, source, fromRun * width, width);
        }

        NDArray toArray() {
            return manager.create(bytes, shape, DataType.FLOAT32);
        }
    }
}
