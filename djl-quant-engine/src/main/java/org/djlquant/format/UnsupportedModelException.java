package org.djlquant.format;

/** A checkpoint is sound but asks for something not supported; the message lists what is. */
public class UnsupportedModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates the exception with the whole message. */
    public UnsupportedModelException(String message) {
        super(message);
    }
}
