package org.djlquant.model;

import org.djlquant.kernel.LayerCache;

/** Causal grouped-query self-attention, with or without rotary positions. */
final class Attention {
    private final Linear[] inputs;
    private final Linear output;
    private final Rope rope;
    private final Norm queryNorm;
    private final Norm keyNorm;
    private final LayerCache.Shape shape;
    private final int queryWidth;
    private final int keyWidth;
    private final Pass.PerToken rotate = this::rotate;

    /**
     * Creates the attention of one layer.
     *
     * @param shape heads, scale and window
     * @param inputs projections to queries, keys and values, or all three in one matrix, in this order
     * @param output projection of the heads' results
     * @param rope rotation of queries and keys, or {@code null} for none
     * @param queryNorm norm of each head's queries before the rotation, or {@code null} for none
     * @param keyNorm norm of each head's keys; given if {@code queryNorm} is
     */
    Attention(LayerCache.Shape shape, Linear[] inputs, Linear output, Rope rope, Norm queryNorm, Norm keyNorm) {
        this.shape = shape;
        this.inputs = inputs.clone();
        this.output = output;
        this.rope = rope;
        this.queryNorm = queryNorm;
        this.keyNorm = keyNorm;
        queryWidth = shape.heads() * shape.headDim();
        keyWidth = shape.kvHeads() * shape.headDim();
    }

    LayerCache.Shape shape() {
        return shape;
    }

    /** Elements of queries, keys and values of a token. */
    int qkvWidth() {
        return queryWidth + 2 * keyWidth;
    }

    /** Rotation of queries and keys, or {@code null} for none. */
    Rope rope() {
        return rope;
    }

    int rotaryDim() {
        return rope == null ? 0 : rope.dim();
    }

    /** Reads {@code pass.normed}, writes {@code pass.projected}. */
    void forward(Pass pass, int layer) {
        int stride = qkvWidth();
        float[] qkv = pass.qkv;
        pass.project(inputs, qkv, stride);
        if (rope != null) {
            pass.rope(rope);
            pass.forEachToken(rotate);
        }
        for (int s = 0; s < pass.segments(); s++) {
            int first = pass.segmentStart(s);
            int count = pass.segmentStart(s + 1) - first;
            LayerCache cache = pass.sequence(s).cache(layer);
            int at = first * stride;
            cache.append(qkv, at + queryWidth, stride, qkv, at + queryWidth + keyWidth, stride, count);
            cache.attend(qkv, at, stride, pass.attended, first * queryWidth, queryWidth, count, pass.workers);
        }
        pass.project(output, pass.attended, queryWidth);
    }

    /** Queries and keys lie side by side, so one loop rotates the heads of both. */
    private void rotate(Pass pass, int token) {
        int at = token * qkvWidth();
        int table = token * (rope.dim() / 2);
        for (int head = 0; head < shape.heads() + shape.kvHeads(); head++, at += shape.headDim()) {
            if (queryNorm != null) {
                Norm norm = head < shape.heads() ? queryNorm : keyNorm;
                norm.apply(pass.kernels, pass.qkv, at, pass.qkv, at);
            }
            pass.kernels.rope(pass.qkv, at, rope.dim(), rope.interleaved(), pass.cos, pass.sin, table);
        }
    }
}
