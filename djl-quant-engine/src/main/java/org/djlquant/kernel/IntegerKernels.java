package org.djlquant.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.djlquant.quant.Int8Rows;
import org.djlquant.quant.Int8Tensor;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * Other kernels, except for the matrices whose scheme also rounds activations to 8 bits: {@code
 * DYNAMIC_INT8} always, {@code INT8} if there is a threshold for the mixed decomposition of LLM.int8().
 * Those run in plain loops with integer sums.
 */
public final class IntegerKernels implements Kernels {
    private final Kernels others;
    private final float threshold;

    /**
     * Kernels over others.
     *
     * @param others run everything else
     * @param threshold magnitude of activations that are not rounded ({@code llm_int8_threshold}, in the
     *     paper 6), or 0: then the weights of {@code INT8} are decoded and activations stay floats
     * @throws IllegalArgumentException if the threshold is negative or not a number
     */
    public IntegerKernels(Kernels others, float threshold) {
        if (!(threshold >= 0)) {
            throw new IllegalArgumentException("the threshold must be at least 0, found " + threshold);
        }
        this.others = others;
        this.threshold = threshold;
    }

    @Override
    public String name() {
        return others.name() + ", 8-bit activations in plain loops";
    }

    @Override
    public Kernels withActivations(ActivationType type) {
        return new IntegerKernels(others.withActivations(type), threshold);
    }

    @Override
    public MatMul pack(WeightMatrix weight, Arena arena, Workers workers) {
        return switch (weight) {
            case Int8Tensor tensor -> new DynamicInt8MatMul(tensor);
            case Int8Rows rows when threshold > 0 -> new MixedInt8MatMul(rows, threshold);
            default -> others.pack(weight, arena, workers);
        };
    }

    @Override
    public MatMul open(WeightMatrix weight, MemorySegment packed) {
        return others.open(weight, packed);
    }

    @Override
    public void prepare(WeightMatrix weight, long weights) {
        if (layout(weight).equals(others.layout(weight))) {
            others.prepare(weight, weights);
        }
    }

    @Override
    public String layout(WeightMatrix weight) {
        return switch (weight) {
            case Int8Tensor tensor -> DynamicInt8MatMul.LAYOUT;
            case Int8Rows rows when threshold > 0 -> MixedInt8MatMul.layout(threshold);
            default -> others.layout(weight);
        };
    }

    @Override
    public LayerCache newCache(LayerCache.Shape shape) {
        return others.newCache(shape);
    }

    @Override
    public void rmsNorm(float[] x, int xOffset, int n, float[] weight, float eps, float[] out, int outOffset) {
        others.rmsNorm(x, xOffset, n, weight, eps, out, outOffset);
    }

    @Override
    public void add(float[] x, int xOffset, float[] y, int yOffset, int n) {
        others.add(x, xOffset, y, yOffset, n);
    }

    @Override
    public void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int n) {
        others.siluMultiply(gate, gateOffset, up, upOffset, n);
    }

    @Override
    public void gelu(float[] x, int offset, int n) {
        others.gelu(x, offset, n);
    }

    @Override
    public void softCap(float[] x, int offset, int n, float cap) {
        others.softCap(x, offset, n, cap);
    }

    @Override
    public void rope(
            float[] x, int xOffset, int rotaryDim, boolean interleaved, float[] cos, float[] sin, int tableOffset) {
        others.rope(x, xOffset, rotaryDim, interleaved, cos, sin, tableOffset);
    }
}
