package org.djlquant.model;

/** One pre-norm decoder layer: {@code x += attention(norm(x)); x += mlp(norm(x))}. */
record Block(Norm attentionNorm, Attention attention, Norm mlpNorm, Mlp mlp) {

    /** Runs the layer over the tokens of a pass. */
    void forward(Pass pass, int layer) {
        pass.normalize(attentionNorm);
        attention.forward(pass, layer);
        pass.addResidual();
        pass.normalize(mlpNorm);
        mlp.forward(pass);
        pass.addResidual();
    }
}
