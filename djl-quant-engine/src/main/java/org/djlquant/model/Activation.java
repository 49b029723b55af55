package org.djlquant.model;

import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.Kernels;

/** The non-linearity of an MLP. */
enum Activation {
    /** {@code v / (1 + e^−v)}. */
    SILU,
    /** The tanh form of GELU: {@code v/2 · (1 + tanh(√(2/π) · (v + 0.044715 v³)))}. */
    GELU_TANH,
    /** {@code max(0, v)}. */
    RELU;

    private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

    /** The activation of a {@code hidden_act}. */
    static Activation of(String name, String where) {
        return switch (name) {
            case "silu", "swish" -> SILU;
            case "gelu_new", "gelu_pytorch_tanh" -> GELU_TANH;
            case "relu" -> RELU;
            default -> throw new UnsupportedModelException(where + ": activation " + name
                    + " is not supported. Supported: silu, gelu_new, gelu_pytorch_tanh, relu");
        };
    }

    /** {@code gate[i] = f(gate[i]) · up[i]}. */
    void multiply(Kernels kernels, float[] gate, int gateOffset, float[] up, int upOffset, int n) {
        if (this == SILU) {
            kernels.siluMultiply(gate, gateOffset, up, upOffset, n);
            return;
        }
        for (int i = 0; i < n; i++) {
            gate[gateOffset + i] = value(gate[gateOffset + i]) * up[upOffset + i];
        }
    }

    /** {@code x[i] = f(x[i])}. */
    void apply(float[] x, int offset, int n) {
        for (int i = offset; i < offset + n; i++) {
            x[i] = value(x[i]);
        }
    }

    private float value(float v) {
        return switch (this) {
            case SILU -> (float) (v / (1 + Math.exp(-v)));
            case GELU_TANH -> (float) (0.5 * v * (1 + Math.tanh(SQRT_2_OVER_PI * (v + 0.044715 * v * v * v))));
            case RELU -> Math.max(0, v);
        };
    }
}
