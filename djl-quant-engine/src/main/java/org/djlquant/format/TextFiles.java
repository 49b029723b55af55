package org.djlquant.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads the text files beside weights, with a bound on their size. */
public final class TextFiles {
    /** Far above any published tokenizer.json (about 35 MB). */
    private static final int MAX_BYTES = 256 << 20;

    private TextFiles() {}

    /**
     * Reads a file of a folder.
     *
     * @param folder where it is
     * @param name a plain file name
     * @return the text, empty if there is no such file
     * @throws ModelFormatException if it is not UTF-8, too large or unreadable
     * @throws IllegalArgumentException if the name is a path
     */
    public static Optional<String> read(Path folder, String name) {
        Path file = folder.resolve(name);
        if (!folder.equals(file.getParent()) || name.equals("..") || name.equals(".")) {
            throw new IllegalArgumentException("expected a file name, found " + name);
        }
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        return Optional.of(read(file));
    }

    /** Reads a file that must be there. */
    static String read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES);
            if (in.read() >= 0) {
                throw new ModelFormatException(
                        file, "file", "is larger than " + MAX_BYTES + " bytes, which no such file should be");
            }
            return Utf8.decode(file, 0, bytes, "the text");
        } catch (IOException e) {
            throw new ModelFormatException(file, "file", "cannot be read: " + e.getMessage(), e);
        }
    }
}
