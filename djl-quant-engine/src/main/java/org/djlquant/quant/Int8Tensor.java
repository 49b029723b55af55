package org.djlquant.quant;

import java.lang.foreign.MemorySegment;

/**
 * {@code DYNAMIC_INT8}: signed 8-bit codes with one float32 scale for the whole matrix, symmetric around
 * zero. Operators on it round activations to 8 bits as well.
 *
 * <pre>w[r, k] = scale · code[r, k]</pre>
 *
 * <p>Made on loading only, no checkpoint stores it. Source: quantize_dynamic of PyTorch 2.7.1 for Linear.
 *
 * @param codes row-major int8 codes
 * @param scale value of one step
 * @param rows output features
 * @param cols input features
 */
public record Int8Tensor(MemorySegment codes, float scale, int rows, int cols) implements WeightMatrix {

    /** Checks that the codes have the size the shape asks for. */
    public Int8Tensor {
        if (codes.byteSize() != (long) rows * cols) {
            throw new IllegalArgumentException(
                    "DYNAMIC_INT8 " + rows + "x" + cols + " needs as many bytes, found " + codes.byteSize());
        }
    }

    @Override
    public String scheme() {
        return "DYNAMIC_INT8";
    }

    @Override
    public long byteSize() {
        return codes.byteSize() + 4;
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        for (int k = 0; k < cols; k++) {
            dst[dstOffset + k] = scale * Bytes.s8(codes, (long) row * cols + k);
        }
    }
}
