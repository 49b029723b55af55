package org.djlquant.runtime;

import java.util.Locale;

/**
 * What a model needs before anything is allocated, against what the machine (or its control group)
 * has. All figures are in bytes unless they say otherwise.
 *
 * @param weightBytes weights as they will be held
 * @param kvBytesPerToken keys and values of one position over all layers
 * @param scratchBytes activations of the largest pass
 * @param wantedContext positions asked for
 * @param trainedContext positions the checkpoint was trained with
 * @param availableBytes memory that can be used, see {@link MachineMemory#available()}
 */
public record MemoryPlan(
        long weightBytes,
        long kvBytesPerToken,
        long scratchBytes,
        int wantedContext,
        int trainedContext,
        long availableBytes) {

    /** The same plan for another context. */
    public MemoryPlan withContext(int context) {
        return new MemoryPlan(weightBytes, kvBytesPerToken, scratchBytes, context, trainedContext, availableBytes);
    }

    /** What the model needs with that many cached positions. */
    public long totalBytes(int context) {
        return weightBytes + scratchBytes + Math.multiplyExact(kvBytesPerToken, (long) context);
    }

    /** The largest context that fits, at most the wanted one; 0 if not even the weights fit. */
    public int largestContext() {
        long left = availableBytes - weightBytes - scratchBytes;
        return left <= 0 ? 0 : (int) Math.min(wantedContext, kvBytesPerToken == 0 ? Integer.MAX_VALUE : left / kvBytesPerToken);
    }

    /**
     * Refuses a plan that does not fit.
     *
     * @throws ModelTooLargeException naming each part, what is available and the largest context that fits
     */
    public void requireFits() {
        if (totalBytes(wantedContext) <= availableBytes) {
            return;
        }
        int fits = largestContext();
        throw new ModelTooLargeException("the model does not fit in memory: " + this + "; "
                + (fits > 0
                        ? "the largest context that fits is max_model_len=" + fits
                        : "not even an empty context fits; choose a smaller quantization or free memory"));
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "weights %s + KV cache %s (%d positions x %s) + scratch %s = %s, available %s",
                size(weightBytes),
                size(kvBytesPerToken * wantedContext),
                wantedContext,
                size(kvBytesPerToken),
                size(scratchBytes),
                size(totalBytes(wantedContext)),
                size(availableBytes));
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
