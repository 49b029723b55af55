package org.djlquant.model;

import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.Kernels;

/** The non-linearity of an MLP. */
enum Activation {
    /** {@code v / (1 + e^−v)}. */
    SILU,
    /** {@code v · Φ(v)}, Φ the normal distribution. */
    GELU,
    /** The tanh form of GELU: {@code v/2 · (1 + tanh(√(2/π) · (v + 0.044715 v³)))}. */
    GELU_TANH,
    /** {@code max(0, v)}. */
    RELU;

    /** ln √2π. */
    private static final double LN_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI);

    /** The activation of a {@code hidden_act}. */
    static Activation of(String name, String where) {
        return switch (name) {
            case "silu", "swish" -> SILU;
            case "gelu" -> GELU;
            case "gelu_new", "gelu_fast", "gelu_pytorch_tanh" -> GELU_TANH;
            case "relu" -> RELU;
            default -> throw new UnsupportedModelException(where + ": activation " + name
                    + " is not supported. Supported: silu, gelu, gelu_new, gelu_pytorch_tanh, relu");
        };
    }

    /** {@code gate[i] = f(gate[i]) · up[i]}. */
    void multiply(Kernels kernels, float[] gate, int gateOffset, float[] up, int upOffset, int n) {
        if (this == SILU) {
            kernels.siluMultiply(gate, gateOffset, up, upOffset, n);
            return;
        }
        apply(kernels, gate, gateOffset, n);
        for (int i = 0; i < n; i++) {
            gate[gateOffset + i] *= up[upOffset + i];
        }
    }

    /** {@code x[i] = f(x[i])}. */
    void apply(Kernels kernels, float[] x, int offset, int n) {
        if (this == GELU_TANH) {
            kernels.gelu(x, offset, n);
            return;
        }
        for (int i = offset; i < offset + n; i++) {
            x[i] = value(x[i]);
        }
    }

    private float value(float v) {
        return switch (this) {
            case SILU -> (float) (v / (1 + Math.exp(-v)));
            case GELU -> (float) (v * normal(v));
            case GELU_TANH -> throw new IllegalStateException("computed by the kernels");
            case RELU -> Math.max(0, v);
        };
    }

    /** The normal distribution function, by Marsaglia's series (2004, Evaluating the Normal Distribution). */
    private static double normal(double x) {
        if (!(Math.abs(x) < 8)) {
            return x > 0 ? 1 : 0;
        }
        double sum = x;
        double term = x;
        for (int i = 3; sum + term != sum; i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-0.5 * x * x - LN_SQRT_2_PI);
    }
}
