package org.djlquant.generate;

import java.util.PrimitiveIterator;
import org.djlquant.model.CausalLM;

/** Pull-style generation: each {@link #nextInt()} computes one token on the caller's thread. */
public interface TokenStream extends PrimitiveIterator.OfInt, AutoCloseable {
    /** Starts lazily: nothing is computed before the first {@code hasNext()}. */
    static TokenStream open(CausalLM model, Request request) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** The outcome so far; its finish reason is final once {@code hasNext()} is false. */
    Generation result();

    /** Cancels what is left and frees the sequence; safe from any thread, any number of times. */
    @Override
    void close();
}
