import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What every runtime is measured by; prints one JSON object with the keys of {@code djl-quant bench --json}. */
final class Measurement {
    private static final int DECODE = 64;
    private static final int SHORT_PROMPT = 8;

    /** A loaded model with one sequence. */
    interface Model extends AutoCloseable {
        /** Computes a prompt of that many tokens from its beginning, up to the choice of the token behind it. */
        void prefill(int tokens);

        /** Computes 64 tokens one by one behind a prompt of that many tokens, which the last prefill computed. */
        void decode(int prompt, int tokens);

        @Override
        void close();
    }

    /** Loads a model for that many threads and positions. */
    interface Loader {
        Model load(Path path, int threads, int positions) throws IOException;
    }

    private Measurement() {}

    /** The arguments are those of {@code llama_cpp_bench.py}: a model, {@code --threads}, {@code --repeat}, {@code --prompts}, {@code --context}. */
    static void main(String[] args, String runtime, Loader loader) throws IOException {
        Map<String, String> options = options(args);
        int threads = Integer.parseInt(options.get("--threads"));
        int repeat = Integer.parseInt(options.get("--repeat"));
        int context = Integer.parseInt(options.get("--context"));
        int[] prompts = Arrays.stream(options.get("--prompts").split(",")).mapToInt(Integer::parseInt).toArray();
        int positions = Math.max(context, Arrays.stream(prompts).max().orElseThrow()) + 2 * DECODE;
        Map<String, Object> result = new LinkedHashMap<>();
        long begin = System.nanoTime();
        try (Model model = loader.load(Path.of(args[0]), threads, Math.max(1024, positions))) {
            double load = seconds(begin);
            model.prefill(SHORT_PROMPT);
            double first = processAge();
            for (int tokens : prompts) {
                result.put("prefill_" + tokens, tokens / best(repeat, () -> model.prefill(tokens)));
            }
            result.put("decode_" + DECODE, decodeBehind(SHORT_PROMPT, model, repeat));
            if (context > 0) {
                result.put("decode_" + DECODE + "_at_" + context, decodeBehind(context, model, repeat));
            }
            result.put("load_seconds", load);
            result.put("first_token_seconds", first);
            result.put("rss_bytes", peakRss());
            result.put("threads", threads);
            result.put("kernels", runtime);
        }
        System.out.println(json(result));
        System.exit(0); // native threads of a peer may still be running
    }

    /** Seconds since the process began, as Linux counts from its own start; ProcessHandle rounds that to whole seconds. */
    private static double processAge() throws IOException {
        String fields = Files.readString(Path.of("/proc/self/stat"));
        String started = fields.substring(fields.lastIndexOf(')') + 2).split(" ")[19];
        return Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]) - Long.parseLong(started) / 100.0;
    }

    private static double decodeBehind(int context, Model model, int repeat) {
        model.prefill(context);
        return DECODE / best(repeat, () -> model.decode(context, DECODE));
    }

    /** The least seconds of that many runs after one to warm up. */
    private static double best(int repeat, Runnable work) {
        work.run();
        double best = Double.MAX_VALUE;
        for (int i = 0; i < repeat; i++) {
            long begin = System.nanoTime();
            work.run();
            best = Math.min(best, seconds(begin));
        }
        return best;
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    private static Map<String, String> options(String[] args) {
        Map<String, String> options =
                new LinkedHashMap<>(Map.of("--threads", "2", "--repeat", "3", "--prompts", "128,512", "--context", "0"));
        if (args.length % 2 == 0) {
            throw new IllegalArgumentException("usage: MODEL and options of " + options.keySet() + ", found " + List.of(args));
        }
        for (int i = 1; i < args.length; i += 2) {
            if (options.put(args[i], args[i + 1]) == null) {
                throw new IllegalArgumentException("unknown option " + args[i]);
            }
        }
        return options;
    }

    private static long peakRss() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    private static String json(Map<String, Object> result) {
        return result.entrySet().stream()
                .map(e -> "\"" + e.getKey() + "\": " + (e.getValue() instanceof String s ? "\"" + s + "\"" : e.getValue()))
                .collect(Collectors.joining(", ", "{", "}"));
    }
}
