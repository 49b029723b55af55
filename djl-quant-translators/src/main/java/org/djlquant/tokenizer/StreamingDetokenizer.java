package org.djlquant.tokenizer;

/**
 * Turns generated ids into text piece by piece: concatenated pieces equal the decoding of all ids, and
 * no piece ends inside a character. Not thread-safe.
 */
public interface StreamingDetokenizer {
    /** Text that became certain with this token; may be empty. */
    String add(int token);

    /** The rest, once no more tokens come. */
    String finish();
}
