package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code djl-quant convert} as a process: what it writes, and what it leaves behind when it refuses. */
class ConvertCommandTest {
    @TempDir
    Path folder;

    private record Result(int status, String text) {}

    private static Result convert(Path from, Path to, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"),
                "org.djlquant.zoo.cli.Main", "convert", from.toString(), to.toString()));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        return new Result(process.exitValue(), text);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void writesAModelThatOpensAndKeepsWhatIsThere() throws Exception {
        Path old = Files.write(folder.resolve("old.bin"), LegacyGgmlTest.legacy("ggjt", 2));
        Path converted = folder.resolve("new.gguf");
        Result result = convert(old, converted, "--rms-norm-eps", "1e-5", "--context-length", "256");
        assertEquals(0, result.status, result.text);
        assertTrue(result.text.contains("written") && result.text.contains("new.gguf"), result.text);
        try (Checkpoint checkpoint = Checkpoints.open(converted)) {
            assertEquals("Q4_0", checkpoint.matrix("blk.0.attn_q").scheme());
            assertEquals(256, checkpoint.metadata().requireInt("llama.context_length", 1, 1 << 20));
        }
        byte[] written = Files.readAllBytes(converted);
        Result again = convert(old, converted);
        assertEquals(2, again.status, again.text);
        assertTrue(again.text.contains("new.gguf") && again.text.contains("--force"), again.text);
        assertArrayEquals(written, Files.readAllBytes(converted), "left as it was");
        assertEquals(0, convert(old, converted, "--force", "--context-length", "128").status);
        try (Checkpoint checkpoint = Checkpoints.open(converted)) {
            assertEquals(128, checkpoint.metadata().requireInt("llama.context_length", 1, 1 << 20));
        }
        assertEquals(List.of("new.gguf", "old.bin"), files());
    }

    @Test
    void corruptInputLeavesNothingBehind() throws Exception {
        byte[] whole = LegacyGgmlTest.legacy("ggjt", 3);
        Path cut = Files.write(folder.resolve("cut.bin"), Arrays.copyOf(whole, whole.length - 1000));
        Result result = convert(cut, folder.resolve("new.gguf"));
        assertEquals(2, result.status, result.text);
        assertTrue(result.text.contains("cut.bin"), result.text);
        assertEquals(List.of("cut.bin"), files());
    }

    @Test
    void doesNotWriteOverItsInput() throws Exception {
        byte[] whole = LegacyGgmlTest.legacy("ggjt", 3);
        Path old = Files.write(folder.resolve("old.bin"), whole);
        assertEquals(2, convert(old, old, "--force").status);
        assertArrayEquals(whole, Files.readAllBytes(old));
    }
}
