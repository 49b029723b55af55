package org.djlquant.model;

/**
 * Token ids and positions to the first hidden states.
 *
 * @param tokens row of a token
 * @param scale factor on it, 1 for most architectures
 * @param positions learned row of a position, or {@code null} for none
 * @param firstPosition row of position 0
 */
record Embedding(Rows tokens, float scale, Rows positions, int firstPosition) {

    /** Access to the rows of a matrix, packed or as stored. */
    @FunctionalInterface
    interface Rows {
        /** Decodes a row to float32. */
        void decodeRow(int row, float[] dst, int dstOffset);
    }

    /** Embeddings of tokens alone. */
    Embedding(Rows tokens, float scale) {
        this(tokens, scale, null, 0);
    }

    /** The hidden state of one token; {@code buffer} holds {@code width} elements at {@code offset} too. */
    void look(int token, int position, float[] dst, int offset, int width, float[] buffer) {
        tokens.decodeRow(token, dst, offset);
        if (scale != 1) {
            for (int i = offset; i < offset + width; i++) {
                dst[i] *= scale;
            }
        }
        if (positions != null) {
            positions.decodeRow(position + firstPosition, buffer, offset);
            for (int i = offset; i < offset + width; i++) {
                dst[i] += buffer[i];
            }
        }
    }
}
