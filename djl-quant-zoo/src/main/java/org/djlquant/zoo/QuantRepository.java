package org.djlquant.zoo;

import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.zoo.DefaultModelZoo;
import ai.djl.util.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.djlquant.engine.QuantEngine;

/**
 * A repository of one model, a local file or folder. Its artifact names engine and translator factory,
 * so that a {@code Criteria} needs neither. That the path exists is checked when the model is loaded.
 */
class QuantRepository extends AbstractRepository {
    static final String TRANSLATOR_FACTORY = "org.djlquant.translate.ChatTranslatorFactory";

    private final Path path;
    private final Metadata metadata = new Metadata.MatchAllMetadata();

    QuantRepository(String name, URI uri, Path path) {
        this(name, uri, path, Map.of());
    }

    /** With options of the load, which a Criteria can override. */
    QuantRepository(String name, URI uri, Path path, Map<String, String> options) {
        super(name, uri);
        this.path = path;
        Artifact artifact = new Artifact();
        artifact.setName(path.getFileName() == null ? path.toString() : path.getFileName().toString());
        artifact.setArguments(Map.of("engine", QuantEngine.NAME, "translatorFactory", TRANSLATOR_FACTORY));
        artifact.setOptions(options);
        metadata.setArtifactId(artifact.getName());
        metadata.setRepositoryUri(URI.create(""));
        metadata.setArtifacts(List.of(artifact));
    }

    @Override
    public boolean isRemote() {
        return false;
    }

    @Override
    public Metadata locate(MRL mrl) {
        return metadata;
    }

    @Override
    public Artifact resolve(MRL mrl, Map<String, String> filter) {
        return metadata.getArtifacts().getFirst();
    }

    @Override
    public void prepare(Artifact artifact, Progress progress) throws IOException {
        // nothing to fetch
    }

    @Override
    public Path getResourceDirectory(Artifact artifact) {
        return path;
    }

    @Override
    public List<MRL> getResources() {
        return List.of(MRL.undefined(this, DefaultModelZoo.GROUP_ID, metadata.getArtifactId()));
    }
}
