package org.djlquant.kernel;

import org.djlquant.runtime.Workers;

/**
 * Keys and values of one layer of one sequence, in a layout its kernel chose, and attention over
 * them. Memory grows with use. Not thread-safe: a sequence is advanced by one thread at a time.
 */
public interface LayerCache extends AutoCloseable {

    /** Number of cached positions. */
    int length();

    /** Appends {@code tokens} positions; each has kvHeads·headDim values, token after token. */
    void append(float[] keys, int keysOffset, int keysStride, float[] values, int valuesOffset, int valuesStride, int tokens);

    /** Forgets all positions from {@code length} on. */
    void truncate(int length);

    /** Copies key and value of one cached position, kvHeads·headDim values each. */
    void read(int position, float[] key, float[] value);

    /**
     * Causal grouped-query attention of the last {@code tokens} cached positions: token {@code t} of
     * the call stands at position {@code p = length() − tokens + t} and sees positions {@code
     * max(0, p − window + 1) … p}.
     *
     * <pre>out[t, h] = Σ_j softmax_j(scale · q[t, h]·K[j, h / (heads / kvHeads)]) V[j, …]</pre>
     *
     * @param q queries, heads·headDim values a token at {@code qOffset + t·qStride}
     * @param out receives heads·headDim values a token at {@code outOffset + t·outStride}
     */
    void attend(float[] q, int qOffset, int qStride, float[] out, int outOffset, int outStride, int tokens, Workers workers);

    /**
     * A cache with the first {@code length} positions of this one, which then goes its own way. Memory of
     * whole blocks of positions is shared until one of the two writes to it, so that it costs little.
     *
     * @throws IllegalArgumentException if there are fewer positions
     */
    LayerCache fork(int length);

    /** Bytes allocated now, memory shared with forks included. */
    default long bytes() {
        return bytes(length());
    }

    /** Bytes that a number of positions takes. */
    long bytes(int positions);

    @Override
    void close();

    /**
     * What a cache must hold.
     *
     * @param heads query heads
     * @param kvHeads key/value heads, divides heads
     * @param headDim elements of a head
     * @param scale factor on q·k, usually 1/√headDim
     * @param window sliding window in tokens, or {@link Integer#MAX_VALUE} for full attention
     * @param half whether keys and values are kept as float16 instead of float32
     */
    record Shape(int heads, int kvHeads, int headDim, float scale, int window, boolean half) {}
}
