package org.djlquant.engine;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineProvider;

/** Registers the engine {@code Quant} with DJL; found through {@code META-INF/services}. */
public final class QuantEngineProvider implements EngineProvider {

    @Override
    public String getEngineName() {
        return QuantEngine.NAME;
    }

    @Override
    public int getEngineRank() {
        return QuantEngine.RANK;
    }

    @Override
    public Engine getEngine() {
        return Holder.INSTANCE;
    }

    /** Delays the engine to its first use; the virtual machine makes this thread-safe. */
    private static final class Holder {
        private static final QuantEngine INSTANCE = new QuantEngine();
    }
}
