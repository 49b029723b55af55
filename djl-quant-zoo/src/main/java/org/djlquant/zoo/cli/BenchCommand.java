package org.djlquant.zoo.cli;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.TensorInfo;
import org.djlquant.kernel.LayerCache;
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
 * runs before it is timed, and the best of some repetitions counts. With {@code --peers} the same is done to other
 * runtimes, which take turns with this one.
 */
@Command(name = "bench", description = "Measure prefill and decode speed, load time and memory of a model.")
final class BenchCommand implements Callable<Integer> {
    private static final int DECODE = 64;
    private static final int SHORT_PROMPT = 8;
    private static final int CHUNK = 512;

    /** The embedding of GGUF and of Hugging Face names: a token reads one row of it. */
    private static final Set<String> EMBEDDINGS =
            Set.of("token_embd.weight", "model.embed_tokens.weight", "transformer.wte.weight", "gpt_neox.embed_in.weight");

    private static final Set<String> HEADS = Set.of("output.weight", "lm_head.weight", "lm_head.qweight", "embed_out.weight");

    @Parameters(
            paramLabel = "MODEL",
            arity = "1..*",
            description = ModelReference.HELP + " With --peers several, and shape:type such as 1.1b:Q4_0 or 7b:GPTQ-4"
                    + " for random weights, which are made.")
    private List<String> models;

    @Option(names = "--threads", description = "Threads that compute; default: all this process may use.")
    private Integer threads;

    @Option(names = "--repeat", defaultValue = "3", description = "Repetitions, of which the best counts (${DEFAULT-VALUE}).")
    private int repeat;

    @Option(
            names = "--prompts",
            paramLabel = "N",
            split = ",",
            defaultValue = "128,512",
            description = "Lengths of the prompts (${DEFAULT-VALUE}).")
    private List<Integer> prompts;

    @Option(names = "--start-only", description = "Measure only load and first token.")
    private boolean startOnly;

    @Option(
            names = "--streams",
            paramLabel = "N",
            description = "Also measure the throughput of N answers at a time, each on a thread of its own, against one.")
    private int streams;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Also decode behind N tokens; with --peers 4096 unless given, 0 for none.")
    private Integer context;

    @Option(names = "--kv-cache-dtype", paramLabel = "TYPE", defaultValue = "F32", description = "${COMPLETION-CANDIDATES}.")
    private LayerCache.Type kvCacheType;

    @Option(names = "--packed-cache", paramLabel = "DIR", description = LoadOptions.PACKED_CACHE_HELP)
    private Path packedCache;

    @Option(names = "--activations", paramLabel = "TYPE", defaultValue = "float32", description = ModelReference.ACTIVATIONS)
    private String activations;

    @Option(names = "--json", description = "Print one JSON object instead of a table.")
    private boolean json;

