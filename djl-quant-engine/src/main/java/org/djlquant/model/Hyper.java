package org.djlquant.model;

import java.util.Optional;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.LayerCache;

/**
 * Hyper-parameters under both names: that of config.json and that of GGUF (without the architecture
 * prefix). A name that one convention does not have is {@code null} and counts as absent there. All
 * values are range-checked, so that a lying header is refused before anything is allocated.
 */
final class Hyper {
    /** More than any published model has, and small enough that products of two stay an int. */
    static final int MAX_LAYERS = 4096;

    static final int MAX_HEADS = 4096;
    static final int MAX_HEAD_DIM = 8192;
    static final int MAX_WIDTH = 1 << 22;
    static final int MAX_VOCABULARY = 1 << 24;

    private final Checkpoint checkpoint;
    private final Metadata metadata;
    private final String prefix;

    Hyper(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
        metadata = checkpoint.metadata();
        prefix = gguf() ? metadata.string("general.architecture").orElse("") + "." : "";
    }

    /** Whether keys and tensors follow GGUF. */
    boolean gguf() {
        return checkpoint.naming() == Checkpoint.Naming.GGUF;
    }

    /** The full key in the convention of this checkpoint, or {@code null}. */
    private String key(String huggingFace, String gguf) {
        return !gguf() ? huggingFace : gguf == null ? null : prefix + gguf;
    }

    /** Whether a value is given. */
    boolean has(String huggingFace, String gguf) {
        String key = key(huggingFace, gguf);
        return key != null && metadata.has(key);
    }

    /** An integer that must be given. */
    int integer(String huggingFace, String gguf, int min, int max) {
        return metadata.requireInt(key(huggingFace, gguf), min, max);
    }

    /** An integer with a default. */
    int integer(String huggingFace, String gguf, int defaultValue, int min, int max) {
        String key = key(huggingFace, gguf);
        return key == null ? defaultValue : metadata.optionalInt(key, defaultValue, min, max);
    }

    /** A finite number above zero, with a default. */
    double positive(String huggingFace, String gguf, double defaultValue) {
        String key = key(huggingFace, gguf);
        double value = key == null ? defaultValue : metadata.number(key).orElse(defaultValue);
        if (!(value > 0) || value > Float.MAX_VALUE) {
            throw new ModelFormatException(checkpoint.path(), key, "expected a finite number above 0, found " + value);
        }
        return value;
    }

    /** A switch, with a default. */
    boolean flag(String huggingFace, String gguf, boolean defaultValue) {
        String key = key(huggingFace, gguf);
        return key == null ? defaultValue : metadata.bool(key).orElse(defaultValue);
    }

    /** A text. */
    Optional<String> text(String huggingFace, String gguf) {
        String key = key(huggingFace, gguf);
        return key == null ? Optional.empty() : metadata.string(key);
    }

    /**
     * Number and size of the attention heads, with full attention.
     *
     * @param headsKey the key in config.json of the number of heads
     */
    LayerCache.Shape heads(String headsKey, int hidden) {
        int heads = integer(headsKey, "attention.head_count", 1, MAX_HEADS);
        int kvHeads = integer("num_key_value_heads", "attention.head_count_kv", heads, 1, heads);
        if (heads % kvHeads != 0) {
            throw contradiction("num_key_value_heads", "attention.head_count_kv",
                    "expected a divisor of the " + heads + " attention heads, found " + kvHeads);
        }
        boolean given = has("head_dim", "attention.key_length");
        if (!given && hidden % heads != 0) {
            throw contradiction(headsKey, "attention.head_count", "expected a divisor of the hidden size " + hidden + ", found " + heads);
        }
        int headDim = given ? integer("head_dim", "attention.key_length", 1, MAX_HEAD_DIM) : hidden / heads;
        int valueDim = integer(null, "attention.value_length", headDim, 1, MAX_HEAD_DIM);
        if (valueDim != headDim) {
            throw new UnsupportedModelException(path() + ": values of " + valueDim
                    + " elements beside keys of " + headDim + " are not supported; both must be equal");
        }
        return new LayerCache.Shape(heads, kvHeads, headDim, (float) (1 / Math.sqrt(headDim)), Integer.MAX_VALUE, false);
    }

    /** The sliding window that the checkpoint names, or {@link Integer#MAX_VALUE} for none. */
    int slidingWindow() {
        int window = integer("sliding_window", "attention.sliding_window", 0, 0, Integer.MAX_VALUE);
        return window == 0 ? Integer.MAX_VALUE : window;
    }

    /** A contradiction between hyper-parameters, named by one of them. */
    ModelFormatException contradiction(String huggingFace, String gguf, String problem) {
        return new ModelFormatException(checkpoint.path(), key(huggingFace, gguf), problem);
    }

    /** The start of a message about something not supported. */
    String path() {
        return checkpoint.path().toString();
    }
}
