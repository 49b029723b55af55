package org.djlquant.model;

/**
 * The norms around a sub-layer f, {@code x = stream(x + output(f(input(x))))}; {@code null} for none
 * in that place.
 *
 * @param input of what the sub-layer reads
 * @param output of what it yields, before it is added
 * @param stream of the sum
 */
record Norms(Norm input, Norm output, Norm stream) {
    /** Before the sub-layer, as in GPT-2 and Llama. */
    static Norms before(Norm norm) {
        return new Norms(norm, null, null);
    }

    /** Before the sub-layer and after it, as in Gemma 2 and GLM-4. */
    static Norms around(Norm before, Norm after) {
        return new Norms(before, after, null);
    }

    /** After the addition, as in the first transformers. */
    static Norms after(Norm norm) {
        return new Norms(null, null, norm);
    }
}
