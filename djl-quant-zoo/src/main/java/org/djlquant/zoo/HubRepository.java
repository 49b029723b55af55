package org.djlquant.zoo;

import ai.djl.repository.Artifact;
import ai.djl.util.Progress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.djlquant.zoo.fetch.HubDownloader;
import org.djlquant.zoo.fetch.HubFile;
import org.djlquant.zoo.fetch.HubReference;
import org.djlquant.zoo.fetch.HubSettings;
import org.djlquant.zoo.fetch.ModelFiles;

/**
 * A repository of the Hugging Face hub, {@code hf://owner/name[@revision][#file]}. Downloads into the cache that the
 * Hugging Face tools use, when the model is loaded.
 */
final class HubRepository extends QuantRepository {
    private final HubReference reference;
    private Path fetched;

    HubRepository(String name, URI uri) {
        this(name, uri, HubReference.parse(uri.toString()), Map.of());
    }

    HubRepository(String name, URI uri, HubReference reference, Map<String, String> options) {
        super(name, uri, Path.of(reference.repository()), options);
        this.reference = reference;
    }

    @Override
    public boolean isRemote() {
        return true;
    }

    @Override
    public synchronized void prepare(Artifact artifact, Progress progress) {
        fetched = fetch(reference, progress);
    }

    @Override
    public synchronized Path getResourceDirectory(Artifact artifact) {
        return fetched;
    }

    /** Fetches what a reference means and returns the model file or folder. {@code progress} may be null. */
    static Path fetch(HubReference reference, Progress progress) {
        long[] shown = new long[1];
        HubDownloader downloader = new HubDownloader(HubSettings.fromEnvironment(System.getenv()), (file, done, total) -> {
            if (progress != null) {
                if (shown[0] == 0) {
                    progress.reset("Downloading " + reference, total);
                }
                progress.increment(done - shown[0]);
                shown[0] = done;
            }
        });
        String[] model = new String[1];
        Path snapshot = downloader.fetch(reference, files -> {
            List<HubFile> selected = ModelFiles.select(reference, files);
            HubFile first = selected.getFirst();
            model[0] = first.name().endsWith(".gguf") ? first.name() : null;
            return selected;
        });
        if (progress != null) {
            progress.end();
        }
        String file = model[0] != null ? model[0] : reference.file();
        return file == null ? snapshot : snapshot.resolve(file);
    }
}
