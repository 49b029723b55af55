package org.djlquant.model;

import org.djlquant.format.Checkpoint;
import org.djlquant.runtime.MemoryPlan;

/** Opens checkpoints as running models. */
public final class Models {
    private Models() {}

    /**
     * Loads a model: reads the hyper-parameters, checks every tensor's shape, checks the memory plan,
     * then packs the weights. The model owns the checkpoint from here on and closes it when it is
     * closed itself, and also if loading fails.
     *
     * @throws org.djlquant.format.UnsupportedModelException for an architecture or variant not supported; the
     *     message lists what is
     * @throws org.djlquant.format.ModelFormatException for a missing or misshapen tensor or hyper-parameter
     * @throws org.djlquant.runtime.ModelTooLargeException if it does not fit in memory
     */
    public static CausalLM load(Checkpoint checkpoint, ModelOptions options) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** The memory plan of a checkpoint, without loading weights; the checkpoint stays open and the caller's. */
    public static MemoryPlan plan(Checkpoint checkpoint, int maxModelLen, ModelOptions.KvCacheType kvCacheType) {
        throw new UnsupportedOperationException("not built yet");
    }
}
