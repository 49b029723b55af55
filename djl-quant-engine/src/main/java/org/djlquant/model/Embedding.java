package org.djlquant.model;

/**
 * Token ids and positions to the first hidden states.
 *
 * @param tokens row of a token
 * @param scale factor on it, 1 for most architectures
 * @param projection to the width of the residual stream, or {@code null} if rows have it
 * @param positions learned row of a position, or {@code null} for none
 * @param firstPosition row of position 0
 */
record Embedding(Rows tokens, float scale, Linear projection, Rows positions, int firstPosition) {

    /** Access to the rows of a matrix, packed or as stored. */
    @FunctionalInterface
    interface Rows {
        /** Decodes a row to float32. */
        void decodeRow(int row, float[] dst, int dstOffset);
    }

    /** Embeddings of tokens alone. */
    Embedding(Rows tokens, float scale) {
        this(tokens, scale, null, null, 0);
    }
}
