package org.djlquant.zoo;

import ai.djl.Application;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Repository;
import ai.djl.repository.zoo.BaseModelLoader;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.util.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.djlquant.engine.QuantEngine;
import org.djlquant.zoo.fetch.HubReference;

/**
 * The models that are known by name: {@code djl://org.djlquant/<name>}, or {@code
 * optGroupId("org.djlquant")} with {@code optArtifactId("<name>")}. Embedded models
 * need no network, the others are fetched from the Hugging Face hub when they are loaded. Thread-safe.
 */
public final class QuantModelZoo extends ModelZoo {
    /** Group id. */
    public static final String GROUP_ID = "org.djlquant";

    QuantModelZoo() {
        for (ZooEntry entry : ZooEntry.ALL) {
            addModel(loader(entry));
        }
    }

    private static BaseModelLoader loader(ZooEntry entry) {
        URI uri = URI.create(QuantRepositoryFactory.SCHEME + ":" + entry.name());
        CachedArtifact cached = new CachedArtifact(entry);
        Repository repository = !entry.embedded()
                ? new HubRepository(entry.name(), uri, HubReference.parse(entry.hub()), entry.options())
                : new QuantRepository(entry.name(), uri, cached.folder()) {
                    @Override
                    public void prepare(Artifact artifact, Progress progress) throws IOException {
                        cached.unpack();
                    }
                };
        MRL mrl = repository.model(Application.NLP.TEXT_GENERATION, GROUP_ID, entry.name());
        return new BaseModelLoader(mrl);
    }

    /** All names, embedded ones first. */
    public static List<ZooEntry> entries() {
        return ZooEntry.ALL;
    }

    private static Optional<ZooEntry> entry(String name) {
        return ZooEntry.ALL.stream().filter(e -> e.name().equals(name)).findFirst();
    }

    /**
     * The file or folder of a model: of an embedded one as unpacked to DJL's cache, of another as the hub
     * client's cache has it after fetching what is missing; empty if the zoo has no such name.
     *
     * @throws org.djlquant.zoo.fetch.DownloadException if it cannot be fetched
     */
    public static Optional<Path> file(String name) {
        return entry(name).map(entry -> {
            try {
                return entry.embedded()
                        ? new CachedArtifact(entry).unpack()
                        : HubRepository.fetch(HubReference.parse(entry.hub()), null);
            } catch (IOException e) {
                throw cannotWrite(entry, e);
            }
        });
    }

    private static UncheckedIOException cannotWrite(ZooEntry entry, IOException e) {
        return new UncheckedIOException(entry.name() + " cannot be put into DJL's cache: " + e.getMessage(), e);
    }

    @Override
    public String getGroupId() {
        return GROUP_ID;
    }

    @Override
    public Set<String> getSupportedEngines() {
        return Set.of(QuantEngine.NAME);
    }

    /** All loaders, embedded ones first: DJL takes the first that fits if a Criteria names no model. */
    @Override
    public Collection<ModelLoader> getModelLoaders() {
        return ZooEntry.ALL.stream().map(entry -> super.getModelLoader(entry.name())).toList();
    }

    /**
     * The loader of a name, {@code null} if there is none. DJL asks for it right before it opens {@code
     * djl://org.djlquant/<name>} with a repository of its own, for which {@link CachedArtifact} is made
     * ready here. Nothing is fetched yet.
     */
    @Override
    public ModelLoader getModelLoader(String name) {
        entry(name).ifPresent(entry -> {
            try {
                new CachedArtifact(entry).prepare();
            } catch (IOException e) {
                throw cannotWrite(entry, e);
            }
        });
        return super.getModelLoader(name);
    }
}
