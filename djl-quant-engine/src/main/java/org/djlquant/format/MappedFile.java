package org.djlquant.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file mapped read-only as one segment, however large. The mapping lives as long as its arena;
 * pages are read by the operating system when they are first touched.
 *
 * @param file the file
 * @param data all of its bytes
 */
public record MappedFile(Path file, MemorySegment data) {

    /**
     * Maps a file.
     *
     * @throws ModelFormatException if it does not exist, is a folder, is empty or cannot be read
     */
    public static MappedFile open(Path file, Arena arena) {
        if (Files.isDirectory(file)) {
            throw new ModelFormatException(file, "file", "is a folder, expected a file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) {
                throw new ModelFormatException(file, "file", "is empty; download or copy it again");
            }
            return new MappedFile(file, channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena));
        } catch (NoSuchFileException e) {
            throw new ModelFormatException(file, "file", "does not exist", e);
        } catch (IOException e) {
            throw new ModelFormatException(file, "file", "cannot be read: " + e.getMessage(), e);
        }
    }

    /** Size in bytes. */
    public long size() {
        return data.byteSize();
    }

    /** A cursor at the given offset. */
    public ByteCursor cursor(long offset) {
        return new ByteCursor(file, data, offset);
    }
}
