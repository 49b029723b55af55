package org.djlquant.zoo.fetch;

/**
 * A file of a repository at one commit.
 *
 * @param name path inside the repository
 * @param size bytes
 * @param blobId git object id: the name of the blob in the cache if there is no sha256
 * @param sha256 hash of the content, for large files, or {@code null}
 */
public record HubFile(String name, long size, String blobId, String sha256) {
    /** Name of the content in the cache, as the Hugging Face tools name it. */
    String blobName() {
        return sha256 != null ? sha256 : blobId;
    }
}
