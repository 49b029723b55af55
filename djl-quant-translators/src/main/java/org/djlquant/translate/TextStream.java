package org.djlquant.translate;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Function;
import org.djlquant.generate.TokenListener;
import org.djlquant.generate.TokenStream;

/**
 * An answer as it grows. Each piece of text is computed on the thread that asks for it, so whoever stops
 * asking pays for nothing more; closing frees the memory of the request, and ends it within one step
 * when another thread is waiting in {@link #hasNext()}. A stop string may take a piece's text back while
 * it is held; what was given out stays.
 */
public final class TextStream implements Iterator<String>, AutoCloseable {
    private final Queue<String> pieces = new ArrayDeque<>();
    private final TextCollector collector;
    private final TokenStream tokens;
    private ChatOutput result;

    /**
     * Opens lazily: nothing is computed before the first {@code hasNext()}.
     *
     * @param newCollector makes the collector for a sink of pieces
     * @param newTokens makes the token stream for a listener
     */
    TextStream(
            Function<Consumer<String>, TextCollector> newCollector,
            Function<TokenListener, TokenStream> newTokens) {
        collector = newCollector.apply(pieces::add);
        tokens = newTokens.apply(collector);
    }

    /** Computes tokens until there is text; false once the answer is complete, cancelled or the stream closed. */
    @Override
    public synchronized boolean hasNext() {
        while (pieces.isEmpty() && result == null) {
            if (tokens.hasNext()) {
                tokens.nextInt();
            } else {
                result = collector.finish(tokens.result());
            }
        }
        return !pieces.isEmpty();
    }

    /** The next piece of text, never empty. */
    @Override
    public synchronized String next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the answer has ended");
        }
        return pieces.remove();
    }

    /**
     * The whole answer, computing what is left of it.
     *
     * @return text, finish reason, usage and timings
     */
    public synchronized ChatOutput result() {
        while (hasNext()) {
            pieces.remove();
        }
        return result;
    }

    /** Cancels what is left. Idempotent; may be called from any thread. */
    @Override
    public void close() {
        tokens.close();
    }
}
