package org.djlquant.bench;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.LayerCache;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.runtime.Workers;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Attention of one layer shaped like a 7B model's: 32 query heads and 8 key/value heads of 128. {@code gigabytes} a
 * second is the cache once for each pass, {@code gflop} counts both products of each head with the positions it sees.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class AttentionBenchmark {
    private static final LayerCache.Shape FLOAT =
            LayerCache.Shape.of(32, 8, 128);

    /** Cached positions. */
    @Param({"512", "4096"})
    public int length;

    /** Tokens that attend at once. */
    @Param({"1", "128"})
    public int tokens;

    /** How keys and values are kept. */
    @Param({"F32", "F16", "Q8"})
    public LayerCache.Type type;

    /** Threads that compute. */
    @Param({"1", "2"})
    public int threads;

    private Workers workers;
    private LayerCache cache;
    private float[] q;
    private float[] out;

    /** Fills the cache and checks the kernel against the scalar one. */
    @Setup
    public void setUp() {
        workers = Workers.of(threads);
        LayerCache.Shape shape = FLOAT.withType(type);
        cache = KernelsProvider.get().kernels().newCache(shape);
        int width = shape.kvHeads() * shape.headDim();
        Random random = new Random(1);
        float[] keys = gaussians(random, length * width);
        float[] values = gaussians(random, length * width);
        cache.append(keys, 0, width, values, 0, width, length);
        int heads = shape.heads() * shape.headDim();
        q = gaussians(random, tokens * heads);
        out = new float[tokens * heads];
        float[] expected = new float[heads];
        try (LayerCache scalar = new ScalarKernels().newCache(shape)) {
            scalar.append(keys, 0, width, values, 0, width, length);
            scalar.attend(q, (tokens - 1) * heads, heads, expected, 0, heads, 1, workers);
        }
        cache.attend(q, 0, heads, out, 0, heads, tokens, workers);
        ScalarCheck.requireEqual(type.toString(), expected, Arrays.copyOfRange(out, (tokens - 1) * heads, tokens * heads));
    }

    private static float[] gaussians(Random random, int n) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    /** One layer. */
    @Benchmark
    public float[] attend(Rates rates) {
        int heads = FLOAT.heads() * FLOAT.headDim();
        cache.attend(q, 0, heads, out, 0, heads, tokens, workers);
        rates.gigabytes += cache.bytes() * 1e-9;
        // the last token sees all positions, each one before it one less
        rates.gflop += 4e-9 * heads * tokens * (length - (tokens - 1) / 2.0);
        return out;
    }

    /** Ends the threads. */
    @TearDown
    public void tearDown() {
        workers.close();
        cache.close();
    }
}
