package org.djlquant.zoo.fetch;

/** Told how far a download is. Called from several threads, never at the same time. */
@FunctionalInterface
public interface DownloadProgress {
    /** {@code done} of {@code total} bytes of all files are on disk; {@code file} is the one that moved last. */
    void onProgress(String file, long done, long total);
}
