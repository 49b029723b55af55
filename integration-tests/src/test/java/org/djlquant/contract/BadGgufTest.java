package org.djlquant.contract;

import static org.djlquant.contract.BadInput.refused;
import static org.djlquant.contract.BadInput.unsupported;
import static org.djlquant.contract.Bytes.gguf;
import static org.djlquant.contract.Bytes.ggufOfTwo;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.gguf.GgufCheckpoint;
import org.djlquant.format.gguf.GgufValue;
import org.djlquant.format.gguf.GgufWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which a GGUF file can lie has its own error. */
class BadGgufTest {
    private static final int UINT32 = 4;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    @TempDir
    Path folder;

    private void refusedGguf(String message, Bytes bytes) throws IOException {
        Path file = bytes.writeTo(folder.resolve("bad.gguf"));
        refused(file, message, () -> open(file));
    }

    private static void open(Path file) {
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            checkpoint.metadata();
        }
    }

    @Test
    void theValidFileThatTheOthersVaryOpens() throws IOException {
        Path file = ggufOfTwo("a", 0, "b", 64).writeTo(folder.resolve("good.gguf"));
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertEquals(2, checkpoint.tensors().size());
        }
    }

    @Test
    void missingAndEmptyFiles() throws IOException {
        refused(folder.resolve("none.gguf"), "does not exist", () -> open(folder.resolve("none.gguf")));
        refusedGguf("is empty", new Bytes());
        refused(folder, "holds neither config.json nor a .gguf file", () -> {
            Files.delete(folder.resolve("bad.gguf"));
            open(folder);
        });
    }

    @Test
    void otherThingsNamedLikeAModel() throws IOException {
        refusedGguf("is an HTML page, the download went wrong", new Bytes().ascii("\n<!DOCTYPE html><html>"));
        refusedGguf("is a Git LFS pointer", new Bytes().ascii("version https://git-lfs.github.com/spec/v1\n"));
        refusedGguf("is a JSON text", new Bytes().ascii("{\"error\":\"Repository not found\"}"));
        refusedGguf("not a model file: begins with the bytes 00 00 00 00", new Bytes().zeros(100));
        refusedGguf("not a model file: begins with the bytes 47 47, expected GGUF", new Bytes().ascii("GG"));
        Path zip = new Bytes().ascii("PK\u0003\u0004").zeros(50).writeTo(folder.resolve("model.bin"));
        unsupported(zip, "ZIP or pickle", () -> open(zip));
        Path pickle = new Bytes().raw((byte) 0x80, (byte) 2).zeros(50).writeTo(folder.resolve("model.bin"));
        unsupported(pickle, "ZIP or pickle", () -> open(pickle));
    }

    @Test
    void versions() throws IOException {
        refusedGguf("GGUF version 1, which was replaced", gguf(1, 0, 0));
        refusedGguf("GGUF version 4, newer than this library", gguf(4, 0, 0));
        refusedGguf("big-endian GGUF file (version 3", gguf(3 << 24, 0, 0));
        refusedGguf("GGUF version is 0, expected 2 or 3", gguf(0, 0, 0));
        refusedGguf("GGUF version is 4294967295", gguf(-1, 0, 0));
    }

    @Test
    void truncatedAnywhere() throws IOException {
        byte[] whole = gguf(3, 1, 1)
                .key("a.string", STRING)
                .text("value")
                .tensor("t", 0, 0, 8, 2)
                .pad(32)
                .zeros(64)
                .array();
        Path file = folder.resolve("cut.gguf");
        for (int length = 4; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            refused(file, "truncated", () -> open(file));
        }
    }

    @Test
    void lyingCountsAndLengths() throws IOException {
        refusedGguf("tensor count is 9223372036854775807, but only", gguf(3, Long.MAX_VALUE, 0).zeros(100));
        refusedGguf("key count is 18446744073709551615, but only", gguf(3, 0, -1).zeros(100));
        refusedGguf("tensor count is 1000000", gguf(3, 1_000_000, 0).zeros(1000));
        refusedGguf("length of metadata key is 1099511627776", gguf(3, 0, 1).u64(1L << 40).zeros(100));
        refusedGguf("string length is 4294967296", gguf(3, 0, 1).key("k", STRING).u64(1L << 32).zeros(100));
        refusedGguf(
                "array length is 4611686018427387904",
                gguf(3, 0, 1).key("k", ARRAY).u32(UINT32).u64(1L << 62).zeros(100));
        refusedGguf(
                "array length is 100", gguf(3, 0, 1).key("k", ARRAY).u32(STRING).u64(100).zeros(100));
        refusedGguf("length of the name of tensor 0 is 18446744073709551615",
                gguf(3, 1, 0).u64(-1).zeros(100));
    }

    @Test
    void keys() throws IOException {
        refusedGguf("empty metadata key", gguf(3, 0, 1).key("", UINT32).u32(1));
        refusedGguf("metadata key k has the type 13", gguf(3, 0, 1).key("k", 13).u64(1));
        refusedGguf("metadata key k has the type 4294967295", gguf(3, 0, 1).key("k", -1).u64(1));
        refusedGguf("metadata key k has the type 99", gguf(3, 0, 1).key("k", ARRAY).u32(99).u64(1).zeros(50));
        refusedGguf(
                "metadata key twice is stored twice",
                gguf(3, 0, 2).key("twice", UINT32).u32(1).key("twice", UINT32).u32(2));
        refusedGguf("a boolean stored as 7", gguf(3, 0, 1).key("k", 7).raw((byte) 7));
        refusedGguf("metadata key is not valid UTF-8", gguf(3, 0, 1).u64(2).raw((byte) 0xc3, (byte) 0x28).zeros(20));
        refusedGguf(
                "value of k is not valid UTF-8 (byte 0xff at position 1",
                gguf(3, 0, 1).key("k", STRING).u64(2).raw((byte) 'a', (byte) 0xff));
        Bytes deep = gguf(3, 0, 1).key("k", ARRAY);
        for (int i = 0; i < 50_000; i++) {
            deep.u32(ARRAY).u64(1);
        }
        refusedGguf("nests arrays deeper than 8", deep);
    }

    @Test
    void invalidTextInAnArrayIsFoundWhenItIsRead() throws IOException {
        Path file = gguf(3, 0, 1)
                .key("tokens", ARRAY).u32(STRING).u64(2).text("a").u64(1).raw((byte) 0xff)
                .writeTo(folder.resolve("tokens.gguf"));
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            refused(file, "byte 71: an item of tokens is not valid UTF-8", () -> checkpoint.metadata().strings("tokens"));
        }
    }

    @Test
    void alignment() throws IOException {
        String key = "general.alignment";
        refusedGguf("general.alignment: is 0, expected a power of two", gguf(3, 0, 1).key(key, UINT32).u32(0));
        refusedGguf("general.alignment: is 24", gguf(3, 0, 1).key(key, UINT32).u32(24));
        refusedGguf("general.alignment: has the type STRING", gguf(3, 0, 1).key(key, STRING).text("32"));
        refusedGguf(
                "needs the bytes 2147483648 to 2147483680, but the file ends at 190",
                gguf(3, 1, 1).key(key, UINT32).u32(1 << 31).tensor("t", 0, 0, 8).zeros(100));
    }

    @Test
    void tensorDescriptions() throws IOException {
        refusedGguf("the name of tensor 0 has 64 bytes", gguf(3, 1, 0).tensor("x".repeat(64), 0, 0, 1).zeros(64));
        refusedGguf("name of tensor 0 is not valid UTF-8", gguf(3, 1, 0).u64(1).raw((byte) 0x80).zeros(64));
        refusedGguf("tensor t has 5 dimensions", gguf(3, 1, 0).tensor("t", 0, 0, 1, 1, 1, 1, 1).zeros(64));
        refusedGguf("tensor t has 4294967295 dimensions", gguf(3, 1, 0).text("t").u32(-1).zeros(64));
        refusedGguf("tensor t: dimension 1 is 0", gguf(3, 1, 0).tensor("t", 0, 0, 4, 0).zeros(64));
        refusedGguf("tensor t: dimension 0 is 18446744073709551615", gguf(3, 1, 0).tensor("t", 0, 0, -1).zeros(64));
        refusedGguf(
                "overflows 64 bits", gguf(3, 1, 0).tensor("t", 0, 0, 1L << 32, 1L << 31).zeros(64));
        refusedGguf("overflow 64 bits", gguf(3, 1, 0).tensor("t", 0, 0, 1L << 31, 1L << 31).zeros(64));
        refusedGguf(
                "rows of 33 elements, which Q4_0 can only store in multiples of 32",
                gguf(3, 1, 0).tensor("t", 2, 0, 33, 2).zeros(200));
        refusedGguf("tensor twice: is described twice", ggufOfTwo("twice", 0, "twice", 64));
    }

    @ParameterizedTest
    @ValueSource(ints = {43, 1000, -1, Integer.MIN_VALUE})
    void unknownTypes(int type) throws IOException {
        Path file = gguf(3, 1, 0).tensor("t", type, 0, 32).zeros(100).writeTo(folder.resolve("type.gguf"));
        unsupported(file, "tensor t has the unknown type number " + Integer.toUnsignedString(type), () -> open(file));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 31, 33, 36, 38})
    void removedTypes(int type) throws IOException {
        Path file = gguf(3, 1, 0).tensor("t", type, 0, 32).zeros(100).writeTo(folder.resolve("type.gguf"));
        unsupported(file, "was removed from GGUF", () -> open(file));
    }

    @Test
    void placesOfTensors() throws IOException {
        refusedGguf("tensor b: has the data offset 32, which overlaps", ggufOfTwo("a", 0, "b", 32));
        refusedGguf("tensor b: has the data offset 0, which overlaps", ggufOfTwo("a", 0, "b", 0));
        refusedGguf("tensor b: has the data offset 96, which leaves a gap", ggufOfTwo("a", 0, "b", 96));
        refusedGguf("tensor b: has the data offset 63, which is not a multiple of the alignment 32",
                ggufOfTwo("a", 0, "b", 63));
        refusedGguf("tensor a: has the data offset 18446744073709551584, outside the 128 bytes",
                ggufOfTwo("a", -32, "b", 64));
        refusedGguf("tensor b: has the data offset 9223372036854775744, outside",
                ggufOfTwo("a", 0, "b", Long.MAX_VALUE - 63));
        refusedGguf("tensor t: needs the bytes 64 to 4294967360, but the file ends at 96",
                gguf(3, 1, 0).tensor("t", 0, 0, 1L << 30).pad(32).zeros(32));
    }

    @Test
    void missingTensorsAndWrongShapes() throws IOException {
        Path file = gguf(3, 2, 0)
                .tensor("cube.weight", 0, 0, 8, 2, 2)
                .tensor("norm.weight", 0, 128, 8)
                .pad(32)
                .zeros(160)
                .writeTo(folder.resolve("shapes.gguf"));
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            refused(file, "tensor blk.0.attn_q.weight: is missing", () -> checkpoint.matrix("blk.0.attn_q"));
            refused(file, "has the shape [2, 2, 8], expected a matrix", () -> checkpoint.matrix("cube"));
            refused(file, "has the shape [8], expected a matrix", () -> checkpoint.matrix("norm"));
            refused(file, "has the shape [8], expected [7]", () -> checkpoint.vector("norm.weight", 7));
            refused(file, "tensor x: is missing", () -> checkpoint.vector("x", 7));
        }
    }

    @Test
    void typesWithoutDecoderOpenButAreRefusedWhenUsed() throws IOException {
        Path file = gguf(3, 1, 0).tensor("t.weight", 27, 0, 4, 2).pad(32).zeros(64)
                .writeTo(folder.resolve("ints.gguf"));
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertEquals("I64", checkpoint.tensors().get("t.weight").type());
            unsupported(file, "tensor t.weight: is stored as I64, which has no decoder", () -> checkpoint.matrix("t"));
        }
    }

    @Test
    void splitModels() throws IOException {
        Path first = shard(0, 2, 2, "a", folder.resolve("m-00001-of-00002.gguf"));
        refused(folder.resolve("m-00002-of-00002.gguf"), "is missing; all 2 parts", () -> open(first));
        Path second = shard(1, 2, 2, "b", folder.resolve("m-00002-of-00002.gguf"));
        for (Path part : new Path[] {first, second, folder}) {
            try (Checkpoint checkpoint = Checkpoints.open(part)) {
                assertEquals("[a.weight, b.weight]", checkpoint.tensors().keySet().toString());
                assertEquals("GGUF version 3 (bytes 0 to 7) in 2 files (split.count)", checkpoint.recognised());
                assertEquals(
                        "llama",
                        checkpoint.metadata().string("general.architecture").orElseThrow());
            }
        }
        shard(1, 2, 2, "a", second);
        refused(second, "tensor a.weight: is stored twice", () -> open(first));
        shard(0, 2, 2, "b", second);
        refused(second, "key split.no: expected 1, found 0", () -> open(first));
        shard(1, 3, 2, "b", second);
        refused(second, "key split.count: expected 2, found 3", () -> open(first));
        shard(1, 2, 2, "b", second);
        shard(0, 2, 7, "a", first);
        refused(first, "key split.tensors.count: expected 2, found 7", () -> open(first));
        Path renamed = shard(0, 2, 2, "a", folder.resolve("renamed.gguf"));
        refused(renamed, "must be named …-00001-of-00002.gguf", () -> open(renamed));
        Files.delete(renamed);
        Files.write(second, new byte[0]);
        shard(0, 2, 2, "a", first);
        refused(second, "is empty", () -> open(first));
    }

    private static Path shard(int no, int count, int tensors, String module, Path file) {
        GgufWriter writer = new GgufWriter();
        if (no == 0) {
            writer.put("general.architecture", GgufValue.of("llama"));
        }
        writer.put("split.no", GgufValue.uint16(no))
                .put("split.count", GgufValue.uint16(count))
                .put("split.tensors.count", GgufValue.int32(tensors))
                .vector(module + ".weight", new float[8])
                .write(file);
        return file;
    }

    @Test
    void saysWhatItRecognisedAndByWhichField() {
        Path file = folder.resolve("typed.gguf");
        new GgufWriter().put("general.file_type", GgufValue.uint32(15)).write(file);
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertEquals("GGUF version 3 (bytes 0 to 7), mostly Q4_K_M (general.file_type 15)", checkpoint.recognised());
        }
    }

    @Test
    void severalModelsInAFolder() {
        for (String name : new String[] {"a.gguf", "b.gguf"}) {
            new GgufWriter().vector("t", new float[1]).write(folder.resolve(name));
        }
        refused(folder, "holds 2 GGUF models; give the path of one: a.gguf, b.gguf", () -> open(folder));
    }

    @Test
    void aConfigBesideAGgufFileDoesNotMakeItAHuggingFaceFolder() throws IOException {
        Path file = folder.resolve("a.gguf");
        new GgufWriter().vector("t", new float[1]).write(file);
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"mistral\"}");
        try (Checkpoint checkpoint = Checkpoints.open(folder)) {
            assertEquals(file, checkpoint.path());
        }
        refused(Path.of("/dev/null"), "is neither a regular file nor a folder", () -> open(Path.of("/dev/null")));
    }

    @Test
    void useAfterClose() throws IOException {
        Path file = ggufOfTwo("a.weight", 0, "b.weight", 64).writeTo(folder.resolve("closed.gguf"));
        Checkpoint checkpoint = GgufCheckpoint.open(file);
        checkpoint.close();
        IllegalStateException e = assertThrows(
                IllegalStateException.class, () -> checkpoint.matrix("a"));
        assertTrue(e.getMessage().contains("is closed"), e.getMessage());
        assertDoesNotThrow(checkpoint::close);
    }
}
