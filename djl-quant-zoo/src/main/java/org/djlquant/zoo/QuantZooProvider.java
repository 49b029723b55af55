package org.djlquant.zoo;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;

/** Registers the zoo {@code org.djlquant} with DJL; found through {@code META-INF/services}. */
public final class QuantZooProvider implements ZooProvider {

    @Override
    public ModelZoo getModelZoo() {
        return new QuantModelZoo();
    }
}
