package org.djlquant.format;

import java.nio.file.Path;

/** A checkpoint is corrupt, truncated or contradicts itself. The message says where and what to do. */
public class ModelFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param file the file at fault
     * @param where offset, tensor or key at fault
     * @param problem what was expected and what was found, and what to do if it is not obvious
     */
    public ModelFormatException(Path file, String where, String problem) {
        super(file + ": " + where + ": " + problem);
    }

    /** Like the other constructor, with the cause. */
    public ModelFormatException(Path file, String where, String problem, Throwable cause) {
        super(file + ": " + where + ": " + problem, cause);
    }
}
