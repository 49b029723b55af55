package org.djlquant.generate;

/** A switch that ends a generation within one step, also in the middle of a long prompt. Thread-safe. */
public final class Cancellation {
    private volatile boolean cancelled;

    /** Ends the generation this was given to. */
    public void cancel() {
        cancelled = true;
    }

    /** Whether {@link #cancel()} was called. */
    public boolean isCancelled() {
        return cancelled;
    }
}
