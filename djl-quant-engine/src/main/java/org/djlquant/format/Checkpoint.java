package org.djlquant.format;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.djlquant.quant.WeightMatrix;

/**
 * An opened, validated and memory-mapped checkpoint: metadata and tensors, no maths. Safe for use by
 * many threads until closed; closing unmaps the files, after which every matrix taken from it throws
 * {@link IllegalStateException}.
 */
public interface Checkpoint extends AutoCloseable {

    /** Who named the tensors and metadata keys. */
    enum Naming {
        /** {@code model.layers.0.self_attn.q_proj}; metadata keys are those of config.json. */
        HUGGING_FACE,
        /** {@code blk.0.attn_q}; metadata keys such as {@code llama.block_count}. */
        GGUF
    }

    /** The file, or the folder for Hugging Face layouts. */
    Path path();

    /** The naming convention of tensors and metadata. */
    Naming naming();

    /**
     * What this was recognised as and by which fields, for people: {@code GGUF version 3 (bytes 0 to 7),
     * mostly Q4_K_M (general.file_type 15)}.
     */
    String recognised();

    /** GGUF key-values or config.json. */
    Metadata metadata();

    /** Every stored tensor by name, in file order. */
    Map<String, TensorInfo> tensors();

    /** The files whose bytes decide what the matrices hold: a checkpoint of other files with the same bytes is the same. */
    default List<Path> files() {
        return tensors().values().stream().map(TensorInfo::file).distinct().toList();
    }

    /** Whether a matrix of this module is stored in any scheme. */
    boolean hasMatrix(String module);

    /**
     * The weight of a module (name without {@code .weight}), in whatever scheme it is stored.
     *
     * @throws ModelFormatException if it is missing, is not 2-D or contradicts itself
     * @throws UnsupportedModelException if its scheme is unknown
     */
    WeightMatrix matrix(String module);

    /** Whether a tensor of this full name is stored. */
    default boolean hasTensor(String name) {
        return tensors().containsKey(name);
    }

    /**
     * A 1-D tensor (norm weight, bias) decoded to float32.
     *
     * @param name full tensor name, e.g. {@code blk.0.attn_norm.weight}
     * @param length the expected number of elements
     * @throws ModelFormatException if it is missing or has another shape
     */
    float[] vector(String name, int length);

    /** A text file beside the weights, e.g. {@code tokenizer.json}; empty for single-file formats. */
    Optional<String> companion(String fileName);

    /**
     * Tells that the bytes read so far are not needed for now, so that they stop counting as memory of this
     * process. They stay readable. May do nothing.
     */
    default void dropPages() {}

    @Override
    void close();
}
