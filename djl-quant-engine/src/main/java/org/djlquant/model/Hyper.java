package org.djlquant.model;

import java.util.List;
import java.util.Map;
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
    private final Map<String, Number> defaults;

    Hyper(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
        metadata = checkpoint.metadata();
        prefix = gguf() ? metadata.string("general.architecture").orElse("") + "." : "";
        defaults = Map.of();
    }

    private Hyper(Hyper all, String prefix, Map<String, Number> defaults) {
        checkpoint = all.checkpoint;
        metadata = all.metadata;
        this.prefix = prefix;
        this.defaults = defaults;
    }

    /**
     * The same hyper-parameters, in config.json those of a nested object.
     *
     * @param object name of the object, or empty for the whole file
     * @param unlessGiven values of config.json where it has none
     */
    Hyper within(String object, Map<String, Number> unlessGiven) {
        return gguf() ? this : new Hyper(this, object.isEmpty() ? "" : object + ".", unlessGiven);
    }

    /** Whether keys and tensors follow GGUF. */
    boolean gguf() {
        return checkpoint.naming() == Checkpoint.Naming.GGUF;
    }

    /** The full key in the convention of this checkpoint, or {@code null}. */
    private String key(String huggingFace, String gguf) {
        String name = gguf() ? gguf : huggingFace;
        return name == null ? null : prefix + name;
    }

    /** Whether a value is given. */
    boolean has(String huggingFace, String gguf) {
        String key = key(huggingFace, gguf);
        return key != null && metadata.has(key);
    }

    /** What config.json leaves out, and this architecture's configuration in transformers fills in. */
    private Number known(String huggingFace, Number otherwise) {
        return huggingFace == null ? otherwise : defaults.getOrDefault(huggingFace, otherwise);
    }

    /** An integer that must be given. */
    int integer(String huggingFace, String gguf, int min, int max) {
        Number known = known(huggingFace, null);
        return known == null
                ? metadata.requireInt(key(huggingFace, gguf), min, max)
                : metadata.optionalInt(key(huggingFace, gguf), known.intValue(), min, max);
    }

    /** An integer with a default. */
    int integer(String huggingFace, String gguf, int defaultValue, int min, int max) {
        String key = key(huggingFace, gguf);
        return key == null ? defaultValue : metadata.optionalInt(key, known(huggingFace, defaultValue).intValue(), min, max);
    }

    /** A finite number above zero, with a default. */
    double positive(String huggingFace, String gguf, double defaultValue) {
        String key = key(huggingFace, gguf);
        double value = key == null ? defaultValue : metadata.number(key).orElse(known(huggingFace, defaultValue).doubleValue());
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
        boolean given = has("head_dim", "attention.key_length") || defaults.containsKey("head_dim");
        if (!given && hidden % heads != 0) {
            throw contradiction(headsKey, "attention.head_count", "expected a divisor of the hidden size " + hidden + ", found " + heads);
        }
        int headDim = given ? integer("head_dim", "attention.key_length", 1, MAX_HEAD_DIM) : hidden / heads;
        int valueDim = integer(null, "attention.value_length", headDim, 1, MAX_HEAD_DIM);
        if (valueDim != headDim) {
            throw new UnsupportedModelException(path() + ": values of " + valueDim
                    + " elements beside keys of " + headDim + " are not supported; both must be equal");
        }
        return LayerCache.Shape.of(heads, kvHeads, headDim);
    }

    /** The sliding window that the checkpoint names, or {@link Integer#MAX_VALUE} for none. */
    int slidingWindow() {
        return slidingWindow(0);
    }

    /** The sliding window in tokens, where 0 means none and becomes {@link Integer#MAX_VALUE}. */
    int slidingWindow(int defaultValue) {
        int window = integer("sliding_window", "attention.sliding_window", defaultValue, 0, Integer.MAX_VALUE);
        return window == 0 ? Integer.MAX_VALUE : window;
    }

    /** Whether {@code layer_types} gives a layer a sliding window; empty if there is no such list. */
    Optional<Boolean> slides(int layer) {
        Optional<List<String>> types = gguf() ? Optional.empty() : metadata.strings(prefix + "layer_types");
        if (types.isPresent() && layer >= types.get().size()) {
            throw contradiction("layer_types", null, "expected an item for each layer, found " + types.get().size());
        }
        return types.map(list -> list.get(layer).equals("sliding_attention"));
    }

    /** The numbers of an array that must be given. */
    float[] numbers(String huggingFace, int length) {
        float[] numbers = metadata.numbers(prefix + huggingFace).orElse(new float[0]);
        if (numbers.length != length) {
            throw contradiction(huggingFace, null, "expected an array of " + length + " numbers, found " + numbers.length);
        }
        return numbers;
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
