package org.djlquant.translate;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * An answer as it grows. Each piece of text is computed on the thread that asks for it, so whoever stops
 * asking pays for nothing more; closing frees the memory of the request, and ends it within one step
 * when another thread is waiting in {@link #hasNext()}. Text that may be the beginning of a stop string or of a
 * tool call is held back until that is decided; what was given out stays.
 */
public final class TextStream implements Iterator<String>, AutoCloseable {
    private final AnswerStream answer;
    private String piece;

    /** The text of a single answer. */
    TextStream(AnswerStream answer) {
        this.answer = answer;
    }

    /** Computes tokens until there is text; false once the answer is complete, cancelled or the stream closed. */
    @Override
    public synchronized boolean hasNext() {
        while (piece == null && answer.hasNext()) {
            String text = answer.next().text();
            piece = text.isEmpty() ? null : text;
        }
        return piece != null;
    }

    /** The next piece of text, never empty. */
    @Override
    public synchronized String next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the answer has ended");
        }
        String next = piece;
        piece = null;
        return next;
    }

    /**
     * The whole answer, computing what is left of it.
     *
     * @return text, finish reason, usage and timings
     */
    public ChatOutput result() {
        return answer.result();
    }

    /** Cancels what is left. Idempotent; may be called from any thread. */
    @Override
    public void close() {
        answer.close();
    }
}
