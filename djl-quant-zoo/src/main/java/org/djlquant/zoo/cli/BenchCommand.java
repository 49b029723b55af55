package org.djlquant.zoo.cli;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.djlquant.format.Checkpoints;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.djlquant.model.Sequence;
import org.djlquant.runtime.MemoryPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Times a model the way llama-bench does: prompts of 128 and 512 tokens, and 64 tokens one by one. Warm: every shape
 * runs before it is timed, and the best of some repetitions counts.
 */
@Command(name = "bench", description = "Measure prefill and decode speed, load time and memory of a model.")
final class BenchCommand implements Callable<Integer> {
    private static final int DECODE = 64;
    private static final int SHORT_PROMPT = 8;

    @Parameters(paramLabel = "MODEL", description = ModelReference.HELP)
    private String model;

    @Option(names = "--threads", description = "Threads that compute; default: all this process may use.")
    private Integer threads;

    @Option(names = "--repeat", defaultValue = "3", description = "Repetitions, of which the best counts (${DEFAULT-VALUE}).")
    private int repeat;

    @Option(
            names = "--streams",
            paramLabel = "N",
            description = "Also measure the throughput of N answers at a time, each on a thread of its own, against one.")
    private int streams;

    @Option(names = "--json", description = "Print one JSON object instead of a table.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        KernelsProvider provider = KernelsProvider.get();
        ModelOptions options = ModelOptions.of(provider.kernels(), ModelReference.workers(threads)).withMaxModelLen(1024);
        long begin = System.nanoTime();
        try (CausalLM lm = Models.load(Checkpoints.open(ModelReference.file(model)), options);
                Sequence sequence = lm.newSequence()) {
            double load = seconds(begin);
            int[] prompt = new int[Math.min(512, lm.contextLength() - DECODE - 1)];
            for (int i = 0; i < prompt.length; i++) {
                prompt[i] = (300 + i * 37) % lm.vocabularySize();
            }
            Batch batch = new Batch();
            prefill(lm, batch, sequence, prompt, Math.min(SHORT_PROMPT, prompt.length));
            double firstToken = Duration.between(
                            ProcessHandle.current().info().startInstant().orElse(Instant.now()), Instant.now())
                    .toMillis() / 1000.0;

            Map<String, Object> result = new LinkedHashMap<>();
            for (int length : new int[] {128, 512}) {
                int tokens = Math.min(length, prompt.length);
                double best = Double.MAX_VALUE;
                for (int i = 0; i <= repeat; i++) {
                    double time = prefill(lm, batch, sequence, prompt, tokens);
                    best = i == 0 ? best : Math.min(best, time); // the first warms up
                }
                result.put("prefill_" + length, tokens / best);
            }
            double best = Double.MAX_VALUE;
            for (int i = 0; i <= repeat; i++) {
                prefill(lm, batch, sequence, prompt, Math.min(SHORT_PROMPT, prompt.length));
                double time = decode(lm, batch, sequence, prompt);
                best = i == 0 ? best : Math.min(best, time);
            }
            result.put("decode_" + DECODE, DECODE / best);
            if (streams > 1) {
                StreamBench bench = new StreamBench(lm, repeat);
                double one = bench.tokensPerSecond(1);
                double many = bench.tokensPerSecond(streams);
                result.put("stream_1", one);
                result.put("streams_" + streams, many);
                result.put("streams_gain", many / one);
            }
            result.put("load_seconds", load);
            result.put("first_token_seconds", firstToken);
            result.put("rss_bytes", peakRss());
            result.put("threads", lm.report().threads());
            result.put("kernels", provider.reason());
            print(result);
        }
        return 0;
    }

    private static double prefill(CausalLM lm, Batch batch, Sequence sequence, int[] prompt, int tokens) {
        sequence.truncate(0);
        long begin = System.nanoTime();
        batch.clear();
        batch.add(sequence, prompt, 0, tokens, Batch.Logits.LAST);
        lm.forward(batch);
        return seconds(begin);
    }

    private static double decode(CausalLM lm, Batch batch, Sequence sequence, int[] prompt) {
        long begin = System.nanoTime();
        for (int i = 0; i < DECODE; i++) {
            batch.clear();
            batch.add(sequence, prompt, i % prompt.length, 1, Batch.Logits.LAST);
            lm.forward(batch);
        }
        return seconds(begin);
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    /** Peak resident memory as Linux counts it, or −1 elsewhere. */
    private static long peakRss() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return -1;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElse(-1);
    }

    private void print(Map<String, Object> result) {
        if (json) {
            System.out.println(new GsonBuilder().create().toJson(result));
            return;
        }
        result.forEach((name, value) -> System.out.printf(Locale.ROOT, "%-20s %s%n", name, switch (name) {
            case "streams_gain" -> String.format(Locale.ROOT, "%.2f x", value);
            case String s when value instanceof Double && s.matches("(prefill|decode|stream|streams)_\\d+") -> String.format(Locale.ROOT, "%.1f tok/s", value);
            case "load_seconds", "first_token_seconds" -> String.format(Locale.ROOT, "%.2f s", value);
            case "rss_bytes" -> MemoryPlan.size((Long) value);
            default -> value.toString();
        }));
    }
}
