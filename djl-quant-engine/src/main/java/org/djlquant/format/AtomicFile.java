package org.djlquant.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes a file so that its name only ever shows a whole one: into a temporary file beside it, forced
 * to disk, then renamed.
 */
public final class AtomicFile {
    private static final long CHUNK = 64L << 20;

    /** Writes the content. */
    @FunctionalInterface
    public interface Content {
        /** Writes from the start of an empty file. */
        void writeTo(FileChannel out) throws IOException;
    }

    private AtomicFile() {}

    /**
     * Writes a file, replacing one that is there.
     *
     * @throws UncheckedIOException naming the file if it cannot be written; nothing is left then
     */
    public static void write(Path target, Content content) {
        Path part = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            try (FileChannel out =
                    FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                content.writeTo(out);
                out.force(true);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    new IOException(target + ": cannot be written: " + e.getMessage(), e));
        } finally {
            // after the rename there is nothing left to delete
            deleteQuietly(part);
        }
    }

    /** Writes a segment of any size. */
    public static void writeAll(FileChannel out, MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
            ByteBuffer chunk = bytes.asSlice(at, Math.min(CHUNK, bytes.byteSize() - at)).asByteBuffer();
            while (chunk.hasRemaining()) {
                out.write(chunk);
            }
        }
    }

    private static void deleteQuietly(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException alreadyFailing) {
            // the first error is the one to report
        }
    }
}
