package org.djlquant.model;

/**
 * The last hidden states to logits.
 *
 * @param norm of the residual stream, or {@code null} for none
 * @param projection from the width of the stream to that of the embeddings, or {@code null} for none
 * @param logits to the vocabulary
 * @param softCap bound that logits approach smoothly, or 0 for none
 */
record Head(Norm norm, Linear projection, Linear logits, float softCap) {
    /** A norm and the matrix. */
    Head(Norm norm, Linear logits) {
        this(norm, null, logits, 0);
    }
}
