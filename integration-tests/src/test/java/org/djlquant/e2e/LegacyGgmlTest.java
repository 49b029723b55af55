package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.djlquant.engine.QuantModel;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.format.ggml.GgmlConverter;
import org.djlquant.format.ggml.GgmlOptions;
import org.djlquant.format.gguf.GgmlType;
import org.djlquant.format.gguf.GgufCheckpoint;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.djlquant.model.Sequence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A golden GGUF model, written as llama.cpp did before GGUF, is the same model. */
class LegacyGgmlTest {
    private static final String GOLDEN = "gguf-llama-q4_0";
    private static final GgmlOptions OPTIONS = new GgmlOptions(1e-5, 10_000, 256);
    private static final int VOCABULARY = 384;
    private static final Map<String, String> NAMES = Map.of(
            "token_embd", "tok_embeddings", "output_norm", "norm", "attn_q", "attention.wq", "attn_k", "attention.wk",
            "attn_v", "attention.wv", "attn_output", "attention.wo", "attn_norm", "attention_norm",
            "ffn_gate", "feed_forward.w1", "ffn_down", "feed_forward.w2", "ffn_up", "feed_forward.w3");

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"ggml,0,Q4_0_GGJT1", "ggmf,1,Q4_0_GGJT1", "ggjt,1,Q4_0_GGJT1", "ggjt,2,Q4_0_GGJT2", "ggjt,3,Q4_0"})
    void everyContainerIsTheSameModel(String magic, int version, String scheme) throws IOException {
        Path file = Files.write(folder.resolve("model.bin"), legacy(magic, version));
        Path converted = folder.resolve("model.gguf");
        GgmlConverter.convert(file, converted, OPTIONS);
        float[] expected = logits(GoldenModels.open(GOLDEN));
        try (Checkpoint checkpoint = Checkpoints.open(file, OPTIONS)) {
            assertEquals(scheme, checkpoint.matrix("blk.0.attn_q").scheme());
            String container = version == 0 ? magic : magic + " v" + version;
            assertEquals("legacy GGML, " + container + " (bytes 0 to 7)", checkpoint.recognised());
            assertEquals(2, checkpoint.metadata().requireInt("llama.attention.head_count_kv", 1, 4));
            assertEquals(96, checkpoint.metadata().requireInt("llama.feed_forward_length", 1, 1000));
            List<String> tokens = checkpoint.metadata().strings("tokenizer.ggml.tokens").orElseThrow();
            assertEquals(List.of("<unk>", "<s>", "</s>", "<0x00>"), tokens.subList(0, 4));
            assertEquals("<0xFF>", tokens.get(258));
            assertEquals("▁tok300", tokens.get(300));
            float[] scores = checkpoint.metadata().numbers("tokenizer.ggml.scores").orElseThrow();
            assertEquals(magic.equals("ggml") ? -300 : -41, scores[300]);
            long[] types = checkpoint.metadata().integers("tokenizer.ggml.token_type").orElseThrow();
            assertArrayEquals(new long[] {2, 3, 3, 6}, Arrays.copyOf(types, 4));
            assertEquals(1, types[300]);
        }
        assertClose(expected, logits(Checkpoints.open(file, OPTIONS)));
        try (Checkpoint checkpoint = Checkpoints.open(converted)) {
            assertEquals("Q4_0", checkpoint.matrix("blk.0.attn_q").scheme());
        }
        // the scales of this model were float16 before they were widened, so nothing is lost on the way back
        assertClose(expected, logits(Checkpoints.open(converted)));
    }

    @Test
    void hyperParametersThatTheFileLacksAreOptionsOfTheEngine() throws Exception {
        Files.write(folder.resolve("old.bin"), legacy("ggjt", 2));
        int[] prompt = GoldenModels.reference(GOLDEN).prompt();
        try (Model model = Model.newInstance("old", "Quant")) {
            model.load(
                    folder.resolve("old.bin"),
                    null,
                    Map.of("rms_norm_eps", "1e-5", "rope_theta", "10000", "max_model_len", "256"));
            CausalLM lm = ((QuantModel) model).causalLM();
            try (Sequence sequence = lm.newSequence()) {
                Batch batch = new Batch();
                batch.add(sequence, prompt, 0, prompt.length, Batch.Logits.ALL);
                lm.forward(batch);
                float[] logits = Arrays.copyOf(batch.logits(), prompt.length * VOCABULARY);
                assertClose(logits(GoldenModels.open(GOLDEN)), logits);
            }
        }
        try (Model model = Model.newInstance("new", "Quant")) {
            Exception e = assertThrows(Exception.class, () -> model.load(
                    GoldenModels.checkpoint(GOLDEN), null, Map.of("rope_theta", "20000")));
            assertTrue(e.getMessage().contains("are for legacy GGML files"), e.toString());
        }
    }

    @Test
    void truncationDamageAndOtherKindsAreRefused() throws IOException {
        byte[] good = legacy("ggjt", 1);
        Path file = folder.resolve("bad.bin");
        assertRefused(file, "is truncated or corrupt", Arrays.copyOf(good, good.length - 1));
        assertRefused(file, "needs 4 bytes, 0 left", Arrays.copyOf(good, 8));
        assertRefused(file, "n_vocab is 0, expected 1 to", patched(good, 8, 0));
        assertRefused(file, "n_layer is 4294967295", patched(good, 24, -1));
        assertRefused(file, "token 0 has 2147483647 bytes, but only", patched(good, 36, Integer.MAX_VALUE));
        assertRefused(file, "legacy GGML file of version 9; supported: ggml, ggmf 1, ggjt 1 to 3", patched(good, 4, 9));
        int tensor = tensorStart(good);
        assertRefused(file, "a tensor has 3 dimensions", patched(good, tensor, 3));
        assertRefused(file, "the name of a tensor has 0 bytes", patched(good, tensor + 4, 0));
        assertRefused(file, "tensor tok_embeddings.weight has the type number 12", patched(good, tensor + 8, 12));
        assertRefused(file, "a dimension of a tensor is -5", patched(good, tensor + 12, -5));
        assertRefused(file, "has rows of 33 elements", patched(good, tensor + 12, 33));
        assertRefused(file, "needs 2882303717225267220 bytes", patched(patched(good, tensor + 12, 0x7fffffe0), tensor + 16, 0x7fffffff));
        assertRefused(file, "is one of 2 files of a split model", patched(good, 12, 128));
        assertRefused(file, "tensor token_embd.weight: is missing", Arrays.copyOf(good, tensor));
        assertRefused(file, "is a LoRA adapter", "algg".getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void onlyLegacyFilesAreConverted() {
        Path gguf = GoldenModels.checkpoint(GOLDEN);
        ModelFormatException e = assertThrows(ModelFormatException.class,
                () -> GgmlConverter.convert(gguf, folder.resolve("new.gguf"), OPTIONS));
        assertTrue(e.getMessage().endsWith("found the bytes 47475546"), e.getMessage());
        assertTrue(Files.notExists(folder.resolve("new.gguf")));
    }

    @Test
    void damagedFilesNeverFailOtherwise() throws IOException {
        byte[] good = legacy("ggjt", 2);
        Random random = new Random(5);
        Path file = folder.resolve("mutant.bin");
        int header = tensorStart(good) + 64;
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] mutant = good.clone();
            mutant[random.nextInt(header)] = (byte) random.nextInt();
            int word = random.nextInt(header / 4 - 1) * 4;
            if (random.nextBoolean()) {
                mutant = patched(mutant, word, random.nextInt(3) - 1 << random.nextInt(32));
            }
            Files.write(file, mutant);
            try (Checkpoint checkpoint = Checkpoints.open(file)) {
                checkpoint.metadata().strings("tokenizer.ggml.tokens");
                checkpoint.matrix("token_embd").decodeRow(0, new float[checkpoint.matrix("token_embd").cols()], 0);
            } catch (ModelFormatException | UnsupportedModelException e) {
                refused++;
            }
        }
        assertTrue(refused > 50 && refused < 300, refused + " of 300 refused");
    }

    private static void assertRefused(Path file, String message, byte[] content) throws IOException {
        Files.write(file, content);
        RuntimeException e = assertThrows(RuntimeException.class, () -> Checkpoints.open(file).close());
        assertTrue(e instanceof ModelFormatException || e instanceof UnsupportedModelException, e.toString());
        assertTrue(e.getMessage().contains(message) && e.getMessage().contains("bad.bin"), e.getMessage());
    }

    private static byte[] patched(byte[] good, int at, int value) {
        byte[] bytes = good.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        return bytes;
    }

    /** Where the tensors of a ggjt file begin. */
    private static int tensorStart(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int at = 36;
        for (int id = 0; id < VOCABULARY; id++) {
            at += 4 + bytes.getInt(at) + 4;
        }
        return at;
    }

    private static float[] logits(Checkpoint checkpoint) {
        int[] prompt = GoldenModels.reference(GOLDEN).prompt();
        try (CausalLM model = Models.load(checkpoint, ModelOptions.defaults());
                Sequence sequence = model.newSequence()) {
            Batch batch = new Batch();
            batch.add(sequence, prompt, 0, prompt.length, Batch.Logits.ALL);
            model.forward(batch);
            return Arrays.copyOf(batch.logits(), prompt.length * model.vocabularySize());
        }
    }

    private static void assertClose(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 1e-4, "logit " + i);
        }
    }

    /** The golden model in a legacy container. */
    static byte[] legacy(String magic, int version) {
        Out out = new Out();
        out.ints(magic.chars().reduce(0, (word, c) -> word << 8 | c));
        if (version > 0) {
            out.ints(version);
        }
        out.ints(VOCABULARY, 64, 256, 4, 2, 16, 2);
        for (int id = 0; id < VOCABULARY; id++) {
            byte[] text = id < 3 ? new byte[0]
                    : id < 259 ? new byte[] {(byte) (id - 3)}
                    : (" tok" + id).getBytes(StandardCharsets.UTF_8);
            out.ints(text.length);
            out.writeBytes(text);
            if (version > 0) {
                out.ints(Float.floatToIntBits(Math.min(0, 259 - id)));
            }
        }
        try (GgufCheckpoint golden = GgufCheckpoint.open(GoldenModels.checkpoint(GOLDEN))) {
            for (TensorInfo tensor : golden.tensors().values()) {
                byte[] name = legacyName(tensor.name()).getBytes(StandardCharsets.US_ASCII);
                out.ints(tensor.shape().length, name.length, GgmlType.valueOf(tensor.type()).id());
                for (int d = tensor.shape().length - 1; d >= 0; d--) {
                    out.ints((int) tensor.shape()[d]);
                }
                out.writeBytes(name);
                while (magic.equals("ggjt") && out.size() % 32 != 0) {
                    out.write(0);
                }
                out.writeBytes(data(golden, tensor, version));
            }
        }
        return out.toByteArray();
    }

    private static String legacyName(String name) {
        String[] parts = name.split("\\.");
        return parts.length == 2
                ? NAMES.getOrDefault(parts[0], parts[0]) + ".weight"
                : "layers." + parts[1] + "." + NAMES.getOrDefault(parts[2], parts[2]) + ".weight";
    }

    /** The bytes of a tensor; before ggjt 3 with float32 scales, before ggjt 2 with neighbours sharing a byte. */
    private static byte[] data(GgufCheckpoint golden, TensorInfo tensor, int version) {
        byte[] today = golden.bytes(tensor.name()).toArray(ValueLayout.JAVA_BYTE);
        if (!tensor.type().equals("Q4_0") || version == 3) {
            return today;
        }
        Out out = new Out();
        ByteBuffer blocks = ByteBuffer.wrap(today).order(ByteOrder.LITTLE_ENDIAN);
        byte[] qs = new byte[16];
        while (blocks.hasRemaining()) {
            out.ints(Float.floatToIntBits(Float.float16ToFloat(blocks.getShort())));
            blocks.get(qs);
            out.writeBytes(version == 2 ? qs : neighbours(qs));
        }
        return out.toByteArray();
    }

    private static byte[] neighbours(byte[] qs) {
        byte[] pairs = new byte[16];
        for (int k = 0; k < 32; k++) {
            int code = qs[k % 16] >> 4 * (k / 16) & 15;
            pairs[k / 2] |= (byte) (code << 4 * (k % 2));
        }
        return pairs;
    }

    /** Little-endian words. */
    private static final class Out extends ByteArrayOutputStream {
        void ints(int... values) {
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asIntBuffer().put(values);
            writeBytes(bytes.array());
        }
    }
}
