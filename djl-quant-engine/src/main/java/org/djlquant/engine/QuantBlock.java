package org.djlquant.engine;

import ai.djl.inference.streaming.StreamingBlock;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.djlquant.model.CausalLM;

/**
 * A language model as a DJL block. Two forms of input, by the number of arrays:
 *
 * <ul>
 *   <li>{@code [ids (B, T)]} or {@code [ids, mask (B, T)]} → {@code [logits (B, T, V)]};
 *   <li>{@code [ids (B, S), positions, mask (B, P + S), k₀, v₀, k₁, v₁, …]} with keys and values {@code
 *       (B, kvHeads, P, headDim)} of P earlier positions, or none of them for P = 0 → {@code [logits (B, S,
 *       V), hidden (B, S, H), k₀, v₀, …]} with P + S positions: what DJL's {@code TextGenerator} needs.
 * </ul>
 *
 * <p>Ids and masks are INT64 or INT32, everything else is FLOAT32. Each row is the sequence of its
 * tokens whose mask is not 0: padding on either side (or in the middle) changes nothing. Positions, (B, S)
 * or (1, S), are those of the unmasked tokens; where none are given, unmasked tokens are counted. Outputs of
 * masked tokens are 0. Hidden states are those after the last norm.
 *
 * <p>The second form copies the cache in and out in each call, because it stands in arrays between
 * calls; {@code org.djlquant.generate.Generator} keeps it in place and is many times faster.
 *
 * <p>Safe for use by many threads. It cannot be trained, and is saved by the quantizers, not as
 * {@code .params}.
 */
public final class QuantBlock extends AbstractBlock implements StreamingBlock {
    private static final byte VERSION = 1;

    private final CausalLM model;

    /** Wraps a loaded model, which the caller still closes. */
    public QuantBlock(CausalLM model) {
        super(VERSION);
        this.model = model;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore, NDList inputs, boolean training, PairList<String, Object> params) {
        if (training) {
            throw new UnsupportedOperationException("a quantized language model cannot be trained");
        }
        NDArray ids = inputs.head();
        Shape shape = ids.getShape();
        if (shape.dimension() != 2 || shape.size() == 0) {
            throw new IllegalArgumentException("token ids must be (batch, tokens) with at least one token, found " + shape);
        }
        int rows = Math.toIntExact(shape.get(0));
        int tokens = Math.toIntExact(shape.get(1));
        boolean stepwise = inputs.size() > 2;
        long[] mask = inputs.size() == 1 ? null : integers(inputs.get(stepwise ? 2 : 1));
        long[] positions = stepwise ? integers(inputs.get(1)) : null;
        List<NDArray> past = stepwise ? inputs.subList(3, inputs.size()) : List.of();
        CausalLMPass pass = new CausalLMPass(model, integers(ids), positions, mask, rows, tokens, past);
        NDManager manager = ids.getManager();
        return stepwise ? pass.runWithCache(manager) : new NDList(pass.run(manager));
    }

    private static long[] integers(NDArray array) {
        DataType type = array.getDataType();
        if (type == DataType.INT64) {
            return array.toLongArray();
        }
        if (type == DataType.INT32) {
            return Arrays.stream(array.toIntArray()).asLongStream().toArray();
        }
        if (type == DataType.BOOLEAN) {
            boolean[] values = array.toBooleanArray();
            long[] longs = new long[values.length];
            Arrays.setAll(longs, i -> values[i] ? 1 : 0);
            return longs;
        }
        throw new IllegalArgumentException("token ids and masks must be INT64 (or INT32), found " + type);
    }

    /**
     * A stream of one element, the result of {@code forward}, computed when it is asked for; no element
     * for an empty input. Translators that stream text compute the text themselves.
     */
    @Override
    public Iterator<NDList> forwardStreamIter(
            ParameterStore parameterStore, NDList inputs, boolean training, PairList<String, Object> params) {
        return inputs.isEmpty()
                ? Collections.emptyIterator()
                : Stream.of(inputs).map(in -> forward(parameterStore, in, training, params)).iterator();
    }

    @Override
    public boolean isInitialized() {
        return true;
    }

    @Override
    public PairList<String, Shape> describeInput() {
        Shape shape = new Shape(-1, -1);
        return new PairList<>(List.of("input_ids", "attention_mask"), List.of(shape, shape));
    }

    /** The shape of the logits. */
    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(model.vocabularySize())};
    }

    @Override
    public void saveParameters(DataOutputStream os) {
        throw new UnsupportedOperationException("a language model is written by the quantizers, not as .params");
    }

    @Override
    public void loadParameters(NDManager manager, DataInputStream is) {
        throw new UnsupportedOperationException("a language model is loaded from its checkpoint, not from .params");
    }
}
