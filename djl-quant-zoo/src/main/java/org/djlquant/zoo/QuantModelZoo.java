package org.djlquant.zoo;

import ai.djl.Application;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.zoo.BaseModelLoader;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.util.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.djlquant.engine.QuantEngine;
import org.djlquant.format.UnsupportedModelException;

/**
 * The models that are known by name: {@code djl://org.djlquant/<name>}, or {@code
 * optGroupId("org.djlquant")} with {@code optArtifactId("<name>")}. Never uses the network. Thread-safe.
 */
public final class QuantModelZoo extends ModelZoo {
    /** Group id. */
    public static final String GROUP_ID = "org.djlquant";

    QuantModelZoo() {
        for (ZooEntry entry : ZooEntry.ALL) {
            addModel(entry.embedded() ? embedded(entry) : new Unavailable(entry));
        }
    }

    private static BaseModelLoader embedded(ZooEntry entry) {
        EmbeddedModel model = new EmbeddedModel(entry.name());
        URI uri = URI.create(QuantRepositoryFactory.SCHEME + ":" + entry.name());
        QuantRepository repository = new QuantRepository(entry.name(), uri, model.folder()) {
            @Override
            public void prepare(Artifact artifact, Progress progress) throws IOException {
                model.unpack();
            }
        };
        return new BaseModelLoader(repository.model(Application.NLP.TEXT_GENERATION, GROUP_ID, entry.name()));
    }

    /** All names, embedded ones first. */
    public static List<ZooEntry> entries() {
        return ZooEntry.ALL;
    }

    /**
     * The file of an embedded model, unpacked to DJL's cache; empty if the zoo has no such name.
     *
     * @throws UnsupportedModelException if the name is known but not embedded; says what it needs
     */
    public static Optional<Path> file(String name) {
        return ZooEntry.ALL.stream().filter(e -> e.name().equals(name)).findFirst().map(QuantModelZoo::unpack);
    }

    private static Path unpack(ZooEntry entry) {
        if (!entry.embedded()) {
            throw new UnsupportedModelException(entry.name() + " needs " + entry.needs());
        }
        try {
            return new EmbeddedModel(entry.name()).unpack();
        } catch (IOException e) {
            throw new UncheckedIOException(entry.name() + " cannot be unpacked to DJL's cache: " + e.getMessage(), e);
        }
    }

    @Override
    public String getGroupId() {
        return GROUP_ID;
    }

    @Override
    public Set<String> getSupportedEngines() {
        return Set.of(QuantEngine.NAME);
    }

    /**
     * The loader of a name, {@code null} if there is none. DJL asks for it right before it opens {@code
     * djl://org.djlquant/<name>} with its own repository, which this zoo cannot influence otherwise:
     * so the files are put where that one looks first.
     *
     * @throws UnsupportedModelException if the model is not embedded; says what it needs
     */
    @Override
    public ModelLoader getModelLoader(String name) {
        file(name);
        return super.getModelLoader(name);
    }

    /** A name that cannot be loaded, so that it is listed and says why. */
    private static final class Unavailable extends BaseModelLoader {
        private final ZooEntry entry;

        Unavailable(ZooEntry entry) {
            super(mrl(entry));
            this.entry = entry;
        }

        private static MRL mrl(ZooEntry entry) {
            URI uri = URI.create(QuantRepositoryFactory.SCHEME + ":" + entry.name());
            return new QuantRepository(entry.name(), uri, Path.of(entry.name()))
                    .model(Application.NLP.TEXT_GENERATION, GROUP_ID, entry.name());
        }

        private ModelNotFoundException failure() {
            return new ModelNotFoundException(entry.name() + " needs " + entry.needs());
        }

        @Override
        public <I, O> ZooModel<I, O> loadModel(Criteria<I, O> criteria) throws ModelNotFoundException {
            throw failure();
        }

        @Override
        public <I, O> boolean isDownloaded(Criteria<I, O> criteria) {
            return false;
        }

        @Override
        public <I, O> void downloadModel(Criteria<I, O> criteria, Progress progress) throws ModelNotFoundException {
            throw failure();
        }
    }
}
