package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.djlquant.engine.QuantModel;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.gguf.GgmlType;
import org.djlquant.format.gguf.GgufCheckpoint;
import org.djlquant.format.gguf.GgufValue;
import org.djlquant.format.gguf.GgufWriter;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.djlquant.model.Sequence;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.LoadReport;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Packed weights kept in a folder: the same numbers, from whole files only. */
class PackedCacheTest {
    private static final String NAME = "gguf-llama-q8_0-linear";

    /**
     * Packed matrices on vectors and everything else in plain loops: a sum over the lanes of a vector is added in
     * another order once its code is compiled, and these tests compare bits.
     */
    private static final Kernels KERNELS = kernels("");

    /** What a load gave. */
    private record Loaded(float[] logits, LoadReport report) {
        boolean mapped() {
            return report.packedCache().startsWith("mapped");
        }

        boolean written() {
            return report.packedCache().startsWith("wrote");
        }

        List<String> warnings() {
            return report.remarks().stream().filter(each -> each.startsWith("packed cache")).toList();
        }
    }

    @TempDir
    private Path temp;

    private static Loaded load(Path model, ModelOptions options) {
        try (CausalLM lm = Models.load(Checkpoints.open(model), options);
                Sequence sequence = lm.newSequence()) {
            Batch batch = new Batch();
            batch.add(sequence, new int[] {3, 1, 4, 1, 5}, 0, 5, Batch.Logits.ALL);
            lm.forward(batch);
            return new Loaded(Arrays.copyOf(batch.logits(), batch.logitsRows() * lm.vocabularySize()), lm.report());
        }
    }

    private Loaded load(Path model) {
        return load(model, ModelOptions.of(KERNELS, Workers.shared()).withPackedCache(cache()));
    }

    private Loaded load() {
        return load(GoldenModels.checkpoint(NAME));
    }

    private static float[] expected() {
        return load(GoldenModels.checkpoint(NAME), ModelOptions.of(KERNELS, Workers.shared())).logits;
    }

