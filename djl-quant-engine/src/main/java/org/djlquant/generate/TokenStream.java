package org.djlquant.generate;

import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;

/**
 * Pull-style generation: each token is computed on the thread that asks for it, so a consumer that
 * stops asking costs nothing but the memory that is reserved for it until it closes the stream. The listener of the request is called
 * too. Safe for use by several threads one after the other; {@link #close()} may come from any thread
 * at any time.
 */
public final class TokenStream implements PrimitiveIterator.OfInt, AutoCloseable {
    private final CausalLM model;
    private final Request request;
    private final Cancellation cancellation;
    private final Batch batch = new Batch();
    private Continuation continuation;
    private int taken;
    private Generation result;

    private TokenStream(CausalLM model, Request request) {
        Continuation.check(model, request);
        this.model = model;
        this.request = request;
        cancellation = request.cancellation();
    }

    /**
     * Starts lazily: nothing is computed before the first {@code hasNext()}.
     *
     * @throws IllegalArgumentException if the prompt is empty or longer than the context
     */
    public static TokenStream open(CausalLM model, Request request) {
        return new TokenStream(model, request);
    }

    /** Computes the next token if there is one; ends the stream on EOS, a limit, cancelling or an interrupt. */
    @Override
    public synchronized boolean hasNext() {
        if (continuation != null && taken < continuation.count()) {
            return true;
        }
        if (result != null) {
            return false;
        }
        boolean normal = false;
        try {
            if (continuation == null) {
                continuation = new Continuation(model, request, null);
            }
            while (taken == continuation.count() && !continuation.isDone()) {
                step();
            }
            normal = true;
        } finally {
            if (!normal || taken == continuation.count()) {
                end();
            }
        }
        return taken < continuation.count();
    }

    private void step() {
        continuation.checkCancelled();
        if (continuation.isDone()) {
            return;
        }
        batch.clear();
        continuation.addTo(batch, Generator.PROMPT_CHUNK);
        if (batch.runs().isEmpty()) {
            continuation.awaitTurn();
        } else {
            model.forward(batch);
            continuation.takeFrom(batch);
        }
    }

    @Override
    public synchronized int nextInt() {
        if (!hasNext()) {
            throw new NoSuchElementException("the stream has ended");
        }
        return continuation.token(taken++);
    }

    /** The outcome so far; its finish reason is final once {@code hasNext()} is false. */
    public synchronized Generation result() {
        if (result != null) {
            return result;
        }
        return continuation == null
                ? new Generation(new int[0], FinishReason.CANCELLED, request.prompt().length, 0, 0, 0, 0, 0)
                : continuation.result();
    }

    private void end() {
        if (result == null) {
            if (continuation != null) {
                continuation.close();
            }
            result = result();
        }
    }

    /**
     * Cancels what is left and frees the sequence, after the step in progress if there is one. A token
     * that {@code hasNext()} has announced can still be taken. Idempotent.
     */
    @Override
    public void close() {
        cancellation.cancel();
        synchronized (this) {
            end();
        }
    }
}
