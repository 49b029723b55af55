package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.djlquant.model.Sequence;
import org.djlquant.quant.WeightMatrix;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A GPTQ folder in two shards whose output matrix is quantized too. */
class ShardedGptqTest {
    private static final String BASE = "llama-gptq-4bit-actorder";
    private static final int VOCABULARY = 384;
    private static final int HIDDEN = 64;
    private static final int GROUP = 32;
    private static final Gson GSON = new Gson();

    private record Tensor(String type, int[] shape, byte[] data) {}

    @TempDir
    Path root;

    private final Map<String, Tensor> tensors = new TreeMap<>();

    /** The golden model, its embedding no longer its output matrix. */
    @BeforeEach
    void giveItAQuantizedHead() throws IOException {
        byte[] file = Files.readAllBytes(GoldenModels.checkpoint(BASE).resolve("model.safetensors"));
        int header = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        JsonObject described =
                JsonParser.parseString(new String(file, 8, header, StandardCharsets.UTF_8)).getAsJsonObject();
        described.remove("__metadata__");
        for (String name : described.keySet()) {
            JsonObject one = described.getAsJsonObject(name);
            int[] range = GSON.fromJson(one.get("data_offsets"), int[].class);
            tensors.put(name, new Tensor(one.get("dtype").getAsString(), GSON.fromJson(one.get("shape"), int[].class),
                    Arrays.copyOfRange(file, 8 + header + range[0], 8 + header + range[1])));
        }
        Random random = new Random(4);
        byte[] codes = new byte[HIDDEN / 2 * VOCABULARY];
        byte[] zeros = new byte[HIDDEN / GROUP * VOCABULARY / 2];
        random.nextBytes(codes);
        random.nextBytes(zeros);
        ByteBuffer scales = littleEndian(2 * HIDDEN / GROUP * VOCABULARY);
        while (scales.hasRemaining()) {
            scales.putShort(Float.floatToFloat16(0.01f + 0.02f * random.nextFloat()));
        }
        ByteBuffer groups = littleEndian(4 * HIDDEN);
        for (int k = 0; k < HIDDEN; k++) {
            groups.putInt(k * 5 % HIDDEN / GROUP); // 32 of each group, not in order
        }
        tensors.put("lm_head.qweight", new Tensor("I32", new int[] {HIDDEN / 8, VOCABULARY}, codes));
        tensors.put("lm_head.qzeros", new Tensor("I32", new int[] {HIDDEN / GROUP, VOCABULARY / 8}, zeros));
        tensors.put("lm_head.scales", new Tensor("F16", new int[] {HIDDEN / GROUP, VOCABULARY}, scales.array()));
        tensors.put("lm_head.g_idx", new Tensor("I32", new int[] {HIDDEN}, groups.array()));
    }

    @Test
    void givesTheLogitsOfOneFileAndOfFloatsInTheHead() throws IOException {
        Path whole = folder("whole");
        write(tensors, whole.resolve("model.safetensors"));

        // neighbours in the alphabet, so the tensors of one module, lie in different shards
        Path sharded = folder("sharded");
        JsonObject map = new JsonObject();
        String[] files = {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"};
        for (int i = 0; i < files.length; i++) {
            Map<String, Tensor> part = new TreeMap<>();
            int n = 0;
            for (String name : tensors.keySet()) {
                if (n++ % files.length == i) {
                    part.put(name, tensors.get(name));
                    map.addProperty(name, files[i]);
                }
            }
            write(part, sharded.resolve(files[i]));
        }
        JsonObject index = new JsonObject();
        index.add("metadata", new JsonObject());
        index.add("weight_map", map);
        Files.writeString(sharded.resolve("model.safetensors.index.json"), index.toString());

        Path floats = folder("floats");
        Map<String, Tensor> decoded = new TreeMap<>(tensors);
        decoded.keySet().removeIf(name -> name.startsWith("lm_head."));
        ByteBuffer head = littleEndian(4 * VOCABULARY * HIDDEN);
        try (Checkpoint checkpoint = Checkpoints.open(sharded)) {
            WeightMatrix matrix = checkpoint.matrix("lm_head");
            assertEquals("GPTQ", matrix.scheme().substring(0, 4));
            float[] row = new float[HIDDEN];
            for (int r = 0; r < VOCABULARY; r++) {
                matrix.decodeRow(r, row, 0);
                head.asFloatBuffer().put(row);
                head.position(head.position() + 4 * HIDDEN);
            }
        }
        decoded.put("lm_head.weight", new Tensor("F32", new int[] {VOCABULARY, HIDDEN}, head.array()));
        write(decoded, floats.resolve("model.safetensors"));

        float[] expected = logits(whole);
        assertArrayEquals(expected, logits(sharded), 1e-4f); // sums may change their order when the JVM compiles them
        assertArrayEquals(expected, logits(floats), 2e-3f);
        float[] tied = GoldenModels.logits(BASE);
        float largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i] - tied[i]));
        }
        assertTrue(largest > 0.1f, "the embedding is not what the logits are made with: " + largest);
    }

    private Path folder(String name) throws IOException {
        Path folder = Files.createDirectory(root.resolve(name));
        JsonObject config = JsonParser.parseString(Files.readString(GoldenModels.checkpoint(BASE).resolve("config.json")))
                .getAsJsonObject();
        config.addProperty("tie_word_embeddings", false);
        config.getAsJsonObject("quantization_config").addProperty("lm_head", !name.equals("floats"));
        Files.writeString(folder.resolve("config.json"), config.toString());
        return folder;
    }

    private static float[] logits(Path folder) {
        int[] prompt = GoldenModels.reference(BASE).prompt();
        try (CausalLM model = Models.load(Checkpoints.open(folder), ModelOptions.defaults());
                Sequence sequence = model.newSequence()) {
            Batch batch = new Batch();
            batch.add(sequence, prompt, 0, prompt.length, Batch.Logits.ALL);
            model.forward(batch);
            return Arrays.copyOf(batch.logits(), prompt.length * VOCABULARY);
        }
    }

    private static void write(Map<String, Tensor> tensors, Path file) throws IOException {
        JsonObject header = new JsonObject();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        tensors.forEach((name, tensor) -> {
            int begin = data.size();
            data.writeBytes(tensor.data());
            JsonObject description = new JsonObject();
            description.addProperty("dtype", tensor.type());
            description.add("shape", GSON.toJsonTree(tensor.shape()));
            description.add("data_offsets", GSON.toJsonTree(new int[] {begin, data.size()}));
            header.add(name, description);
        });
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(littleEndian(8).putLong(json.length).array());
        all.writeBytes(json);
        all.writeBytes(data.toByteArray());
        Files.write(file, all.toByteArray());
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
