package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.Metadata;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.gguf.GgmlType;
import org.djlquant.format.gguf.GgufCheckpoint;
import org.djlquant.format.gguf.GgufValue;
import org.djlquant.format.gguf.GgufWriter;
import org.djlquant.format.safetensors.SafetensorsType;
import org.djlquant.format.safetensors.SafetensorsWriter;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Files by gguf-py and the safetensors library read as those read them, and are written back alike. */
class ContainerGoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/containers");
    private static final Path TYPES = GOLDEN.resolve("types.gguf");
    private static final Path SHARDED = GOLDEN.resolve("sharded");

    @TempDir
    Path folder;

    private static JsonObject expected() throws IOException {
        return JsonParser.parseString(Files.readString(GOLDEN.resolve("expected.json")))
                .getAsJsonObject();
    }

    @Test
    void tensorsOfGguf() throws Exception {
        JsonObject expected = expected().getAsJsonObject("types.gguf").getAsJsonObject("tensors");
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(TYPES)) {
            assertEquals(new ArrayList<>(expected.keySet()), new ArrayList<>(checkpoint.tensors().keySet()));
            for (TensorInfo tensor : checkpoint.tensors().values()) {
                JsonArray golden = expected.getAsJsonArray(tensor.name());
                assertEquals(golden.get(0).getAsString(), tensor.type(), tensor.name());
                assertArrayEquals(longs(golden.get(1)), tensor.shape(), tensor.name());
                assertEquals(golden.get(2).getAsString(), sha256(checkpoint.bytes(tensor.name())), tensor.name());
                assertEquals(0, tensor.offset() % 64, tensor.name());
            }
        }
    }

    @Test
    void keysOfGguf() throws Exception {
        JsonObject expected = expected().getAsJsonObject("types.gguf").getAsJsonObject("keys");
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(TYPES)) {
            Metadata metadata = checkpoint.metadata();
            for (String key : expected.keySet()) {
                JsonArray golden = expected.getAsJsonArray(key);
                assertEquals(golden.get(0).getAsJsonArray().get(0).getAsString(),
                        checkpoint.values().get(key).type().name(), key);
                checkValue(metadata, key, golden.get(0).getAsJsonArray(), golden.get(1));
            }
            assertEquals(expected.size() + 1, metadata.keys().size(), "and the nested array");
            assertEquals("[[…], […]]", metadata.display("test.nested"));
        }
    }

    private static void checkValue(Metadata metadata, String key, JsonArray types, JsonElement golden) {
        switch (types.get(types.size() - 1).getAsString()) {
            case "STRING" -> {
                if (types.size() == 1) {
                    assertEquals(golden.getAsString(), metadata.string(key).orElseThrow());
                } else {
                    assertEquals(
                            golden.getAsJsonArray().asList().stream().map(JsonElement::getAsString).toList(),
                            metadata.strings(key).orElseThrow());
                }
            }
            case "BOOL" -> assertEquals(golden.getAsBoolean(), metadata.bool(key).orElseThrow());
            case "UINT64" -> {
                // beyond a long: a number for display, refused as an integer
                assertEquals(golden.getAsString(), metadata.display(key));
                assertEquals(0x1p64, metadata.number(key).orElseThrow());
                assertThrows(RuntimeException.class, () -> metadata.integer(key));
            }
            case "FLOAT32", "FLOAT64" -> {
                if (types.size() == 1) {
                    assertEquals(golden.getAsDouble(), metadata.number(key).orElseThrow(), key);
                } else {
                    assertArrayEquals(new float[] {0.5f, -1.25f}, metadata.numbers(key).orElseThrow());
                }
            }
            default -> {
                if (types.size() == 1) {
                    assertEquals(golden.getAsLong(), metadata.integer(key).orElseThrow(), key);
                } else {
                    assertArrayEquals(longs(golden), metadata.integers(key).orElseThrow(), key);
                    assertEquals(golden.getAsJsonArray().size(), metadata.numbers(key).orElseThrow().length);
                }
            }
        }
    }

    @Test
    void ggufIsWrittenByteForByteAsByTheReferenceLibrary() throws Exception {
        Path copy = folder.resolve("copy.gguf");
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(TYPES)) {
            GgufWriter writer = new GgufWriter().putAll(checkpoint.values());
            checkpoint.tensors().values().forEach(t ->
                    writer.tensor(t.name(), GgmlType.valueOf(t.type()), t.shape(), () -> checkpoint.bytes(t.name())));
            writer.write(copy);
        }
        assertEquals(-1, Files.mismatch(TYPES, copy));
    }

    @Test
    void valuesMadeHereReadBack() {
        Path file = folder.resolve("made.gguf");
        BlockScheme q4 = Schemes.block("Q4_0");
        byte[] packed = new byte[2 * 18];
        packed[1] = 0x3c;
        packed[2] = 0x7f;
        BlockMatrix matrix = new BlockMatrix(q4, MemorySegment.ofArray(packed), 2, 32);
        new GgufWriter()
                .put("s", GgufValue.of("é"))
                .put("u", GgufValue.uint32(0xffffffffL))
                .put("i", GgufValue.int32(-5))
                .put("w", GgufValue.uint16(65535))
                .put("l", GgufValue.uint64(1L << 40))
                .put("f", GgufValue.of(0.1f))
                .put("b", GgufValue.of(false))
                .put("strings", GgufValue.of(List.of("a", "")))
                .put("ints", GgufValue.of(new int[] {1, -1}))
                .put("floats", GgufValue.of(new float[] {1.5f}))
                .matrix("m.weight", matrix)
                .vector("v", new float[] {1, 2, 3})
                .write(file);
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            Metadata metadata = checkpoint.metadata();
            assertEquals("é", metadata.string("s").orElseThrow());
            assertEquals(0xffffffffL, metadata.integer("u").orElseThrow());
            assertEquals(-5, metadata.requireInt("i", -5, -5));
            assertEquals(65535, metadata.integer("w").orElseThrow());
            assertEquals(1L << 40, metadata.integer("l").orElseThrow());
            assertEquals(0.1f, metadata.number("f").orElseThrow().floatValue());
            assertEquals(false, metadata.bool("b").orElseThrow());
            assertEquals(List.of("a", ""), metadata.strings("strings").orElseThrow());
            assertArrayEquals(new long[] {1, -1}, metadata.integers("ints").orElseThrow());
            assertArrayEquals(new float[] {1.5f}, metadata.numbers("floats").orElseThrow());
            assertArrayEquals(new float[] {1, 2, 3}, checkpoint.vector("v", 3));
            WeightMatrix read = checkpoint.matrix("m");
            assertEquals("Q4_0 2x32", read.scheme() + " " + read.rows() + "x" + read.cols());
            float[] row = new float[32];
            read.decodeRow(0, row, 0);
            assertEquals(7, row[0]);
            assertEquals(-1, row[16]);
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("model.gguf");
        Files.writeString(file, "old");
        GgufWriter writer = new GgufWriter()
                .tensor("t", GgmlType.F32, new long[] {4}, () -> MemorySegment.ofArray(new byte[3]));
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> writer.write(file));
        assertEquals("tensor t takes 16 bytes, but 3 were supplied", e.getMessage());
        assertEquals("old", Files.readString(file));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(file), left.toList());
        }
        Path nowhere = folder.resolve("none/model.gguf");
        UncheckedIOException io = assertThrows(UncheckedIOException.class, () -> new GgufWriter().write(nowhere));
        assertTrue(io.getMessage().contains(nowhere + ": cannot be written"), io.getMessage());
    }

    @Test
    void theWriterRefusesWhatTheReaderWould() {
        GgufWriter writer = new GgufWriter().vector("t", new float[1]);
        for (Executable bad : List.<Executable>of(
                () -> writer.vector("t", new float[1]),
                () -> writer.vector("x".repeat(64), new float[1]),
                () -> writer.vector("none", new float[0]),
                () -> writer.tensor("five", GgmlType.F32, new long[] {1, 1, 1, 1, 1}, () -> null),
                () -> writer.tensor("part", GgmlType.Q4_0, new long[] {33}, () -> null),
                () -> writer.tensor("gone", GgmlType.Q4_2, new long[] {32}, () -> null),
                () -> writer.put("", GgufValue.of(true)),
                () -> GgufValue.uint32(-1))) {
            assertThrows(IllegalArgumentException.class, bad);
        }
        writer.put("general.alignment", GgufValue.uint32(48));
        assertThrows(IllegalArgumentException.class, () -> writer.write(folder.resolve("x.gguf")));
    }

    @Test
    void shardedHuggingFaceFolder() throws Exception {
        JsonObject expected = expected().getAsJsonObject("sharded");
        Map<String, String> types = Map.of("float32", "F32", "float16", "F16", "int64", "I64");
        try (Checkpoint checkpoint = Checkpoints.open(SHARDED)) {
            int seen = 0;
            for (String shard : expected.keySet()) {
                JsonObject tensors = expected.getAsJsonObject(shard);
                for (String name : tensors.keySet()) {
                    JsonArray golden = tensors.getAsJsonArray(name);
                    TensorInfo tensor = checkpoint.tensors().get(name);
                    assertEquals(types.get(golden.get(0).getAsString()), tensor.type(), name);
                    assertArrayEquals(longs(golden.get(1)), tensor.shape(), name);
                    assertEquals(shard, tensor.file().getFileName().toString());
                    byte[] file = Files.readAllBytes(tensor.file());
                    MemorySegment bytes = MemorySegment.ofArray(file).asSlice(tensor.offset(), tensor.byteSize());
                    assertEquals(golden.get(2).getAsString(), sha256(bytes), name);
                    seen++;
                }
            }
            assertEquals(seen, checkpoint.tensors().size());
            Metadata config = checkpoint.metadata();
            assertEquals(List.of("MistralForCausalLM"), config.strings("architectures").orElseThrow());
            assertEquals(2.0, config.number("rope_scaling.factor").orElseThrow());
            assertArrayEquals(new long[] {2, 32000}, config.integers("eos_token_id").orElseThrow());
            assertEquals(1e-5, config.number("rms_norm_eps").orElseThrow());
            assertEquals(10000, config.integer("rope_theta").orElseThrow());
            assertFalse(config.has("sliding_window"));
            assertTrue(checkpoint.hasMatrix("lm_head"));
            assertEquals(8, checkpoint.vector("model.norm.weight", 8).length);
            float[] row = new float[8];
            checkpoint.matrix("lm_head").decodeRow(4, row, 0);
            TensorInfo head = checkpoint.tensors().get("lm_head.weight");
            short last = MemorySegment.ofArray(Files.readAllBytes(head.file()))
                    .get(ValueLayout.JAVA_SHORT_UNALIGNED, head.offset() + head.byteSize() - 2);
            assertEquals(Float.float16ToFloat(last), row[7]);
        }
    }

    @Test
    void safetensorsWrittenHereReadBack() throws Exception {
        Path file = folder.resolve("model.safetensors");
        try (Checkpoint checkpoint = Checkpoints.open(SHARDED)) {
            SafetensorsWriter writer = new SafetensorsWriter();
            for (TensorInfo t : checkpoint.tensors().values()) {
                byte[] bytes = Files.readAllBytes(t.file());
                writer.tensor(t.name(), SafetensorsType.valueOf(t.type()), t.shape(),
                        () -> MemorySegment.ofArray(bytes).asSlice(t.offset(), t.byteSize()));
            }
            writer.write(file);
            try (Checkpoint copy = Checkpoints.open(file)) {
                assertEquals(checkpoint.tensors().keySet(), copy.tensors().keySet());
                assertArrayEquals(
                        checkpoint.vector("model.norm.weight", 8), copy.vector("model.norm.weight", 8));
                assertEquals(0, copy.tensors().get("model.embed_tokens.weight").offset() % 8);
            }
        }
    }

    @Test
    void sizesOfTypesAgreeWithTheirDecoders() {
        List<String> checked = new ArrayList<>();
        for (GgmlType type : GgmlType.values()) {
            BlockScheme scheme = Schemes.block(type.name());
            if (scheme != null) {
                assertEquals(scheme.blockLength(), type.blockLength(), type.name());
                assertEquals(scheme.blockBytes(), type.blockBytes(), type.name());
                checked.add(type.name());
            }
            assertEquals(type, GgmlType.of(type.id()));
        }
        assertTrue(checked.containsAll(List.of("F32", "F16", "BF16", "Q4_0", "Q8_0", "Q6_K")), checked.toString());
    }

    private static long[] longs(JsonElement array) {
        return array.getAsJsonArray().asList().stream().mapToLong(JsonElement::getAsLong).toArray();
    }

    private static String sha256(MemorySegment bytes) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.toArray(ValueLayout.JAVA_BYTE));
        return HexFormat.of().formatHex(hash);
    }
}
