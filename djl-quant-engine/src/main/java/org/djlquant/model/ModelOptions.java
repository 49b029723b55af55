package org.djlquant.model;

import java.nio.file.Path;
import java.util.Objects;
import org.djlquant.kernel.ActivationType;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.LayerCache;
import org.djlquant.runtime.Workers;

/**
 * How a model is loaded. Immutable; start from {@link #of} and change what is needed.
 *
 * @param kernels the operators to run on
 * @param workers the threads that compute; shared between models, never closed by a model
 * @param maxModelLen most positions of a sequence ({@code max_model_len}), or 0 for what the
 *     checkpoint was trained with, reduced to what memory allows
 * @param kvCacheType how keys and values are kept ({@code kv_cache_dtype})
 * @param kvCacheBytes most bytes of the KV caches of all requests together ({@code kv_cache_memory_bytes}), or 0 for
 *     a share of what memory there is
 * @param prefixCaching whether what requests computed is kept for others that begin alike ({@code
 *     enable_prefix_caching})
 * @param packedCache folder where packed weights are kept for the next load ({@code packed_cache}), or {@code null}
 *     for none
 * @param progress told how much of the weights has been loaded
 */
public record ModelOptions(
        Kernels kernels,
        Workers workers,
        int maxModelLen,
        LayerCache.Type kvCacheType,
        long kvCacheBytes,
        boolean prefixCaching,
        Path packedCache,
        LoadProgress progress) {

    /** Receives the progress of a load, one call at a time, on the threads that load. */
    @FunctionalInterface
    public interface LoadProgress {
        /** {@code done} of {@code total} stored weight bytes are ready to run; the last call has {@code done == total}. */
        void onProgress(long done, long total);
    }

    /** Checks the ranges. */
    public ModelOptions {
        Objects.requireNonNull(kernels, "kernels");
        Objects.requireNonNull(workers, "workers");
        Objects.requireNonNull(kvCacheType, "kvCacheType");
        Objects.requireNonNull(progress, "progress");
        if (maxModelLen < 0) {
            throw new IllegalArgumentException("max_model_len must be 0 (as trained) or more, found " + maxModelLen);
        }
        if (kvCacheBytes < 0) {
            throw new IllegalArgumentException(
                    "kv_cache_memory_bytes must be 0 (a share of what there is) or more, found " + kvCacheBytes);
        }
    }

    /** The defaults on the kernels and the worker team of this JVM. */
    public static ModelOptions defaults() {
        return of(KernelsProvider.get().kernels(), Workers.shared());
    }

    /** The defaults on given kernels and workers: context as trained, float32 cache, prefixes kept, packed weights not, no progress. */
    public static ModelOptions of(Kernels kernels, Workers workers) {
        return new ModelOptions(kernels, workers, 0, LayerCache.Type.F32, 0, true, null, (done, total) -> {});
    }

    /** With another {@code max_model_len}. */
    public ModelOptions withMaxModelLen(int length) {
        return new ModelOptions(kernels, workers, length, kvCacheType, kvCacheBytes, prefixCaching, packedCache, progress);
    }

    /** With another type of the KV cache. */
    public ModelOptions withKvCacheType(LayerCache.Type type) {
        return new ModelOptions(kernels, workers, maxModelLen, type, kvCacheBytes, prefixCaching, packedCache, progress);
    }

    /** With kernels that multiply activations of another type ({@code activations}). */
    public ModelOptions withActivations(ActivationType type) {
        Kernels others = kernels.withActivations(type);
        return new ModelOptions(others, workers, maxModelLen, kvCacheType, kvCacheBytes, prefixCaching, packedCache, progress);
    }

    /** With another bound on the KV caches of all requests together. */
    public ModelOptions withKvCacheBytes(long bytes) {
        return new ModelOptions(kernels, workers, maxModelLen, kvCacheType, bytes, prefixCaching, packedCache, progress);
    }

    /** With or without keeping what requests computed. */
    public ModelOptions withPrefixCaching(boolean on) {
        return new ModelOptions(kernels, workers, maxModelLen, kvCacheType, kvCacheBytes, on, packedCache, progress);
    }

    /** With a folder where packed weights are kept for the next load, or without one if it is {@code null}. */
    public ModelOptions withPackedCache(Path folder) {
        return new ModelOptions(kernels, workers, maxModelLen, kvCacheType, kvCacheBytes, prefixCaching, folder, progress);
    }

    /** With a listener for the progress. */
    public ModelOptions withProgress(LoadProgress listener) {
        return new ModelOptions(kernels, workers, maxModelLen, kvCacheType, kvCacheBytes, prefixCaching, packedCache, listener);
    }

    /** A shape with the element type of these options. */
    LayerCache.Shape cacheShape(LayerCache.Shape s) {
        return s.withType(kvCacheType);
    }
}
