package org.djlquant.zoo.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlquant.zoo.fetch.DownloadException.Kind;

/**
 * One file on its way into the cache: bytes are appended to {@code <blob>.part}, continued by range after a cut, hashed
 * at the end, synced and only then renamed.
 */
final class BlobDownload {
    private static final int BUFFER = 1 << 18;
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(\\d+)/(\\d+|\\*)");

    private final HubSettings settings;
    private final HubClient client;
    private final HubReference reference;
    private final String commit;
    private final HubFile file;
    private final Path blob;
    private final Path part;

    BlobDownload(
            HubSettings settings, HubClient client, HubReference reference, String commit, Path repository, HubFile file) {
        this.settings = settings;
        this.client = client;
        this.reference = reference;
        this.commit = commit;
        this.file = file;
        blob = repository.resolve("blobs").resolve(file.blobName());
        part = blob.resolveSibling(file.blobName() + ".part");
    }

    HubFile file() {
        return file;
    }

    Path blob() {
        return blob;
    }

    boolean isComplete() throws IOException {
        return Files.exists(blob) && Files.size(blob) == file.size();
    }

    /** Bytes that have still to come. */
    long remaining() throws IOException {
        return file.size() - (Files.exists(part) ? Math.min(Files.size(part), file.size()) : 0);
    }

    /** Downloads, checks and puts the file in place; {@code received} hears of every gain (or, negative, loss) of bytes. */
    void run(LongConsumer received) throws IOException, InterruptedException {
        try (FileChannel out = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            FileLock lock = lock(out);
            if (isComplete()) { // another process was quicker
                received.accept(file.size());
                Files.deleteIfExists(part);
                return;
            }
            if (out.size() > file.size()) {
                out.truncate(0);
            }
            received.accept(out.size());
            receiveAll(out, received);
            verify(out);
            out.force(true);
            Files.move(part, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            lock.release();
        }
    }

    private FileLock lock(FileChannel out) throws IOException, InterruptedException {
        while (true) {
            try {
                FileLock lock = out.tryLock();
                if (lock != null) {
                    return lock;
                }
            } catch (OverlappingFileLockException e) {
                // another thread of this process downloads the same file: wait like for another process
            }
            Thread.sleep(200);
        }
    }

    /** Repeats requests until the size is reached; only attempts that bring nothing count as failures. */
    private void receiveAll(FileChannel out, LongConsumer received) throws InterruptedException, IOException {
        int failures = 0;
        while (out.size() < file.size()) {
            long before = out.size();
            try {
                receive(out, received);
                if (out.size() < file.size()) {
                    throw new IOException("the connection ended at byte " + out.size() + " of " + file.size());
                }
            } catch (IOException e) {
                failures = out.size() > before ? 0 : failures + 1;
                if (failures > settings.retries()) {
                    boolean busy = e instanceof Retry.Later || out.size() == 0;
                    throw new DownloadException(
                            busy ? Kind.UNAVAILABLE : Kind.TRUNCATED,
                            what() + ": the download stopped at byte " + out.size() + " of " + file.size() + " after " + failures
                                    + " tries, last: " + Retry.describe(e) + "; start again to resume",
                            e);
                }
                Retry.pause(settings, failures, e);
            }
        }
        if (out.size() > file.size()) {
            long found = out.size();
            out.truncate(0);
            throw new DownloadException(
                    Kind.WRONG_HASH, what() + ": expected " + file.size() + " bytes, the server sent at least " + found);
        }
    }

    private void receive(FileChannel out, LongConsumer received) throws IOException, InterruptedException {
        long from = out.size();
        HttpResponse<InputStream> response = client.open(reference, commit, file.name(), from);
        try (InputStream in = response.body();
                Watchdog watchdog = new Watchdog(in)) {
            if (response.statusCode() == 206) {
                requireRange(response, from);
            } else if (from > 0) { // the server ignores ranges: begin again
                out.truncate(0);
                received.accept(-from);
            }
            out.position(out.size());
            byte[] buffer = new byte[BUFFER];
            for (int n; (n = in.read(buffer)) >= 0 && out.size() <= file.size(); ) {
                watchdog.fed = true;
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                received.accept(n);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
        }
    }

    private void requireRange(HttpResponse<?> response, long from) throws IOException {
        String range = response.headers().firstValue("Content-Range").orElse("");
        Matcher m = CONTENT_RANGE.matcher(range);
        if (!m.matches() || Long.parseLong(m.group(1)) != from
                || !m.group(3).equals("*") && Long.parseLong(m.group(3)) != file.size()) {
            throw new DownloadException(
                    Kind.PROTOCOL,
                    what() + ": asked for bytes from " + from + " of " + file.size() + ", the server sent \"" + range + "\"");
        }
    }

    /** Compares with the SHA-256 of large files, or with git's object id of small ones. */
    private void verify(FileChannel out) throws IOException {
        MessageDigest digest = digest(file.sha256() != null ? "SHA-256" : "SHA-1");
        if (file.sha256() == null) {
            digest.update(("blob " + file.size() + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        out.position(0);
        while (out.read(buffer) >= 0) {
            digest.update(buffer.flip());
            buffer.clear();
        }
        String found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(file.blobName())) {
            out.truncate(0);
            throw new DownloadException(
                    Kind.WRONG_HASH,
                    what() + ": expected " + digest.getAlgorithm() + " " + file.blobName() + ", found " + found
                            + "; the bytes were damaged on the way and are thrown away, start again");
        }
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has both
        }
    }

    private String what() {
        return file.name() + " of " + reference;
    }

    /** Closes a stream that brings nothing for too long, which wakes its reader with an exception. */
    private final class Watchdog implements AutoCloseable {
        private static final ScheduledExecutorService TIMER =
                Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("download-watchdog").factory());
        private final ScheduledFuture<?> check;
        private volatile boolean fed = true;

        Watchdog(InputStream in) {
            long period = settings.idleTimeout().toMillis();
            check = TIMER.scheduleAtFixedRate(() -> {
                if (!fed) {
                    try {
                        in.close();
                    } catch (IOException e) {
                        // the reader reports it
                    }
                }
                fed = false;
            }, period, period, TimeUnit.MILLISECONDS);
        }

        @Override
        public void close() {
            check.cancel(false);
        }
    }
}
