package org.djlquant.engine;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Metadata;
import org.djlquant.format.TensorInfo;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;

/**
 * A checkpoint whose float matrices are quantized when they are read. Embedding and output matrices
 * keep their type, as other quantizers leave them, and so do those whose columns do not fill the
 * scheme's blocks, those that are to be skipped and those that are quantized already. Dynamic
 * quantization instead takes what torch's does: output matrices too, but not the layers of GPT-2.
 */
final class QuantizingCheckpoint implements Checkpoint {
    private final Checkpoint floats;
    private final LoadQuantization quantization;

    QuantizingCheckpoint(Checkpoint floats, LoadQuantization quantization) {
        this.floats = floats;
        this.quantization = quantization;
    }

    @Override
    public WeightMatrix matrix(String module) {
        WeightMatrix stored = floats.matrix(module);
        boolean isFloat = stored instanceof BlockMatrix m && m.blocks().blockLength() == 1;
        if (!isFloat || isVocabulary(module) || quantization.skips(module)) {
            return stored;
        }
        BlockScheme blocks = Schemes.block(quantization.scheme());
        boolean conv1d = isConv1d(module);
        if (conv1d && isDynamic()) {
            return stored;
        }
        // what is quantized is stored [out, in], so a layer stored [in, out] is turned first
        boolean turn = conv1d && (blocks == null || blocks.blockLength() > 1);
        int inputs = turn ? stored.rows() : stored.cols();
        if (blocks != null && inputs % blocks.blockLength() != 0) {
            return stored;
        }
        return quantization.apply(turn ? ((BlockMatrix) stored).transposed(Arena.ofAuto()) : stored);
    }

    private boolean isDynamic() {
        return quantization.scheme().equals(LoadQuantization.DYNAMIC);
    }

    /** Torch's dynamic quantization takes every Linear, the output too unless it is the embedding itself. */
    private boolean isVocabulary(String module) {
        boolean output = module.equals("lm_head") || module.equals("output") || module.endsWith("output_layer");
        boolean embedding = module.contains("embed")
                || module.contains("embd")
                || module.endsWith("wte")
                || module.endsWith("wpe");
        return embedding || output && !isDynamic();
    }

    /** Whether this is one of the layers that Hugging Face's GPT-2 stores [in, out]. */
    private boolean isConv1d(String module) {
        return floats.naming() == Naming.HUGGING_FACE
                && floats.metadata().string("model_type").orElse("").equals("gpt2")
                && (module.endsWith(".c_attn") || module.endsWith(".c_proj") || module.endsWith(".c_fc"));
    }

    @Override
    public Path path() {
        return floats.path();
    }

    @Override
    public Naming naming() {
        return floats.naming();
    }

    @Override
    public String recognised() {
        return floats.recognised() + ", quantized to " + quantization + " on loading";
    }

    @Override
    public Metadata metadata() {
        return floats.metadata();
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return floats.tensors();
    }

    @Override
    public List<Path> files() {
        return floats.files();
    }

    @Override
    public boolean hasMatrix(String module) {
        return floats.hasMatrix(module);
    }

    @Override
    public float[] vector(String name, int length) {
        return floats.vector(name, length);
    }

    @Override
    public Optional<String> companion(String fileName) {
        return floats.companion(fileName);
    }

    @Override
    public void dropPages() {
        floats.dropPages();
    }

    @Override
    public void close() {
        floats.close();
    }
}
