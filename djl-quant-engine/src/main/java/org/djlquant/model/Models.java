package org.djlquant.model;

import java.lang.foreign.Arena;
import org.djlquant.format.Checkpoint;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.runtime.LoadReport;
import org.djlquant.runtime.MachineMemory;
import org.djlquant.runtime.MemoryPlan;

/** Opens checkpoints as running models. */
public final class Models {
    /** A context nobody asked for is reduced to what fits, but not below this. */
    private static final int LEAST_CONTEXT = 512;

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
     * @throws IllegalArgumentException if {@code max_model_len} exceeds what the model was trained with
     */
    public static CausalLM load(Checkpoint checkpoint, ModelOptions options) {
        Arena arena = Arena.ofShared();
        Weights weights = new Weights(checkpoint);
        Runnable free = () -> {
            arena.close();
            weights.close();
            checkpoint.close();
        };
        boolean loaded = false;
        try {
            long begin = System.nanoTime();
            DecoderParts parts = build(checkpoint, weights);
            weights.prepare(options.kernels());
            MemoryPlan plan = plan(parts, weights, options);
            plan.requireFits();
            weights.pack(options, arena);
            LoadReport report = new LoadReport(
                    parts.architecture(),
                    checkpoint.naming() == Checkpoint.Naming.GGUF ? "GGUF" : "Hugging Face",
                    weights.parameters(),
                    weights.bytes(),
                    weights.schemes(),
                    weights.layouts(),
                    reason(options.kernels()),
                    options.workers().threads(),
                    plan.wantedContext(),
                    (System.nanoTime() - begin) / 1e9,
                    weights.cacheReport(),
                    weights.remarks());
            Decoder decoder = new Decoder(parts, options, plan, free, checkpoint, report);
            loaded = true;
            return decoder;
        } finally {
            if (!loaded) {
                free.run();
            }
        }
    }

    /**
     * Looks at a checkpoint without loading its weights.
     *
     * @throws RuntimeException as {@link #load}, but not if the model is too large
     */
    public static ModelOutline outline(Checkpoint checkpoint, ModelOptions options) {
        Weights weights = new Weights(checkpoint);
        DecoderParts parts = build(checkpoint, weights);
        return new ModelOutline(
                parts.architecture(),
                weights.parameters(),
                weights.schemes(),
                weights.layouts(options.kernels()),
                reason(options.kernels()),
                plan(parts, weights, options));
    }

    /**
     * Has code made ready for the weights of a checkpoint that will be loaded soon, in the background. The
     * checkpoint may be closed afterwards.
     *
     * @throws RuntimeException as {@link #load}, but not if the model is too large
     */
    public static void prepare(Checkpoint checkpoint, Kernels kernels) {
        Weights weights = new Weights(checkpoint);
        build(checkpoint, weights);
        weights.prepare(kernels);
    }

    /** Name of the kernels and, if they were looked up, why these. */
    private static String reason(Kernels kernels) {
        KernelsProvider provider = KernelsProvider.get();
        return kernels == provider.kernels() ? provider.reason() : kernels.name();
    }

    private static DecoderParts build(Checkpoint checkpoint, Weights weights) {
        return Architectures.of(checkpoint).build(new Hyper(checkpoint), weights);
    }

    private static MemoryPlan plan(DecoderParts parts, Weights weights, ModelOptions options) {
        int trained = parts.trainedContext();
        int asked = options.maxModelLen();
        if (asked > trained) {
            throw new IllegalArgumentException(
                    "max_model_len " + asked + " exceeds the " + trained + " positions the model was trained with");
        }
        MemoryPlan plan = plan(parts, weights, options, MachineMemory.heap());
        if (plan.largestContext() < plan.wantedContext() && plan.heapIsShort()) {
            System.gc(); // what looks used may be garbage
            plan = plan(parts, weights, options, MachineMemory.heap());
        }
        int fits = plan.largestContext();
        return asked == 0 && fits < trained && fits >= LEAST_CONTEXT ? plan.withContext(fits) : plan;
    }

    private static MemoryPlan plan(DecoderParts parts, Weights weights, ModelOptions options, long heap) {
        int trained = parts.trainedContext();
        return new MemoryPlan(
                weights.bytes(),
                kvBytesPerToken(parts, options),
                4 * parts.scratchPerToken() * Pass.maxTokens(parts),
                options.maxModelLen() > 0 ? options.maxModelLen() : trained,
                trained,
                MachineMemory.available(),
                heap,
                options.kvCacheBytes());
    }

    /** Bytes of a position in the layout of the kernels, padding included. */
    private static long kvBytesPerToken(DecoderParts parts, ModelOptions options) {
        long block = 0;
        for (Block each : parts.blocks()) {
            block += options.kernels().newCache(options.cacheShape(each.attention().shape())).bytes(MemoryPlan.BLOCK);
        }
        return Math.ceilDiv(block, MemoryPlan.BLOCK);
    }
}
