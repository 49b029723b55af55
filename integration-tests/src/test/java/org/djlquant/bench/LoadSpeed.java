package org.djlquant.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.djlquant.format.Checkpoints;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.djlquant.runtime.Workers;

/**
 * How fast models load, repacking included, and how much memory that takes (on Linux): one line for each
 * load. The first of a JVM pays for its compiler; name a model several times to see the later ones.
 *
 * <pre>LoadSpeed [-t threads] model.gguf folder …</pre>
 */
public final class LoadSpeed {
    private LoadSpeed() {}

    /** Loads each model named. */
    public static void main(String[] args) throws IOException {
        int threads = 2;
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("-t")) {
                threads = Integer.parseInt(args[++i]);
                continue;
            }
            Path path = Path.of(args[i]);
            double megabytes = megabytes(path);
            long start = System.nanoTime();
            ModelOptions options = ModelOptions.of(KernelsProvider.get().kernels(), Workers.of(threads)).withMaxModelLen(512);
            try (CausalLM model = Models.load(Checkpoints.open(path), options)) {
                double seconds = (System.nanoTime() - start) * 1e-9;
                double peak = kilobytes("VmHWM") / 1e3;
                double after = kilobytes("VmRSS") / 1e3;
                System.out.printf(
                        "%-20s %6.0f MB in %5.2f s: %5.0f MB/s; resident %5.0f MB, peak %5.0f MB: %.2f (%s)%n",
                        path.getFileName(), megabytes, seconds, megabytes / seconds, after, peak, peak / after,
                        model.report().layouts().keySet());
            }
        }
    }

    private static double megabytes(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum() / 1e6;
        }
    }

    private static long kilobytes(String key) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(key + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }
}
