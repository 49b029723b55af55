package org.djlquant.model;

import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.Kernels;

/** The non-linearity of an MLP, by its name in config.json. */
enum Activation {
    SILU;

    /** The activation of a {@code hidden_act}. */
    static Activation of(String name, String where) {
        return switch (name) {
            case "silu", "swish" -> SILU;
            default -> throw new UnsupportedModelException(
                    where + ": activation " + name + " is not supported. Supported: silu");
        };
    }

    /** {@code gate[i] = f(gate[i]) · up[i]}. */
    void multiply(Kernels kernels, float[] gate, int gateOffset, float[] up, int upOffset, int n) {
        kernels.siluMultiply(gate, gateOffset, up, upOffset, n);
    }
}
