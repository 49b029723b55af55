package org.djlquant.model;

/** The gated MLP: {@code down(f(gate x) · up x)}. */
final class Mlp {
    private final Linear[] inputs;
    private final Linear down;
    private final Activation activation;
    private final int width;
    private final Pass.PerToken activate = this::activate;

    /**
     * Creates the MLP.
     *
     * @param inputs gate and up, or both in one matrix, gate first
     */
    Mlp(Linear[] inputs, Linear down, Activation activation) {
        this.inputs = inputs.clone();
        this.down = down;
        this.activation = activation;
        width = down.cols();
    }

    /** Scratch elements a token needs. */
    int scratchWidth() {
        return 2 * width;
    }

    /** Reads {@code pass.normed}, writes {@code pass.projected}. */
    void forward(Pass pass) {
        pass.project(inputs, pass.mlp, 2 * width);
        pass.forEachToken(activate);
        pass.project(down, pass.mlp, 2 * width);
    }

    private void activate(Pass pass, int token) {
        int gate = token * 2 * width;
        activation.multiply(pass.kernels, pass.mlp, gate, pass.mlp, gate + width, width);
    }
}
