package org.djlquant.zoo.fetch;

/** A download failed. The message says which file, what happened and what to do; nothing half-written is left in use. */
public class DownloadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong, for programs. */
    public enum Kind {
        /** The repository, the revision or the file does not exist, or is hidden from this token. */
        NOT_FOUND,
        /** A token is missing, wrong, or its owner has not accepted the licence. */
        FORBIDDEN,
        /** The server answered with a page instead of the file. */
        NOT_A_MODEL_FILE,
        /** The connection kept breaking before the end. */
        TRUNCATED,
        /** All bytes came, but their SHA-256 or size is not that of the repository. */
        WRONG_HASH,
        /** The server stayed busy or broken through all retries, or could not be reached. */
        UNAVAILABLE,
        /** Offline mode, and the files are not all in the cache. */
        OFFLINE,
        /** The disk has no room. */
        NO_SPACE,
        /** The server's answer makes no sense. */
        PROTOCOL
    }

    private final Kind kind;

    /** Creates the exception. */
    public DownloadException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** Creates the exception with its cause. */
    public DownloadException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What went wrong. */
    public Kind kind() {
        return kind;
    }
}
