package org.djlquant.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * The operators a model runs on. {@link ScalarKernels} is the specification; every other
 * implementation must agree with it to float rounding. Implementations are stateless and
 * thread-safe.
 */
public interface Kernels {
    /** Name for the load report, e.g. {@code scalar} or {@code vector-512}. */
    String name();

    /** These kernels, but for how matrices that they pack take their activations. */
    Kernels withActivations(ActivationType type);

    /**
     * Brings a matrix into this implementation's packed layout, in parallel. Never fails for a
     * readable matrix: a scheme without a fast layout is served through its decoder.
     *
     * @param arena owns the packed memory
     */
    MatMul pack(WeightMatrix weight, Arena arena, Workers workers);

    /**
     * A matrix whose packed form is there already. Kernels that pack nothing have no use for it.
     *
     * @param packed what {@link MatMul#packed} of the packed matrix was, under the same {@link #layout} and {@link
     *     MatMul#PACKED_VERSION}; aligned to 64 bytes, not changed and valid as long as the result is used. Other bytes
     *     give other numbers, but nothing outside of them is read
     * @throws IllegalArgumentException if it has another size than this matrix takes
     */
    default MatMul open(WeightMatrix weight, MemorySegment packed) {
        throw new IllegalArgumentException("kernels " + name() + " have no packed form of " + weight.scheme());
    }

    /**
     * Tells that matrices of this form will be multiplied soon, so that their code can be made ready meanwhile. May do
     * nothing; keeps nothing of the matrix.
     *
     * @param weights how many weights such matrices have together
     */
    default void prepare(WeightMatrix weight, long weights) {}

    /** What {@link MatMul#layout} of the packed matrix will be, without packing it. */
    String layout(WeightMatrix weight);

    /** A new empty cache for one layer of one sequence. */
    LayerCache newCache(LayerCache.Shape shape);

    /** {@code out[i] = x[i] · weight[i] / √(mean(x²) + eps)}; x and out may be the same array. */
    void rmsNorm(float[] x, int xOffset, int n, float[] weight, float eps, float[] out, int outOffset);

    /** {@code x[i] += y[i]}. */
    void add(float[] x, int xOffset, float[] y, int yOffset, int n);

    /** {@code gate[i] = silu(gate[i]) · up[i]}, silu(v) = v / (1 + e^−v). */
    void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int n);

    /**
     * {@code x[i] = gelu(x[i])}, gelu(v) = v/2 · (1 + tanh(√(2/π) · (v + 0.044715 v³))), the tanh form of
     * Hendrycks and Gimpel (2016).
     */
    void gelu(float[] x, int offset, int n);

    /** {@code x[i] = cap · tanh(x[i] / cap)}: values approach ±cap smoothly. */
    void softCap(float[] x, int offset, int n, float cap);

    /**
     * Rotates one head in place. {@code cos} and {@code sin} hold {@code rotaryDim/2} values from
     * {@code tableOffset} on. Interleaved pairs are (2i, 2i+1), else (i, i + rotaryDim/2).
     */
    void rope(float[] x, int xOffset, int rotaryDim, boolean interleaved, float[] cos, float[] sin, int tableOffset);
}
