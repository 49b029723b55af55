package org.djlquant.model;

import java.util.List;
import org.djlquant.kernel.LayerCache;

/** One token sequence and its KV cache. Not thread-safe. */
public interface Sequence extends AutoCloseable {
    /** Positions in the cache. */
    int length();

    /** Forgets all positions from {@code length} on, so that a prefix can be continued otherwise. */
    void truncate(int length);

    /**
     * Says that the sequence will have at least this many positions. Only models whose rotation depends on
     * the length of a sequence (Phi-3 with LongRoPE) heed it: they spare computing the first positions
     * twice. Forgotten when the sequence is truncated.
     */
    default void expect(int positions) {}

    /** A copy that continues independently (beams, several answers to one prompt). */
    default Sequence fork() {
        return fork(length());
    }

    /**
     * A sequence with the first {@code length} positions of this one that continues independently. Both
     * share memory until one of them changes it.
     *
     * @throws IllegalArgumentException if there are fewer positions
     * @throws IllegalStateException if this sequence or the model is closed
     */
    Sequence fork(int length);

    /**
     * The caches of the layers, first layer first, for import and export of keys and values. All of
     * them must have the same length whenever a forward pass begins.
     */
    List<LayerCache> caches();

    /** Bytes of cache allocated now. */
    long bytes();

    @Override
    void close();
}
