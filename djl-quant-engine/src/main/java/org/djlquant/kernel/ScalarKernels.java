package org.djlquant.kernel;

import java.lang.foreign.Arena;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * The specification: every operator as plain loops. Needs no JVM flag and runs anywhere. Matrices
 * stay in the form the checkpoint stores; each use decodes their rows.
 */
public final class ScalarKernels implements Kernels {
    private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

    private final ActivationType activations;

    /** Kernels that multiply activations as they are. */
    public ScalarKernels() {
        this(ActivationType.FLOAT32);
    }

    /** Kernels that multiply activations of this type. */
    public ScalarKernels(ActivationType activations) {
        this.activations = activations;
    }

    @Override
    public String name() {
        return activations == ActivationType.INT8 ? "scalar, 8-bit activations" : "scalar";
    }

    @Override
    public Kernels withActivations(ActivationType type) {
        return new ScalarKernels(type);
    }

    @Override
    public MatMul pack(WeightMatrix weight, Arena arena, Workers workers) {
        return inPlace(weight);
    }

    /** A matrix that stays as it is stored. */
    public MatMul inPlace(WeightMatrix weight) {
        return new ScalarMatMul(weight, activations.rounds(weight.form(), weight.cols()));
    }

    @Override
    public String layout(WeightMatrix weight) {
        return new ScalarMatMul(weight, activations.rounds(weight.form(), weight.cols())).layout();
    }

    @Override
    public LayerCache newCache(LayerCache.Shape shape) {
        return new ScalarLayerCache(shape);
    }

    @Override
    public void rmsNorm(float[] x, int xOffset, int n, float[] weight, float eps, float[] out, int outOffset) {
        double squares = 0;
        for (int i = 0; i < n; i++) {
            squares += (double) x[xOffset + i] * x[xOffset + i];
        }
        float factor = (float) (1 / Math.sqrt(squares / n + eps));
        for (int i = 0; i < n; i++) {
            out[outOffset + i] = x[xOffset + i] * factor * weight[i];
        }
    }

    @Override
    public void add(float[] x, int xOffset, float[] y, int yOffset, int n) {
        for (int i = 0; i < n; i++) {
            x[xOffset + i] += y[yOffset + i];
        }
    }

    @Override
    public void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int n) {
        for (int i = 0; i < n; i++) {
            float v = gate[gateOffset + i];
            gate[gateOffset + i] = (float) (v / (1 + Math.exp(-v))) * up[upOffset + i];
        }
    }

    @Override
    public void gelu(float[] x, int offset, int n) {
        for (int i = offset; i < offset + n; i++) {
            double v = x[i];
            x[i] = (float) (0.5 * v * (1 + Math.tanh(SQRT_2_OVER_PI * (v + 0.044715 * v * v * v))));
        }
    }

    @Override
    public void softCap(float[] x, int offset, int n, float cap) {
        for (int i = offset; i < offset + n; i++) {
            x[i] = cap * (float) Math.tanh(x[i] / cap);
        }
    }

    @Override
    public void rope(
            float[] x, int xOffset, int rotaryDim, boolean interleaved, float[] cos, float[] sin, int tableOffset) {
        int half = rotaryDim / 2;
        for (int i = 0; i < half; i++) {
            int a = xOffset + (interleaved ? 2 * i : i);
            int b = interleaved ? a + 1 : a + half;
            float c = cos[tableOffset + i];
            float s = sin[tableOffset + i];
            float re = x[a];
            float im = x[b];
            x[a] = re * c - im * s;
            x[b] = im * c + re * s;
        }
    }
}
