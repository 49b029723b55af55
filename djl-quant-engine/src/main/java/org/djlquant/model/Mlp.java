package org.djlquant.model;

/** The MLP of a layer: {@code down(f(gate x) · up x)}, or {@code down(f(up x))} without gate. */
final class Mlp {
    private final Linear[] inputs;
    private final Linear down;
    private final Activation activation;
    private final boolean gated;
    private final int width;
    private final int stride;
    private final Pass.PerToken activate = this::activate;

    /**
     * Creates the MLP; it is gated if the inputs yield twice what {@code down} takes.
     *
     * @param inputs gate and up, or both in one matrix, gate first; or up alone
     */
    Mlp(Linear[] inputs, Linear down, Activation activation) {
        this.inputs = inputs.clone();
        this.down = down;
        this.activation = activation;
        width = down.cols();
        int rows = 0;
        for (Linear input : inputs) {
            rows += input.rows();
        }
        stride = rows;
        gated = stride == 2 * width;
    }

    /** Scratch elements a token needs. */
    int scratchWidth() {
        return stride;
    }

    /** Reads {@code pass.normed}, writes {@code pass.projected}. */
    void forward(Pass pass) {
        pass.project(inputs, pass.mlp, stride);
        pass.forEachToken(activate);
        pass.project(down, pass.mlp, stride);
    }

    private void activate(Pass pass, int token) {
        int at = token * stride;
        if (gated) {
            activation.multiply(pass.kernels, pass.mlp, at, pass.mlp, at + width, width);
        } else {
            activation.apply(pass.kernels, pass.mlp, at, width);
        }
    }
}
