package org.djlquant.engine;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Metadata;
import org.djlquant.format.TensorInfo;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.quantize.Quantizer;

/**
 * A checkpoint whose float matrices are quantized when they are read. Embedding and output matrices
 * keep their type, as other quantizers leave them, and so do those whose columns do not fill the
 * scheme's blocks and those that are quantized already.
 */
final class QuantizingCheckpoint implements Checkpoint {
    private final Checkpoint floats;
    private final String scheme;

    QuantizingCheckpoint(Checkpoint floats, String scheme) {
        this.floats = floats;
        this.scheme = scheme;
    }

    @Override
    public WeightMatrix matrix(String module) {
        WeightMatrix stored = floats.matrix(module);
        boolean isFloat = switch (stored.scheme()) {
            case "F32", "F16", "BF16" -> true;
            default -> false;
        };
        boolean fills = Schemes.block(scheme) == null || stored.cols() % Schemes.block(scheme).blockLength() == 0;
        return isFloat && fills && !isVocabulary(module) ? Quantizer.quantize(stored, scheme) : stored;
    }

    private static boolean isVocabulary(String module) {
        return module.contains("embed") || module.contains("token_embd") || module.equals("lm_head") || module.equals("output");
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
        return floats.recognised() + ", quantized to " + scheme + " on loading";
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
