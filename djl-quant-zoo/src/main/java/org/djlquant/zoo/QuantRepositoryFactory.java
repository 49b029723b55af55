package org.djlquant.zoo;

import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import java.net.URI;
import java.nio.file.Path;
import java.util.Set;

/**
 * URLs of local models: {@code quant:model.gguf}, {@code quant:folder/of/model}, {@code
 * quant:/absolute/model.gguf}. Relative paths start at the working directory; characters that a URI
 * cannot hold are percent-encoded. Registered through {@code META-INF/services}.
 */
public final class QuantRepositoryFactory implements RepositoryFactory {
    static final String SCHEME = "quant";

    @Override
    public Repository newInstance(String name, URI uri) {
        return new QuantRepository(name, uri, path(uri));
    }

    /** The decoded path; {@code quant://a/b} is the relative path a/b. */
    static Path path(URI uri) {
        String text = uri.isOpaque()
                ? uri.getSchemeSpecificPart()
                : (uri.getAuthority() == null ? "" : uri.getAuthority()) + uri.getPath();
        if (text.isEmpty()) {
            throw new IllegalArgumentException(uri + ": expected " + SCHEME + ":<path of a model file or folder>");
        }
        return Path.of(text);
    }

    @Override
    public Set<String> getSupportedScheme() {
        return Set.of(SCHEME);
    }
}
