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
     * <pre>out[t, h] = Σ_j softmax_j(cap(scale · q[t, h]·K[j, h / (heads / kvHeads)])) V[j, …]</pre>
     *
     * with {@code cap(s) = softCap · tanh(s / softCap)}, or {@code cap(s) = s} without a cap.
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

    /** How keys and values are kept. */
    enum Type {
        /** 32-bit floats: what the reference computes with. */
        F32,
        /** 16-bit floats: half the memory, relative rounding of 2⁻¹¹. */
        F16,
        /** 8-bit integers and a scale for each head of each position ({@link #quantize}): a quarter of the memory. */
        Q8
    }

    /**
     * The 8-bit form of a head: {@code codes[i] = round(x[i] / scale)}, halves away from zero.
     *
     * @param x the head's {@code n} values from {@code at} on
     * @param codes receives {@code n} codes from −127 to 127
     * @return the scale, max |x| / 127
     */
    static float quantize(float[] x, int at, int n, byte[] codes) {
        float max = 0;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, Math.abs(x[at + i]));
        }
        float inverse = max == 0 ? 0 : 127 / max;
        for (int i = 0; i < n; i++) {
            float code = x[at + i] * inverse;
            codes[i] = (byte) (code + Math.copySign(0.5f, code));
        }
        return max / 127;
    }

    /**
     * What a cache must hold.
     *
     * @param heads query heads
     * @param kvHeads key/value heads, divides heads
     * @param headDim elements of a head
     * @param scale factor on q·k, usually 1/√headDim
     * @param softCap bound that scores approach smoothly (Gemma 2), or 0 for none
     * @param window sliding window in tokens, or {@link Integer#MAX_VALUE} for full attention
     * @param type how keys and values are kept
     */
    record Shape(int heads, int kvHeads, int headDim, float scale, float softCap, int window, Type type) {
        /** Full attention to float32 keys and values, with the usual scale. */
        public static Shape of(int heads, int kvHeads, int headDim) {
            return new Shape(heads, kvHeads, headDim, (float) (1 / Math.sqrt(headDim)), 0, Integer.MAX_VALUE, Type.F32);
        }

        /** The same with another factor on q·k. */
        public Shape withScale(float other) {
            return new Shape(heads, kvHeads, headDim, other, softCap, window, type);
        }

        /** The same with scores bounded. */
        public Shape withSoftCap(float other) {
            return new Shape(heads, kvHeads, headDim, scale, other, window, type);
        }

        /** The same with another window. */
        public Shape withWindow(int other) {
            return new Shape(heads, kvHeads, headDim, scale, softCap, other, type);
        }

        /** The same with keys and values kept otherwise. */
        public Shape withType(Type other) {
            return new Shape(heads, kvHeads, headDim, scale, softCap, window, other);
        }
    }
}
