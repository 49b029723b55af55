package org.djlquant.model;

/** One token sequence and its KV cache. Not thread-safe. */
public interface Sequence extends AutoCloseable {
    /** Positions in the cache. */
    int length();

    /** Forgets all positions from {@code length} on, so that a prefix can be continued otherwise. */
    void truncate(int length);

    /** A copy that continues independently (beams, several answers to one prompt). */
    Sequence fork();

    /** Bytes of cache allocated now. */
    long bytes();

    @Override
    void close();
}
