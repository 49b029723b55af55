package org.djlquant.bench;

import java.lang.foreign.Arena;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.MatMul;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * The quantized linear operator per scheme, threads and tokens. Copies of the matrix are used in turn,
 * so that weights come from memory as they do in a model. {@code gigabytes} a second is the rate at
 * which the file's bytes are consumed, {@code gflop} counts two for each weight and token.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class MatMulBenchmark {
    private static final int ROWS = 2048;
    private static final int COLS = 4096;
    private static final long ROTATE_BYTES = 256L << 20;

    /** Name of the scheme, as {@link RandomModule#named} takes it. */
    @Param({
        "Q4_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "Q2_K", "Q3_K", "Q4_1", "Q5_0", "IQ4_NL", "F16", "BF16", "F32",
        "GPTQ4-128", "GPTQ4-128-act", "GPTQ3-128", "GPTQ8-128", "AWQ-128", "NF4"
    })
    public String scheme;

    /** Tokens multiplied at once: 1 is decoding, 128 a prompt. */
    @Param({"1", "4", "128"})
    public int tokens;

    /** Threads that compute. */
    @Param({"1", "2"})
    public int threads;

    private final Arena arena = Arena.ofShared();
    private Workers workers;
    private MatMul[] copies;
    private float[] x;
    private float[] y;
    private long weightBytes;
    private int next;

    /** Packs the copies and checks the kernel against the scalar one. */
    @Setup
    public void setUp() {
        workers = Workers.of(threads);
        Kernels kernels = KernelsProvider.get().kernels();
        WeightMatrix weight = RandomModule.named(scheme, ROWS, COLS, arena);
        weightBytes = weight.byteSize();
        copies = new MatMul[(int) Math.max(1, ROTATE_BYTES / weightBytes)];
        for (int i = 0; i < copies.length; i++) {
            // kernels that read a matrix in place need a copy of their own to read
            WeightMatrix each = i > 0 && copies[0].packedBytes() == 0
                    ? RandomModule.named(scheme, ROWS, COLS, arena)
                    : weight;
            copies[i] = kernels.pack(each, arena, workers);
        }
        x = new float[tokens * COLS];
        y = new float[tokens * ROWS];
        Random random = new Random(2);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        check(weight);
    }

    private void check(WeightMatrix weight) {
        float[] expected = new float[y.length];
        new ScalarKernels().pack(weight, arena, workers).multiply(x, 0, COLS, tokens, expected, 0, ROWS, workers);
        copies[0].multiply(x, 0, COLS, tokens, y, 0, ROWS, workers);
        ScalarCheck.requireEqual(scheme, expected, y);
    }

    /** One product. */
    @Benchmark
    public float[] multiply(Rates rates) {
        copies[next++ % copies.length].multiply(x, 0, COLS, tokens, y, 0, ROWS, workers);
        rates.gigabytes += weightBytes * 1e-9;
        rates.gflop += 2e-9 * ROWS * COLS * tokens;
        return y;
    }

    /** Frees the matrices. */
    @TearDown(Level.Trial)
    public void tearDown() {
        workers.close();
        arena.close();
    }
}
