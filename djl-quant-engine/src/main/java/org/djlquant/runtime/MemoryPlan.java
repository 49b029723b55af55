package org.djlquant.runtime;

import java.util.Locale;

/**
 * What a model needs before anything is allocated, against what the machine (or its control group)
 * and the Java heap have. Weights lie outside the heap, caches and activations in it. All figures are in
 * bytes unless they say otherwise.
 *
 * @param weightBytes weights as they will be held
 * @param kvBytesPerToken keys and values of one position over all layers
 * @param scratchBytes activations of the largest pass
 * @param wantedContext positions asked for
 * @param trainedContext positions the checkpoint was trained with
 * @param availableBytes memory that can be used, see {@link MachineMemory#available()}
 * @param heapBytes how much of it may be in the heap, see {@link MachineMemory#heap()}
 * @param askedKvBytes bound on the caches of all sequences together, or 0 for what {@link #kvLimitBytes()} says
 */
public record MemoryPlan(
        long weightBytes,
        long kvBytesPerToken,
        long scratchBytes,
        int wantedContext,
        int trainedContext,
        long availableBytes,
        long heapBytes,
        long askedKvBytes) {

    /** Positions that caches are allocated for at a time. */
    public static final int BLOCK = 64;

    /** Share of the memory left that caches of several sequences may take if nobody says more. */
    private static final int SHARE = 4;

    /** The same plan for another context. */
    public MemoryPlan withContext(int context) {
        return new MemoryPlan(
                weightBytes, kvBytesPerToken, scratchBytes, context, trainedContext, availableBytes, heapBytes, askedKvBytes);
    }

    /** A number of positions, rounded up to whole blocks. */
    public static long blocks(int positions) {
        return Math.ceilDiv((long) positions, BLOCK) * BLOCK;
    }

    /** What the model needs with that many cached positions. */
    public long totalBytes(int context) {
        return weightBytes + scratchBytes + Math.multiplyExact(kvBytesPerToken, (long) context);
    }

    /** What is left for caches. */
    private long kvRoom() {
        return Math.min(availableBytes - weightBytes - scratchBytes, heapBytes - scratchBytes);
    }

    /** Whether the heap, and nothing else, is too small for the wanted context. */
    public boolean heapIsShort() {
        return totalBytes(wantedContext) <= availableBytes && kvBytesPerToken * wantedContext > heapBytes - scratchBytes;
    }

    /**
     * Most bytes of the caches of all sequences together: what was asked for, else a quarter of what is
     * left beside the weights, and in any case one sequence of the wanted context.
     */
    public long kvLimitBytes() {
        long one = kvBytesPerToken * blocks(wantedContext);
        return askedKvBytes > 0 ? Math.max(askedKvBytes, one) : Math.max(kvRoom() / SHARE, one);
    }

    /** The largest context that fits, at most the wanted one; 0 if not even the weights fit. */
    public int largestContext() {
        long room = askedKvBytes > 0 ? Math.min(kvRoom(), askedKvBytes) : kvRoom();
        return room <= 0 ? 0 : (int) Math.min(wantedContext, kvBytesPerToken == 0 ? Integer.MAX_VALUE : room / kvBytesPerToken);
    }

    /**
     * Refuses a plan that does not fit.
     *
     * @throws ModelTooLargeException naming each part, what is available and the largest context that fits
     */
    public void requireFits() {
        int fits = largestContext();
        if (fits == wantedContext && askedKvBytes <= kvRoom()) {
            return;
        }
        if (fits > 0 && askedKvBytes > kvRoom()) {
            throw new ModelTooLargeException("kv_cache_memory_bytes is " + size(askedKvBytes) + ", but beside the model "
                    + size(kvRoom()) + " are left: " + this + (heapIsShort() ? "; a larger Java heap (-Xmx) would help" : ""));
        }
        String hint = "";
        if (heapIsShort()) {
            hint = ", with a larger Java heap (-Xmx) more";
        } else if (askedKvBytes > 0) {
            hint = " (kv_cache_memory_bytes is " + size(askedKvBytes) + ")";
        }
        throw new ModelTooLargeException("the model does not fit in memory: " + this + "; "
                + (fits > 0
                        ? "the largest context that fits is max_model_len=" + fits + hint
                        : "not even an empty context fits; choose a smaller quantization or free memory" + hint));
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "weights %s + KV cache %s (%d positions x %s) + scratch %s = %s, available %s, of it in the Java heap %s",
                size(weightBytes),
                size(kvBytesPerToken * wantedContext),
                wantedContext,
                size(kvBytesPerToken),
                size(scratchBytes),
                size(totalBytes(wantedContext)),
                size(availableBytes),
                size(heapBytes));
    }

    /** A size for people: {@code 4.1 GB}, {@code 128.0 KB}; decimal units as on download pages. */
    public static String size(long bytes) {
        String[] units = {"KB", "MB", "GB", "TB"};
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 999.95 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
