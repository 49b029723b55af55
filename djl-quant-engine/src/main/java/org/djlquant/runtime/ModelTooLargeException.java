package org.djlquant.runtime;

/** A model with the wanted context does not fit in memory; the message holds the plan and what would fit. */
public final class ModelTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates the exception with the whole message. */
    public ModelTooLargeException(String message) {
        super(message);
    }
}
