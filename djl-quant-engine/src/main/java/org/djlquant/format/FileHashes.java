package org.djlquant.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * SHA-256 of large files, each computed once: a small file in a folder says for which state of which file
 * it was computed. A state is the path, the size, the time of the last change of bytes and (on Unix) of
 * anything, and the number of the file in its file system. A program can set the former time, but not the
 * latter. What was changed within the last two seconds is not remembered, since clocks of file systems are
 * coarse. Safe for use by many threads and processes.
 */
public final class FileHashes {
    private static final Duration SETTLED = Duration.ofSeconds(2);
    private static final int HEX = 64;

    private final Path folder;

    /** @param folder where hashes are remembered if it is there; whoever can write to it is trusted */
    public FileHashes(Path folder) {
        this.folder = folder;
    }

    /**
     * The hash of a file, as 64 hexadecimal digits.
     *
     * @throws IOException if it cannot be read, or changes meanwhile
     */
    public String sha256(Path file) throws IOException {
        return sha256(file, Instant.now());
    }

    /** The same at another time, for tests. */
    String sha256(Path file, Instant now) throws IOException {
        Path real = file.toRealPath();
        BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
        FileTime changed = changed(real, attributes);
        byte[] state = state(real, attributes, changed);
        CRC32C name = new CRC32C();
        name.update(real.toString().getBytes(StandardCharsets.UTF_8));
        Path memo = folder.resolve(HexFormat.of().toHexDigits(name.getValue(), 8) + ".sha256");
        if (Files.isRegularFile(memo)) {
            try (InputStream in = Files.newInputStream(memo)) {
                byte[] known = in.readNBytes(HEX + state.length + 1);
                if (known.length > HEX && Arrays.equals(known, HEX, known.length, state, 0, state.length)) {
                    return new String(known, 0, HEX, StandardCharsets.ISO_8859_1);
                }
            }
        }
        String hash = compute(real);
        BasicFileAttributes after = Files.readAttributes(real, BasicFileAttributes.class);
        if (!Arrays.equals(state, state(real, after, changed(real, after)))) {
            throw new IOException(file + " changed while it was read");
        }
        Instant last = (changed.compareTo(attributes.lastModifiedTime()) > 0 ? changed : attributes.lastModifiedTime()).toInstant();
        if (last.plus(SETTLED).isBefore(now)) {
            remember(memo, hash, state);
        }
        return hash;
    }

    private static void remember(Path memo, String hash, byte[] state) {
        try {
            AtomicFile.write(memo, out -> {
                out.write(ByteBuffer.wrap(hash.getBytes(StandardCharsets.ISO_8859_1)));
                out.write(ByteBuffer.wrap(state));
            });
        } catch (UncheckedIOException e) {
            // the hash is right; that it must be computed again costs time only
        }
    }

    /** The path, and what changes when the file does. */
    private static byte[] state(Path real, BasicFileAttributes attributes, FileTime changed) {
        return String.join(
                        "\n",
                        "",
                        real.toString(),
                        "size " + attributes.size(),
                        "modified " + attributes.lastModifiedTime(),
                        "changed " + changed,
                        "key " + attributes.fileKey(),
                        "")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static FileTime changed(Path file, BasicFileAttributes attributes) throws IOException {
        return file.getFileSystem().supportedFileAttributeViews().contains("unix")
                ? (FileTime) Files.getAttribute(file, "unix:ctime")
                : attributes.lastModifiedTime();
    }

    private static String compute(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        try (FileChannel in = FileChannel.open(file)) {
            while (in.read(buffer) >= 0) {
                digest.update(buffer.flip());
                buffer.clear();
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
