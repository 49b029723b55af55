package org.djlquant.generate;

import java.util.ArrayDeque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;
import java.util.Queue;
import org.djlquant.model.CausalLM;

/**
 * Pull-style generation: each token is computed on the thread that asks for it, so a consumer that
 * stops asking costs nothing but the memory that is reserved for it until it closes the stream. The listener of the request is called
 * too. Safe for use by several threads one after the other; {@link #close()} may come from any thread
 * at any time.
 */
public final class TokenStream implements PrimitiveIterator.OfInt, AutoCloseable {
    private final Decoding decoding;
    private final Cancellation cancellation;
    /** Tokens computed and not yet taken; a step may give several where they are guessed. */
    private final Queue<Integer> tokens = new ArrayDeque<>();
    private boolean ended;

    private TokenStream(CausalLM model, Request request) {
        cancellation = request.cancellation();
        TokenListener listener = request.listener();
        TokenListener keeping = new TokenListener() {
            @Override
            public boolean onToken(int next) {
                tokens.add(next);
                return listener.onToken(next);
            }

            @Override
            public int topLogProbs() {
                return listener.topLogProbs();
            }

            @Override
            public void onLogProbs(TokenLogProbs logProbs) {
                listener.onLogProbs(logProbs);
            }

            @Override
            public void onPromptLogProbs(TokenLogProbs logProbs) {
                listener.onPromptLogProbs(logProbs);
            }
        };
        decoding = Decoding.of(model, List.of(new Request(request.prompt(), request.config(), keeping, cancellation)));
    }

    /**
     * Starts lazily: nothing is computed before the first {@code hasNext()}.
     *
     * @throws IllegalArgumentException as {@link Decoding#of}
     */
    public static TokenStream open(CausalLM model, Request request) {
        return new TokenStream(model, request);
    }

    /** Computes the next token if there is one; ends the stream on EOS, a limit, cancelling or an interrupt. */
    @Override
    public synchronized boolean hasNext() {
        boolean normal = false;
        try {
            while (tokens.isEmpty() && !ended) {
                ended = !decoding.step();
            }
            normal = true;
        } finally {
            if (ended || !normal) {
                end();
            }
        }
        return !tokens.isEmpty();
    }

    @Override
    public synchronized int nextInt() {
        if (!hasNext()) {
            throw new NoSuchElementException("the stream has ended");
        }
        return tokens.remove();
    }

    /** The outcome so far; its finish reason is final once {@code hasNext()} is false. */
    public synchronized Generation result() {
        return decoding.result(0);
    }

    private void end() {
        ended = true;
        decoding.close();
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
