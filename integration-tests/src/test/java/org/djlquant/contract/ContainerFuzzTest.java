package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.quant.WeightMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages good files at random (with a fixed seed) and uses what still opens: whatever happens, it is
 * a result or one of our two exceptions, within a second.
 */
class ContainerFuzzTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/containers");
    private static final int MUTANTS = 1500;
    /** Of the thread, so that a busy machine cannot fail the test. */
    private static final long MAX_NANOS = 1_000_000_000L;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final long[] NASTY = {
        0, 1, -1, 7, 31, 32, 64, 255, 1L << 31, -(1L << 31), 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 61
    };
    private static final String[] JSON = {
        "{", "}", "[", "]", "\"", ",", ":", "-", "1e999", "null", "true", "\\ud800", "NaN", "0", "\"\"", "{}", "[[[["
    };

    @TempDir
    Path folder;

    @Test
    void gguf() throws IOException {
        byte[] good = Files.readAllBytes(GOLDEN.resolve("types.gguf"));
        int header = 0;
        try (Checkpoint checkpoint = Checkpoints.open(GOLDEN.resolve("types.gguf"))) {
            header = (int) checkpoint.tensors().values().iterator().next().offset();
        }
        fuzz(good, header, "model.gguf", "model.gguf", 1, ContainerFuzzTest::damageBinary);
    }

    @Test
    void safetensors() throws IOException {
        byte[] good = Files.readAllBytes(GOLDEN.resolve("sharded/model-00002-of-00002.safetensors"));
        int header = 8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
        fuzz(good, header, "model.safetensors", "model.safetensors", 2, ContainerFuzzTest::damageText);
    }

    @Test
    void index() throws IOException {
        copyFolder();
        String name = "model.safetensors.index.json";
        byte[] good = Files.readAllBytes(GOLDEN.resolve("sharded").resolve(name));
        fuzz(good, good.length, name, "", 3, ContainerFuzzTest::damageText);
    }

    @Test
    void config() throws IOException {
        copyFolder();
        byte[] good = Files.readAllBytes(GOLDEN.resolve("sharded/config.json"));
        fuzz(good, good.length, "config.json", "", 4, ContainerFuzzTest::damageText);
    }

    private interface Damage {
        byte[] apply(byte[] good, int header, Random random);
    }

    private void copyFolder() throws IOException {
        try (var files = Files.list(GOLDEN.resolve("sharded"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
    }

    private void fuzz(byte[] good, int header, String name, String opened, long seed, Damage damage)
            throws IOException {
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] mutant = damage.apply(good, header, random);
            Files.write(folder.resolve(name), mutant);
            long start = THREADS.getCurrentThreadCpuTime();
            try {
                useAll(folder.resolve(opened));
            } catch (ModelFormatException | UnsupportedModelException e) {
                refused++;
            } catch (Throwable t) {
                fail("mutant " + i + " of " + name + ": " + t + "\n" + HexFormat.of().formatHex(mutant), t);
            }
            long nanos = THREADS.getCurrentThreadCpuTime() - start;
            assertTrue(nanos < MAX_NANOS, "mutant " + i + " of " + name + " took " + nanos / 1_000_000 + " ms");
        }
        // a damage that is never noticed, or a mutator that destroys everything, would test nothing
        assertTrue(refused > MUTANTS / 4 && refused < MUTANTS, refused + " of " + MUTANTS + " refused");
    }

    private static void useAll(Path path) {
        try (Checkpoint checkpoint = Checkpoints.open(path)) {
            for (String key : checkpoint.metadata().keys()) {
                checkpoint.metadata().display(key);
            }
            checkpoint.metadata().strings("test.strings");
            checkpoint.metadata().integers("test.ints");
            checkpoint.metadata().numbers("test.floats");
            for (TensorInfo tensor : checkpoint.tensors().values()) {
                try {
                    if (tensor.shape().length == 1) {
                        checkpoint.vector(tensor.name(), (int) tensor.shape()[0]);
                    } else if (tensor.name().endsWith(".weight")) {
                        WeightMatrix matrix = checkpoint.matrix(tensor.name().replaceAll("\\.weight$", ""));
                        float[] row = new float[matrix.cols()];
                        matrix.decodeRow(matrix.rows() - 1, row, 0);
                    }
                } catch (ModelFormatException | UnsupportedModelException e) {
                    // a tensor that cannot be used as that; the others may
                }
            }
        }
    }

    /** Overwrites fields, flips bits, cuts, inserts and repeats, mostly within the header. */
    private static byte[] damageBinary(byte[] good, int header, Random random) {
        byte[] bytes = good.clone();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            int at = random.nextInt(random.nextInt(10) == 0 ? bytes.length : Math.min(header, bytes.length));
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> put(bytes, at, NASTY[random.nextInt(NASTY.length)], 8);
                case 3 -> put(bytes, at, NASTY[random.nextInt(NASTY.length)], 4);
                case 4 -> bytes = random.nextInt(4) == 0 ? Arrays.copyOf(bytes, Math.max(1, at)) : bytes;
                default -> bytes = splice(bytes, at, random.nextInt(16), random.nextInt(16));
            }
        }
        return bytes;
    }

    /** The same, with pieces of JSON. */
    private static byte[] damageText(byte[] good, int header, Random random) {
        if (random.nextInt(4) == 0) {
            return damageBinary(good, header, random);
        }
        int at = random.nextInt(header);
        byte[] piece = JSON[random.nextInt(JSON.length)].getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = random.nextBoolean() ? splice(good, at, piece.length, 0) : good.clone();
        System.arraycopy(piece, 0, bytes, at, Math.min(piece.length, bytes.length - at));
        return bytes;
    }

    private static void put(byte[] bytes, int at, long value, int width) {
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >> 8 * i);
        }
    }

    /** Inserts a repetition of what follows, and leaves some bytes out. */
    private static byte[] splice(byte[] bytes, int at, int inserted, int removed) {
        byte[] result = Arrays.copyOf(bytes, bytes.length + inserted);
        System.arraycopy(bytes, at, result, Math.min(at + inserted, result.length), bytes.length - at);
        int kept = Math.max(1, result.length - removed);
        int from = Math.min(at + removed, kept);
        System.arraycopy(result, Math.min(from + removed, kept), result, from, Math.max(0, kept - from - removed));
        return Arrays.copyOf(result, kept);
    }
}