    private Path cache() {
        return temp.resolve("cache");
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(cache())) {
            return all.filter(each -> !each.toString().endsWith(".sha256")).sorted().toList();
        }
    }

    /** @param suffix what the names of their packed layouts end with */
    private static Kernels kernels(String suffix) {
        Kernels packing = KernelsProvider.get().kernels();
        Kernels plain = new ScalarKernels();
        return (Kernels) Proxy.newProxyInstance(Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (p, method, args) -> {
            boolean packs = args != null && args[0] instanceof WeightMatrix weight && isPacked(packing.layout(weight));
            try {
                Object result = method.invoke(packs ? packing : plain, args);
                return packs && method.getName().equals("layout") ? result + suffix : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    /** Whether a layout is one of integer codes. */
    private static boolean isPacked(String layout) {
        return layout.contains("/g");
    }

    static List<String> models() {
        return GoldenModels.names();
    }

    @Tag("vector")
    @ParameterizedTest
    @MethodSource("models")
    void secondLoadPacksNothingAndSaysTheSame(String name) throws IOException {
        Path model = GoldenModels.checkpoint(name);
        Loaded without = load(model, ModelOptions.of(KERNELS, Workers.shared()));
        assertEquals("", without.report.packedCache());
        Loaded first = load(model);
        Loaded second = load(model);
        assertArrayEquals(without.logits, first.logits);
        assertArrayEquals(without.logits, second.logits);
        assertEquals(without.report.layouts(), second.report.layouts());
        assertEquals(without.report.weightBytes(), second.report.weightBytes());
        assertEquals(without.report.remarks(), second.report.remarks());
        boolean packs = without.report.layouts().keySet().stream().anyMatch(PackedCacheTest::isPacked);
        assertEquals(packs, first.written(), first.report.toString());
        assertEquals(packs, second.mapped(), second.report.toString());
        assertEquals(packs ? 1 : 0, files().size());
    }

    @Test
    void nothingIsWrittenUnlessAskedForOrThereIsNothingToKeep() throws IOException {
        Path model = Files.copy(GoldenModels.checkpoint(NAME), temp.resolve("model.gguf"));
        load(model, ModelOptions.of(KERNELS, Workers.shared()));
        try (Stream<Path> all = Files.list(temp)) {
            assertEquals(List.of(model), all.toList());
        }
        Loaded plain = load(model, ModelOptions.of(new ScalarKernels(), Workers.shared()).withPackedCache(cache()));
        assertEquals("", plain.report.packedCache());
        assertEquals(List.of(), plain.report.remarks());
        assertEquals(List.of(), files());
    }

    @Tag("vector")
    @Test
    void anyDamageIsSeenAndMended() throws IOException {
        float[] expected = expected();
        load();
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        long data = data(file);
        assertTrue(data > 500 && data < whole.length);
        // the fields at the start, samples of the rest of the header, and some bytes of weights
        for (int at = 0; at < whole.length; at += at < 64 ? 1 : at < data ? 23 : whole.length / 17) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x11;
            Files.write(file, damaged);
            Loaded loaded = load();
            assertArrayEquals(expected, loaded.logits, "byte " + at);
            if (loaded.mapped()) {
                assertTrue(at < data && loaded.warnings().isEmpty(), "byte " + at + " of the weights");
                Files.write(file, whole); // a byte that means nothing, such as of the path that is noted down
            } else {
                assertEquals(1, loaded.warnings().size(), "byte " + at);
                assertTrue(loaded.warnings().getFirst().contains(file.toString()), loaded.warnings().toString());
                assertArrayEquals(whole, Files.readAllBytes(file), "byte " + at);
            }
        }
        assertEquals(List.of(file), files());
    }

    /** Where the weights begin. */
    private static long data(Path file) {
        try (GgufCheckpoint entry = GgufCheckpoint.open(file)) {
            return entry.tensors().values().iterator().next().offset();
        }
    }

    @Tag("vector")
    @Test
    void truncatedAndForeignFilesAreReplaced() throws IOException {
        float[] expected = expected();
        load();
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        byte[] foreign = Files.readAllBytes(GoldenModels.checkpoint(NAME));
        int data = (int) data(file);
        for (byte[] wrong : List.of(
                new byte[0], Arrays.copyOf(whole, 1), Arrays.copyOf(whole, data / 2), Arrays.copyOf(whole, data),
                Arrays.copyOf(whole, whole.length / 2), Arrays.copyOf(whole, whole.length - 64), foreign, new byte[4096])) {
            Files.write(file, wrong);
            Loaded loaded = load();
            assertTrue(loaded.written(), loaded.report.toString());
            assertEquals(1, loaded.warnings().size());
            assertArrayEquals(expected, loaded.logits);
            assertArrayEquals(whole, Files.readAllBytes(file));
        }
    }

    /** Whatever stands in a file with right checksums, nothing outside of it is read. */
    @Tag("vector")
    @Test
    void forgedFilesAreRefused() throws IOException {
        float[] expected = expected();
        load();
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        Map<String, GgufValue> values;
        int count;
        try (GgufCheckpoint entry = GgufCheckpoint.open(file)) {
            values = entry.values();
            count = entry.metadata().strings("packed.matrices").orElseThrow().size();
            int[] sums = new int[count];
            MemorySegment tiny = MemorySegment.ofArray(new byte[64]);
            CRC32C sum = new CRC32C();
            sum.update(new byte[64]);
            Arrays.fill(sums, (int) sum.getValue());
            for (String name : List.of("0", "-1", "x", Integer.toString(count), "99999999999")) {
                GgufWriter forged = new GgufWriter().putAll(values).put("packed.crc32c", GgufValue.of(sums));
                forged.tensor(name, GgmlType.I8, new long[] {64}, () -> tiny).write(temp.resolve("forged"));
                refuse(file, Files.readAllBytes(temp.resolve("forged")), expected, whole);
            }
            for (Map.Entry<String, GgufValue> wrong : Map.of(
                            "packed.crc32c", GgufValue.of(new int[1]),
                            "packed.remarks", GgufValue.of(List.of()),
                            "packed.files", GgufValue.of(List.of("another")),
                            "packed.matrices", GgufValue.of(new int[count]),
                            "packed.version", GgufValue.uint32(0xffffffffL))
                    .entrySet()) {
                GgufWriter forged = new GgufWriter().putAll(values).put(wrong.getKey(), wrong.getValue());
                entry.tensors().forEach((name, tensor) ->
                        forged.tensor(name, GgmlType.I8, tensor.shape(), () -> entry.bytes(name)));
                forged.write(temp.resolve("forged"));
                refuse(file, Files.readAllBytes(temp.resolve("forged")), expected, whole);
            }
        }
    }

    private void refuse(Path file, byte[] forged, float[] expected, byte[] whole) throws IOException {
        Files.deleteIfExists(file); // others have it mapped
        Files.write(file, forged);
        Loaded loaded = load();
        assertTrue(loaded.written(), loaded.report.toString());
        assertEquals(1, loaded.warnings().size());
        assertArrayEquals(expected, loaded.logits);
        assertArrayEquals(whole, Files.readAllBytes(file));
    }

    @Tag("vector")
    @Test
    void severalLoadersAtOnceWriteOneFile() throws Exception {
        float[] expected = expected();
        List<Future<Loaded>> loads = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 8; i++) {
                loads.add(threads.submit(() -> load()));
            }
        }
        for (Future<Loaded> each : loads) {
            assertArrayEquals(expected, each.get().logits);
            assertEquals(List.of(), each.get().warnings());
            assertTrue(each.get().mapped() || each.get().written());
        }
        assertEquals(1, files().size());
    }

    @Tag("vector")
    @Test
    void otherVectorsHaveTheirOwnFile() throws IOException {
        load();
        Loaded loaded = load(
                GoldenModels.checkpoint(NAME), ModelOptions.of(kernels(" of another width"), Workers.shared()).withPackedCache(cache()));
        assertTrue(loaded.written(), loaded.report.toString());
        assertEquals(List.of(), loaded.warnings());
        assertEquals(2, files().size());
        assertTrue(load().mapped());
    }

    @Tag("vector")
    @Test
    void contentCountsAndNotTheName() throws IOException {
        Path model = Files.copy(GoldenModels.checkpoint(NAME), temp.resolve("model.gguf"));
        assertTrue(load(model).written());
        Path moved = Files.move(model, temp.resolve("moved.gguf"));
        assertTrue(load(moved).mapped());

        FileTime time = Files.getLastModifiedTime(moved);
        byte[] bytes = Files.readAllBytes(moved);
        try (Checkpoint checkpoint = Checkpoints.open(moved)) {
            bytes[(int) checkpoint.tensors().get("blk.0.attn_q.weight").offset() + 7] ^= 0x40;
        }
        Files.write(moved, bytes);
        Files.setLastModifiedTime(moved, time);
        Loaded changed = load(moved);
        assertTrue(changed.written(), changed.report.toString());
        assertArrayEquals(load(moved, ModelOptions.of(KERNELS, Workers.shared())).logits, changed.logits);
        assertFalse(Arrays.equals(expected(), changed.logits));
        assertEquals(2, files().size());
    }

    @Tag("vector")
    @Test
    void loadSucceedsWhereNothingCanBeWritten() throws IOException {
        float[] expected = expected();
        Files.writeString(cache(), "a file where the folder should be");
        Loaded loaded = load();
        assertArrayEquals(expected, loaded.logits);
        assertEquals(1, loaded.warnings().size());
        assertTrue(loaded.warnings().getFirst().contains(cache().toString()), loaded.warnings().toString());

        Files.delete(cache());
        load();
        Path file = files().getFirst();
        Files.delete(file);
        Files.createDirectories(file.resolve("a folder where the file should be"));
        loaded = load();
        assertArrayEquals(expected, loaded.logits);
        assertEquals("", loaded.report.packedCache());
        assertEquals(1, loaded.warnings().size());
        assertTrue(loaded.warnings().getFirst().contains("cannot be written"), loaded.warnings().toString());
        assertEquals(List.of(file), files());
    }

    @Tag("vector")
    @Test
    void whatKilledWritersLeftIsRemoved() throws IOException {
        Files.createDirectories(cache());
        String part = "0123456789abcdef-01234567.packed.01234567-89ab-cdef-0123-456789abcdef.part";
        Path old = Files.createFile(cache().resolve(part));
        Path young = Files.createFile(cache().resolve(part.replace("abcdef-", "abcd00-")));
        Path foreign = Files.createFile(cache().resolve("film.part"));
        FileTime past = FileTime.from(Instant.now().minus(Duration.ofHours(2)));
        Files.setLastModifiedTime(old, past);
        Files.setLastModifiedTime(foreign, past);
        assertTrue(load().written());
        assertTrue(Files.notExists(old) && Files.exists(young) && Files.exists(foreign), files().toString());
    }

    @Tag("vector")
    @Test
    void quantizingOnLoadIsPartOfTheKey() throws Exception {
        List<String> reports = new ArrayList<>();
        for (Map<String, String> options : List.of(
                Map.of("quantize", "INT8"), Map.of("load_in_8bit", "true"), Map.of("quantize", "Q4_0"),
                Map.of("quantize", "INT8", "llm_int8_skip_modules", "mlp"), Map.of("quantize", "INT8"))) {
            Map<String, String> all = new HashMap<>(options);
            all.put("packed_cache", cache().toString());
            try (QuantModel model = (QuantModel) Model.newInstance("model", Device.cpu(), "Quant")) {
                model.load(GoldenModels.checkpoint("mistral-f32-window"), null, all);
                reports.add(model.causalLM().report().packedCache().substring(0, 6));
            }
        }
        assertEquals(List.of("wrote ", "wrote ", "wrote ", "wrote ", "mapped"), reports);
        assertEquals(4, files().size());
    }
}
