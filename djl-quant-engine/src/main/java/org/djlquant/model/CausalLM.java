package org.djlquant.model;

import java.util.List;
import org.djlquant.kernel.LayerCache;
import org.djlquant.runtime.LoadReport;

/**
 * A loaded decoder-only language model. Forward passes of different threads run one after the other;
 * closing frees all weights, and passes begun afterwards throw {@link IllegalStateException}.
 */
public interface CausalLM extends AutoCloseable {

    /** Architecture name, e.g. {@code mistral}. */
    String architecture();

    /** Size of the vocabulary: the length of a logits row. */
    int vocabularySize();

    /** The largest number of positions a sequence may have. */
    int contextLength();

    /** Elements of a hidden state as the head sees it. */
    int hiddenSize();

    /** What each layer of a sequence caches, first layer first. */
    List<LayerCache.Shape> cacheShapes();

    /** Starts an empty sequence with its own KV cache, which counts for nothing in {@link #pool()}. */
    Sequence newSequence();

    /** The sequences of requests, bound in number by the memory of their caches. */
    SequencePool pool();

    /**
     * Runs all token runs of a batch in one pass (weights are read once) and leaves logits in the
     * batch. Tokens are appended to the caches of their sequences.
     */
    void forward(Batch batch);

    /** What was loaded and how it runs. */
    LoadReport report();

    @Override
    void close();
}
