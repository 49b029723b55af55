package org.djlquant.zoo.fetch;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.djlquant.zoo.fetch.DownloadException.Kind;

/**
 * Brings the files of a hub repository into the local cache, in the layout of the Hugging Face tools:
 *
 * <pre>
 * models--owner--name/refs/&lt;revision&gt;                     the commit it points at
 *                     blobs/&lt;sha256 or git id&gt;             contents; .part while incomplete
 *                     snapshots/&lt;commit&gt;/&lt;file&gt;            links to blobs
 * </pre>
 *
 * A file appears in its snapshot only after all its bytes were written, synced and compared with the hash the
 * repository states. Thread-safe; several processes may share a cache.
 */
public final class HubDownloader {
    private static final int PARALLEL_FILES = 4;
    private static final long SPARE_BYTES = 64L << 20;
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    private final HubSettings settings;
    private final DownloadProgress progress;

    /** Creates a downloader; it opens no connection yet. */
    public HubDownloader(HubSettings settings, DownloadProgress progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /**
     * Ensures that the selected files of a revision are in the cache.
     *
     * @param reference what to fetch
     * @param select picks from all files those that are needed; may throw {@link DownloadException} if they are missing
     * @return the snapshot folder
     * @throws DownloadException if it cannot be done; finished files and parts stay for the next try
     */
    public Path fetch(HubReference reference, UnaryOperator<List<HubFile>> select) {
        Path repository = settings.cache().resolve("models--" + reference.repository().replace("/", "--"));
        if (settings.offline()) {
            return cached(repository, reference, select, null);
        }
        try (HubClient client = new HubClient(settings)) {
            HubSnapshot snapshot;
            try {
                snapshot = client.list(reference);
            } catch (DownloadException e) {
                if (e.kind() != Kind.UNAVAILABLE) {
                    throw e;
                }
                return cached(repository, reference, select, e);
            }
            return download(client, repository, reference, snapshot, select.apply(snapshot.files()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("the download of " + reference + " was interrupted; it resumes next time");
        }
    }

    /** The snapshot that an earlier download left, for times without network. */
    private Path cached(
            Path repository, HubReference reference, UnaryOperator<List<HubFile>> select, DownloadException cause) {
        try {
            Path ref = repository.resolve("refs").resolve(reference.revision());
            String commit = COMMIT.matcher(reference.revision()).matches()
                    ? reference.revision()
                    : Files.exists(ref) ? Files.readString(ref).strip() : "";
            Path snapshot = repository.resolve("snapshots").resolve(commit);
            if (!commit.isEmpty() && Files.exists(snapshot)) {
                select.apply(list(snapshot));
                return snapshot;
            }
        } catch (IOException e) {
            throw new DownloadException(Kind.OFFLINE, reference + " cannot be read from the cache " + repository, e);
        }
        throw new DownloadException(
                cause == null ? Kind.OFFLINE : cause.kind(),
                reference + " is not in the cache " + repository + ", and cannot be downloaded: "
                        + (cause == null ? "offline mode is on (HF_HUB_OFFLINE or DJL_OFFLINE)" : cause.getMessage()),
                cause);
    }

    private static List<HubFile> list(Path snapshot) throws IOException {
        List<HubFile> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(snapshot, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                String name = snapshot.relativize(file).toString().replace(File.separatorChar, '/');
                files.add(new HubFile(name, Files.size(file), "", null));
            }
        }
        return files;
    }

    private Path download(
            HubClient client, Path repository, HubReference reference, HubSnapshot snapshot, List<HubFile> files)
            throws InterruptedException {
        Path folder = repository.resolve("snapshots").resolve(snapshot.commit());
        try {
            Files.createDirectories(folder);
            Files.createDirectories(repository.resolve("blobs"));
            AtomicLong done = new AtomicLong();
            long total = files.stream().mapToLong(HubFile::size).sum();
            List<BlobDownload> missing = new ArrayList<>();
            for (HubFile file : files) {
                BlobDownload download = new BlobDownload(settings, client, reference, snapshot.commit(), repository, file);
                if (download.isComplete()) {
                    done.addAndGet(file.size());
                    link(folder, file, download.blob());
                } else {
                    missing.add(download);
                }
            }
            requireSpace(repository, reference, missing);
            runAll(missing, folder, done, total);
            writeRef(repository, reference.revision(), snapshot.commit());
            return folder;
        } catch (IOException e) {
            throw new DownloadException(
                    Kind.UNAVAILABLE, "the cache " + repository + " cannot be written: " + Retry.describe(e), e);
        }
    }

    private void requireSpace(Path repository, HubReference reference, List<BlobDownload> missing) throws IOException {
        long need = 0;
        for (BlobDownload download : missing) {
            need += download.remaining();
        }
        long free = Files.getFileStore(repository).getUsableSpace();
        if (need > 0 && need + SPARE_BYTES > free) {
            throw new DownloadException(
                    Kind.NO_SPACE,
                    String.format(
                            "%s needs %,d MB, but the disk of %s has %,d MB free; free some or point HF_HOME elsewhere",
                            reference, need >> 20, repository, free >> 20));
        }
    }

    private void runAll(List<BlobDownload> missing, Path folder, AtomicLong done, long total)
            throws InterruptedException, IOException {
        ExecutorService pool = Executors.newFixedThreadPool(PARALLEL_FILES, Thread.ofPlatform().daemon().factory());
        try {
            var running = new ExecutorCompletionService<BlobDownload>(pool);
            List<Future<BlobDownload>> all = new ArrayList<>();
            for (BlobDownload download : missing) {
                all.add(running.submit(() -> {
                    download.run((bytes) -> advance(download.file().name(), done.addAndGet(bytes), total));
                    return download;
                }));
            }
            for (int i = 0; i < all.size(); i++) {
                BlobDownload finished = running.take().get();
                link(folder, finished.file(), finished.blob());
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case DownloadException d -> throw d;
                case IOException io -> throw io;
                case InterruptedException interrupted -> throw interrupted;
                default -> throw new IllegalStateException(e.getCause());
            }
        } finally {
            pool.shutdownNow();
            pool.close();
        }
    }

    private synchronized void advance(String file, long done, long total) {
        progress.onProgress(file, done, total);
    }

    private static void link(Path folder, HubFile file, Path blob) throws IOException {
        Path link = folder.resolve(file.name());
        if (Files.exists(link) && Files.isSameFile(link, blob)) {
            return;
        }
        Files.createDirectories(link.getParent());
        Files.deleteIfExists(link);
        try {
            Files.createSymbolicLink(link, link.getParent().relativize(blob));
        } catch (UnsupportedOperationException | IOException e) {
            Files.copy(blob, link, StandardCopyOption.REPLACE_EXISTING); // file systems without links
        }
    }

    private static void writeRef(Path repository, String revision, String commit) throws IOException {
        if (revision.equals(commit)) {
            return;
        }
        Path ref = repository.resolve("refs").resolve(revision);
        Files.createDirectories(ref.getParent());
        Path part = Files.createTempFile(ref.getParent(), "ref", ".part");
        Files.writeString(part, commit);
        Files.move(part, ref, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
