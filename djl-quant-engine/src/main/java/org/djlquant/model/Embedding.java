package org.djlquant.model;

/**
 * Token ids to the first hidden states.
 *
 * @param tokens row of a token
 * @param scale factor on it, 1 for most architectures
 */
record Embedding(Rows tokens, float scale) {

    /** Access to the rows of a matrix, packed or as stored. */
    @FunctionalInterface
    interface Rows {
        /** Decodes a row to float32. */
        void decodeRow(int row, float[] dst, int dstOffset);
    }

    /** The hidden state of one token. */
    void look(int token, float[] dst, int offset, int width) {
        tokens.decodeRow(token, dst, offset);
        if (scale != 1) {
            for (int i = 0; i < width; i++) {
                dst[offset + i] *= scale;
            }
        }
    }
}
