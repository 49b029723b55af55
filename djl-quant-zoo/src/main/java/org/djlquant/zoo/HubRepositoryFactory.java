package org.djlquant.zoo;

import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import java.net.URI;
import java.util.Set;

/** URLs of the Hugging Face hub: {@code hf://owner/name[@revision][#file]}. Registered through {@code META-INF/services}. */
public final class HubRepositoryFactory implements RepositoryFactory {

    @Override
    public Repository newInstance(String name, URI uri) {
        return new HubRepository(name, uri);
    }

    @Override
    public Set<String> getSupportedScheme() {
        return Set.of("hf");
    }
}
