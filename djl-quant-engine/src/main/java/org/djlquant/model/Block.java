package org.djlquant.model;

/** One decoder layer: attention, then the MLP, each added to the residual stream, with norms around. */
record Block(Norms attentionNorms, Attention attention, Norms mlpNorms, Mlp mlp) {

    /** Runs the layer over the tokens of a pass. */
    void forward(Pass pass, int layer) {
        pass.begin(attentionNorms);
        attention.forward(pass, layer);
        pass.end(attentionNorms);
        pass.begin(mlpNorms);
        mlp.forward(pass);
        pass.end(mlpNorms);
    }
}
