package org.djlquant.model;

import java.util.Objects;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.runtime.Workers;

/**
 * How a model is loaded. Immutable; start from {@link #of} and change what is needed.
 *
 * @param kernels the operators to run on
 * @param workers the threads that compute; shared between models, never closed by a model
 * @param maxModelLen most positions of a sequence ({@code max_model_len}), or 0 for what the
 *     checkpoint was trained with, reduced to what memory allows
 * @param kvCacheType how keys and values are kept
 * @param progress told how much of the weights has been loaded
 */
public record ModelOptions(
        Kernels kernels, Workers workers, int maxModelLen, KvCacheType kvCacheType, LoadProgress progress) {

    /** Element type of the KV cache ({@code kv_cache_dtype}). */
    public enum KvCacheType {
        /** 32-bit floats: what the reference computes with. */
        F32,
        /** 16-bit floats: half the memory, relative rounding of 2⁻¹¹. */
        F16;

        /** Bytes of one element. */
        public int bytes() {
            return this == F32 ? 4 : 2;
        }
    }

    /** Receives the progress of a load, on the loading thread. */
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
    }

    /** The defaults on the kernels and the worker team of this JVM. */
    public static ModelOptions defaults() {
        return of(KernelsProvider.get().kernels(), Workers.shared());
    }

    /** The defaults on given kernels and workers: context as trained, float32 cache, no progress. */
    public static ModelOptions of(Kernels kernels, Workers workers) {
        return new ModelOptions(kernels, workers, 0, KvCacheType.F32, (done, total) -> {});
    }

    /** With another {@code max_model_len}. */
    public ModelOptions withMaxModelLen(int length) {
        return new ModelOptions(kernels, workers, length, kvCacheType, progress);
    }

    /** With another type of the KV cache. */
    public ModelOptions withKvCacheType(KvCacheType type) {
        return new ModelOptions(kernels, workers, maxModelLen, type, progress);
    }

    /** With a listener for the progress. */
    public ModelOptions withProgress(LoadProgress listener) {
        return new ModelOptions(kernels, workers, maxModelLen, kvCacheType, listener);
    }
}