    @Option(
            names = "--peers",
            description = "Compare with the other runtimes that are installed (llama-cpp-python, java-llama.cpp, Jlama,"
                    + " transformers with bitsandbytes), taking turns; needs Python and the source tree. See docs/benchmarks.md.")
    private boolean peers;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "3", description = "Turns of --peers (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--out",
            paramLabel = "NAME",
            description = "Where --peers writes NAME.json and NAME.html (benchmark in the current folder).")
    private String out = "benchmark";

    @Option(
            names = "--python",
            paramLabel = "PROGRAM",
            defaultValue = "python3",
            description = "The Python of --peers, where the peers are installed (${DEFAULT-VALUE}).")
    private String python;

    @Override
    public Integer call() throws IOException {
        if (peers) {
            return PeerBench.run(python, peerArguments());
        }
        if (models.size() > 1) {
            throw new IllegalArgumentException("bench measures one model in a process, since memory is counted for a process;"
                    + " only --peers takes several, found " + models);
        }
        if (prompts.stream().anyMatch(length -> length < 1)) {
            throw new IllegalArgumentException("--prompts must be at least 1 each, found " + prompts);
        }
        int longest = Collections.max(prompts);
        int deep = context == null ? 0 : context;
        ModelOptions options = ModelReference.options(threads, activations)
                .withMaxModelLen(Math.max(1024, Math.max(deep + DECODE, longest + DECODE + 1)))
                .withKvCacheType(kvCacheType)
                .withPackedCache(packedCache);
        long begin = System.nanoTime();
        Checkpoint checkpoint = Checkpoints.open(ModelReference.file(models.getFirst()));
        long tokenBytes = tokenBytes(checkpoint);
        try (CausalLM lm = Models.load(checkpoint, options);
                Sequence sequence = lm.newSequence()) {
            double load = seconds(begin);
            int[] prompt = new int[Math.min(Math.max(SHORT_PROMPT, longest), lm.contextLength() - DECODE - 1)];
            for (int i = 0; i < prompt.length; i++) {
                prompt[i] = (300 + i * 37) % lm.vocabularySize();
            }
            Batch batch = new Batch();
            prefill(lm, batch, sequence, prompt, Math.min(SHORT_PROMPT, prompt.length));
            double firstToken = processAge();

            Map<String, Object> result = new LinkedHashMap<>();
            if (!startOnly) {
                measureSpeed(result, lm, batch, sequence, prompt);
            }
            result.put("load_seconds", load);
            result.put("first_token_seconds", firstToken);
            result.put("rss_bytes", peakRss());
            result.put("weight_bytes", lm.report().weightBytes());
            result.put("kv_bytes", sequence.bytes());
            result.put("token_bytes", tokenBytes);
            result.put("threads", lm.report().threads());
            if (!startOnly) { // after the peak of memory was read, which it would raise
                result.put("memory_bytes_per_second", MemoryProbe.bytesPerSecond(lm.report().threads()));
            }
            result.put("kernels", lm.report().kernels());
            print(result);
        }
        return 0;
    }

    private void measureSpeed(Map<String, Object> result, CausalLM lm, Batch batch, Sequence sequence, int[] prompt) {
        for (int length : prompts) {
            int tokens = Math.min(length, prompt.length);
            double best = Double.MAX_VALUE;
            for (int i = 0; i <= repeat; i++) {
                double time = prefill(lm, batch, sequence, prompt, tokens);
                best = i == 0 ? best : Math.min(best, time); // the first warms up
            }
            result.put("prefill_" + length, tokens / best);
        }
        result.put("decode_" + DECODE, DECODE / decodeBehind(SHORT_PROMPT, lm, batch, sequence, prompt));
        if (context != null && context > 0) {
            result.put("decode_" + DECODE + "_at_" + context, DECODE / decodeBehind(context, lm, batch, sequence, prompt));
        }
        if (streams > 1) {
            StreamBench bench = new StreamBench(lm, repeat);
            double one = bench.tokensPerSecond(1);
            double many = bench.tokensPerSecond(streams);
            result.put("stream_1", one);
            result.put("streams_" + streams, many);
            result.put("streams_gain", many / one);
        }
    }

    private List<String> peerArguments() {
        List<String> arguments = new ArrayList<>(List.of(
                "--rounds", Integer.toString(rounds),
                "--repeat", Integer.toString(repeat),
                "--out", out,
                "--prompts", prompts.stream().map(String::valueOf).collect(Collectors.joining(",")),
                "--context", Integer.toString(context == null ? 4096 : context)));
        if (threads != null) {
            arguments.addAll(List.of("--threads", threads.toString()));
        }
        if (streams > 0) {
            arguments.addAll(List.of("--streams", Integer.toString(streams)));
        }
        arguments.addAll(models);
        return arguments;
    }

    /** Stored bytes that decoding a token reads: all, but for an embedding that is not the output matrix as well. */
    private static long tokenBytes(Checkpoint checkpoint) {
        boolean tied = HEADS.stream().noneMatch(checkpoint::hasTensor);
        return checkpoint.tensors().values().stream()
                .filter(tensor -> tied || !EMBEDDINGS.contains(tensor.name()))
                .mapToLong(TensorInfo::byteSize)
                .sum();
    }

    /** Seconds to decode behind a prompt of that many tokens, which is computed once. */
    private double decodeBehind(int tokens, CausalLM lm, Batch batch, Sequence sequence, int[] prompt) {
        sequence.truncate(0);
        for (int at = 0; at < tokens; at += CHUNK) {
            batch.clear();
            int[] chunk = new int[Math.min(CHUNK, tokens - at)];
            for (int i = 0; i < chunk.length; i++) {
                chunk[i] = prompt[i % prompt.length];
            }
            batch.add(sequence, chunk, 0, chunk.length, Batch.Logits.LAST);
            lm.forward(batch);
        }
        double best = Double.MAX_VALUE;
        for (int i = 0; i <= repeat; i++) {
            sequence.truncate(tokens);
            double time = decode(lm, batch, sequence, prompt);
            best = i == 0 ? best : Math.min(best, time); // the first warms up
        }
        return best;
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

    /**
     * Seconds since the process began. Linux counts both ends from its own start; {@link ProcessHandle} adds a time of
     * that start in whole seconds, and was three quarters of a second off.
     */
    private static double processAge() throws IOException {
        Path stat = Path.of("/proc/self/stat");
        Path uptime = Path.of("/proc/uptime");
        if (Files.isReadable(stat) && Files.isReadable(uptime)) {
            // the 22nd field; the second one, a name in parentheses, may hold spaces
            String fields = Files.readString(stat);
            String started = fields.substring(fields.lastIndexOf(')') + 2).split(" ")[19];
            return Double.parseDouble(Files.readString(uptime).split(" ")[0]) - Long.parseLong(started) / 100.0;
        }
        Instant now = Instant.now();
        return Duration.between(ProcessHandle.current().info().startInstant().orElse(now), now).toMillis() / 1000.0;
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
            case String s when value instanceof Double && s.matches("(prefill|decode|stream|streams)_\\d+(_at_\\d+)?") -> String.format(Locale.ROOT, "%.1f tok/s", value);
            case "load_seconds", "first_token_seconds" -> String.format(Locale.ROOT, "%.2f s", value);
            case "rss_bytes", "weight_bytes", "kv_bytes", "token_bytes" -> MemoryPlan.size((Long) value);
            case "memory_bytes_per_second" -> String.format(Locale.ROOT, "%.1f GB/s", (Double) value / 1e9);
            default -> value.toString();
        }));
    }
}
