package org.djlquant.zoo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.djlquant.generate.Parameter;
import org.djlquant.zoo.QuantModelZoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as a person sees them: standard output, errors of one line, exit status. */
class MainTest {
    private record Result(int status, String out, String err) {}

    private static Result run(String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
        try {
            int status = Main.run(args);
            return new Result(status, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private static void assertRefused(Result result, String... words) {
        assertEquals(2, result.status, result.err);
        assertEquals("", result.out);
        assertEquals(1, result.err.strip().lines().count(), result.err);
        for (String word : words) {
            assertTrue(result.err.contains(word), result.err);
        }
    }

    @Test
    void everyCommandHasHelp() {
        for (String command : List.of("chat", "generate", "inspect", "perplexity", "bench", "models", "convert")) {
            Result result = run(command, "--help");
            assertEquals(0, result.status);
            assertTrue(result.out.contains("Usage: djl-quant " + command), result.out);
        }
    }

    @Test
    void modelsListsEveryName() {
        Result result = run("models");
        assertEquals(0, result.status);
        QuantModelZoo.entries().forEach(entry -> assertTrue(result.out.contains(entry.name()), result.out));
    }

    @Test
    void inspectShowsWhatACheckpointIs() {
        Result result = run("inspect", "zephyr-tiny");
        assertEquals(0, result.status, result.err);
        for (String word : List.of("llama.block_count", "blk.0.attn_q.weight", "bits per weight", "memory plan", "<|user|>")) {
            assertTrue(result.out.contains(word), word + " in " + result.out);
        }
    }

    @Test
    void generatePrintsOnlyTheContinuation() {
        String[] command = {"generate", "--model", "zephyr-tiny", "--prompt", "Once", "--temperature", "0", "--max-new-tokens", "5"};
        Result result = run(command);
        assertEquals(0, result.status, result.err);
        assertFalse(result.out.isBlank());
        assertFalse(result.out.contains("tok/s"));
        assertTrue(result.err.contains("tok/s") && result.err.contains("zephyr-tiny"), result.err);
        assertEquals(result.out, run(command).out, "the same tokens again");
    }

    @Test
    void everyParameterIsAnOption() {
        String help = run("generate", "--help").out;
        for (Parameter<?> parameter : Parameter.all()) {
            String option = "--" + parameter.name().replace('_', '-');
            assertEquals(parameter.isData(), help.contains(option + "[=") || help.contains(option + "="), option);
        }
        Result result = run("generate", "--prompt", "Once", "--num-beams", "3", "--n=2", "--max-new-tokens", "4", "--logprobs", "2",
                "--bad-words", "a", "--bad-words", "b", "--echo", "false", "--json");
        assertEquals(0, result.status, result.err);
        JsonObject json = JsonParser.parseString(result.out).getAsJsonObject();
        assertEquals(json.getAsJsonObject("usage").get("completion_tokens").getAsInt(), json.getAsJsonArray("log_probs").size());
        assertEquals(1, json.getAsJsonArray("alternatives").size());
        assertFalse(json.get("text").getAsString().matches(".*[ab].*"), result.out);
        Result several = run("generate", "--prompt", "Once", "--n", "3", "--max-new-tokens", "2");
        assertEquals(2, several.out.lines().filter(line -> line.equals("---")).count(), several.out);
        assertRefused(run("generate", "--prompt", "x", "--typical-p", "2"), "typical_p must be in (0, 1]");
    }

    @Test
    void chatReportsWhatItIsAskedFor() {
        Result result = run("chat", "--message", "Hi", "--n", "2", "--max-new-tokens", "3", "--json", "--logprobs");
        assertEquals(0, result.status, result.err);
        JsonObject json = JsonParser.parseString(result.out).getAsJsonObject();
        assertEquals(3, json.getAsJsonArray("log_probs").size());
        assertEquals(1, json.getAsJsonArray("alternatives").size());
        Result text = run("chat", "--message", "Hi", "--max-new-tokens", "3", "--logprobs", "1");
        assertEquals(3, text.err.lines().filter(line -> line.matches("-?\\d+\\.\\d{4} \".*\" {3}-?\\d+\\.\\d{4} \".*\"")).count(), text.err);
        assertRefused(run("chat", "--n", "2"), "--message");
    }

    @Test
    void perplexityOfAFile(@TempDir Path folder) throws IOException {
        Path text = Files.writeString(folder.resolve("text.txt"), "Once upon a time there was a rabbit. ".repeat(20));
        Result result = run("perplexity", "zephyr-tiny", text.toString(), "--context", "64", "--stride", "48", "--json");
        assertEquals(0, result.status, result.err);
        JsonObject json = JsonParser.parseString(result.out).getAsJsonObject();
        assertEquals(Math.exp(json.get("nats_per_token").getAsDouble()), json.get("perplexity").getAsDouble(), 1e-6);
        assertTrue(json.get("tokens").getAsInt() > 100 && json.get("tokens_per_second").getAsDouble() > 0, result.out);
        assertEquals(64, json.get("context").getAsInt());
        Result table = run("perplexity", "zephyr-tiny", text.toString());
        assertTrue(table.out.contains("perplexity") && table.out.contains("nats_per_token"), table.out);
        assertRefused(run("perplexity", "zephyr-tiny", text.toString(), "--context", "64", "--stride", "65"), "stride must be between 1 and");
        assertRefused(run("perplexity", "zephyr-tiny", folder.resolve("none").toString()), "no such file");
        assertRefused(run("perplexity", "zephyr-tiny", text.toString(), "--context", "1"), "context must be at least 2");
        Path empty = Files.writeString(folder.resolve("empty.txt"), "");
        assertRefused(run("perplexity", "zephyr-tiny", empty.toString()), "at least 1");
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, 0});
        assertRefused(run("perplexity", "zephyr-tiny", binary.toString()), "not a text in UTF-8");
    }

    @Test
    void chatAnswersAMessage() {
        Result result = run("chat", "--message", "Hello", "--temperature", "0");
        assertEquals(0, result.status, result.err);
        assertFalse(result.out.isBlank());
        assertFalse(result.out.contains("<|"), result.out);
    }

    @Test
    void benchPrintsOneJsonObject() {
        Result result = run("bench", "zephyr-tiny", "--threads", "1", "--repeat", "1", "--context", "100", "--json");
        assertEquals(0, result.status, result.err);
        JsonObject json = JsonParser.parseString(result.out).getAsJsonObject();
        for (String key : List.of("prefill_128", "prefill_512", "decode_64", "decode_64_at_100", "load_seconds", "first_token_seconds", "rss_bytes",
                "weight_bytes", "kv_bytes", "memory_bytes_per_second")) {
            assertTrue(json.get(key).getAsDouble() > 0, key);
        }
        assertEquals(1, json.get("threads").getAsInt());
        assertFalse(json.get("kernels").getAsString().isEmpty());
        // what a token reads is part of the file, and most of it
        long file = json.get("token_bytes").getAsLong();
        assertTrue(file > 0.5 * json.get("weight_bytes").getAsLong(), result.out);
    }

    @Test
    void benchOfTheStartMeasuresNothingElse() {
        Result result = run("bench", "zephyr-tiny", "--threads", "1", "--start-only", "--json");
        assertEquals(0, result.status, result.err);
        JsonObject json = JsonParser.parseString(result.out).getAsJsonObject();
        assertTrue(json.get("first_token_seconds").getAsDouble() >= json.get("load_seconds").getAsDouble(), result.out);
        assertFalse(json.has("decode_64"), result.out);
    }

    @Test
    void benchRefusesWhatItCannotMeasure() {
        assertRefused(run("bench", "zephyr-tiny", "--prompts", "0,128"), "--prompts", "0");
        assertRefused(run("bench", "zephyr-tiny", "zephyr-tiny"), "one model", "--peers");
        assertRefused(run("bench", "zephyr-tiny", "--context", "1000000"), "1000064", "1024");
    }

    @Test
    void peersAreComparedByTheScriptOfTheSourceTree(@TempDir Path folder) throws IOException {
        Path arguments = folder.resolve("arguments");
        Path python = Files.writeString(folder.resolve("python"), "#!/bin/sh\nprintf '%s\\n' \"$@\" > " + arguments + "\nexit 3\n");
        assertTrue(python.toFile().setExecutable(true));
        Result result = run("bench", "--peers", "--python", python.toString(), "--rounds", "5", "1.1b:Q4_0", "m.gguf");
        assertEquals(3, result.status, result.err);
        List<String> given = Files.readAllLines(arguments);
        assertTrue(Files.exists(Path.of(given.getFirst())), given.toString());
        assertEquals(
                List.of("--rounds", "5", "--repeat", "3", "--out", "benchmark", "--prompts", "128,512", "--context", "4096", "1.1b:Q4_0", "m.gguf"),
                given.subList(1, given.size()));
    }

    @Test
    void errorsAreOneLineAndStatusTwo(@TempDir Path folder) throws IOException {
        assertRefused(run("inspect", "no-such-model"), "no-such-model", "zephyr-tiny");
        assertRefused(run("chat", "--model", "no-such-model", "--message", "x"), "no-such-model");
        Path page = Files.writeString(folder.resolve("page.gguf"), "<!doctype html><html></html>");
        assertRefused(run("generate", "--model", page.toString(), "--prompt", "x"), "page.gguf", "HTML");
        Path text = Files.writeString(folder.resolve("short.gguf"), "GGUF");
        assertRefused(run("inspect", text.toString()), "short.gguf");
        assertRefused(run("generate", "--prompt", "x", "--temperature", "-1"), "temperature");
        assertRefused(run("generate", "--prompt", "x", "--option", "nonsense=1"), "nonsense");
        assertRefused(run("generate"), "--prompt");
        assertRefused(run("nonsense"), "nonsense");
    }
}
