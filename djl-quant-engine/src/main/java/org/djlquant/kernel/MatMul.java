package org.djlquant.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.djlquant.runtime.Workers;

/**
 * A weight matrix [rows, cols] in the packed layout of a kernel: the quantized linear operator.
 * Immutable and safe for use by many threads. Its memory belongs to the arena it was packed in.
 */
public interface MatMul {
    /**
     * Version of the packed layouts of all kernels. Raise it with every change to the bytes of {@link #packed},
     * whether of a layout or of what a scheme decodes to: files of packed weights are kept by it.
     */
    int PACKED_VERSION = 3;

    /** Output features. */
    int rows();

    /** Input features. */
    int cols();

    /** Bytes held by the packed form (0 if it reads the checkpoint's own bytes). */
    long packedBytes();

    /** The packed form, from which {@link Kernels#open} makes this matrix again; empty if it reads the checkpoint's own bytes. */
    default Optional<MemorySegment> packed() {
        return Optional.empty();
    }

    /** Layout and kernel, for the load report, e.g. {@code affine4/g32 vector-512}. */
    String layout();

    /**
     * {@code y[t·yStride + r] = Σ_k W[r, k] · x[t·xStride + k]} for {@code tokens} tokens. Allocates
     * nothing that grows with the matrix. Must not be called from inside a {@link Workers} task.
     *
     * @param x activations, float32, token {@code t} starts at {@code xOffset + t·xStride}
     * @param y receives {@code tokens × rows} values, token {@code t} starts at {@code yOffset + t·yStride}
     */
    void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers);

    /** Decodes one row of the packed form to float32, in input order (embedding look-up, tests). */
    void decodeRow(int row, float[] dst, int dstOffset);
}
