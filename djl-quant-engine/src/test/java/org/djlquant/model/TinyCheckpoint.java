package org.djlquant.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.MapMetadata;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.TensorInfo;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;

/** A random float32 Llama in memory; sizes and tensors can be falsified before it is loaded. */
final class TinyCheckpoint implements Checkpoint {
    final Map<String, Object> config = new HashMap<>();
    final Map<String, float[]> values = new LinkedHashMap<>();
    final Map<String, long[]> shapes = new LinkedHashMap<>();
    boolean closed;

    TinyCheckpoint(int hidden, int feedForward, int vocabulary, int context) {
        config.put("model_type", "llama");
        config.put("hidden_size", (long) hidden);
        config.put("intermediate_size", (long) feedForward);
        config.put("num_hidden_layers", 2L);
        config.put("num_attention_heads", 4L);
        config.put("num_key_value_heads", 2L);
        config.put("vocab_size", (long) vocabulary);
        config.put("max_position_embeddings", (long) context);
        put("model.embed_tokens.weight", vocabulary, hidden);
        put("lm_head.weight", vocabulary, hidden);
        put("model.norm.weight", hidden);
        for (int i = 0; i < 2; i++) {
            String p = "model.layers." + i + ".";
            put(p + "input_layernorm.weight", hidden);
            put(p + "post_attention_layernorm.weight", hidden);
            put(p + "self_attn.q_proj.weight", hidden, hidden);
            put(p + "self_attn.k_proj.weight", hidden / 2, hidden);
            put(p + "self_attn.v_proj.weight", hidden / 2, hidden);
            put(p + "self_attn.o_proj.weight", hidden, hidden);
            put(p + "mlp.gate_proj.weight", feedForward, hidden);
            put(p + "mlp.up_proj.weight", feedForward, hidden);
            put(p + "mlp.down_proj.weight", hidden, feedForward);
        }
    }

    /** Small enough for any test: hidden 32, vocabulary 50. */
    static TinyCheckpoint small(int context) {
        return new TinyCheckpoint(32, 48, 50, context);
    }

    void put(String name, long... shape) {
        Random random = new Random(name.hashCode());
        long n = shape.length == 1 ? shape[0] : shape[0] * shape[1];
        float[] data = new float[(int) n];
        for (int i = 0; i < n; i++) {
            data[i] = (float) (shape.length == 1 ? 1 : random.nextGaussian() / Math.sqrt(shape[1]));
        }
        values.put(name, data);
        shapes.put(name, shape);
    }

    @Override
    public Path path() {
        return Path.of("tiny");
    }

    @Override
    public Naming naming() {
        return Naming.HUGGING_FACE;
    }

    @Override
    public String recognised() {
        return "test";
    }

    @Override
    public Metadata metadata() {
        return new MapMetadata(path(), config, Set.of());
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        shapes.forEach((name, shape) ->
                tensors.put(name, new TensorInfo(name, "F32", shape, path(), 0, 4L * values.get(name).length)));
        return tensors;
    }

    @Override
    public boolean hasMatrix(String module) {
        return values.containsKey(module + ".weight");
    }

    @Override
    public WeightMatrix matrix(String module) {
        float[] data = values.get(module + ".weight");
        if (data == null) {
            throw new ModelFormatException(path(), module, "no such tensor");
        }
        long[] shape = shapes.get(module + ".weight");
        MemorySegment segment = Arena.ofAuto().allocate(4L * data.length, 64);
        MemorySegment.copy(data, 0, segment, ValueLayout.JAVA_FLOAT, 0, data.length);
        return new BlockMatrix(Schemes.block("F32"), segment, (int) shape[0], (int) shape[1]);
    }

    @Override
    public float[] vector(String name, int length) {
        float[] data = values.get(name);
        if (data == null || data.length != length) {
            throw new ModelFormatException(path(), name, "expected " + length + " elements");
        }
        return data;
    }

    @Override
    public Optional<String> companion(String fileName) {
        return Optional.empty();
    }

    @Override
    public void close() {
        closed = true;
    }
}
