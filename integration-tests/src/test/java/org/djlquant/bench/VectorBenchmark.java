package org.djlquant.bench;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.ScalarKernels;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * The operators on one token's vectors, 4096 elements in the cache of the processor. {@code gigabytes} a second is what
 * an operation reads and writes of floats; {@code gflop} stays 0, since what an exponential counts is a matter of taste.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class VectorBenchmark {
    private static final int N = 4096;
    private static final int HEAD = 128;

    /** The operator. */
    public enum Operator {
        /** Normalisation by the root of the mean square. */
        RMS_NORM(3),
        /** Residual. */
        ADD(3),
        /** Gate of a feed-forward network. */
        SILU_MULTIPLY(3),
        /** Activation. */
        GELU(2),
        /** Bounded logits. */
        SOFT_CAP(2),
        /** Rotation of 32 heads by halves. */
        ROPE(2),
        /** Rotation of 32 heads in neighbouring pairs. */
        ROPE_INTERLEAVED(2);

        private final int vectors;

        Operator(int vectors) {
            this.vectors = vectors;
        }
    }

    /** What is measured. */
    @Param
    public Operator operator;

    private final Kernels kernels = KernelsProvider.get().kernels();
    private float[] input;
    private float[] other;
    private float[] work;

    /** Fills the vectors and checks the kernel against the scalar one. */
    @Setup
    public void setUp() {
        Random random = new Random(1);
        input = new float[N];
        other = new float[N];
        for (int i = 0; i < N; i++) {
            input[i] = (float) random.nextGaussian();
            other[i] = (float) Math.cos(i);
        }
        float[] expected = input.clone();
        run(new ScalarKernels(), expected);
        work = input.clone();
        run(kernels, work);
        ScalarCheck.requireEqual(operator.toString(), expected, work);
        if (Arrays.equals(input, work)) {
            throw new IllegalStateException(operator + " changed nothing");
        }
    }

    private void run(Kernels k, float[] x) {
        switch (operator) {
            case RMS_NORM -> k.rmsNorm(x, 0, N, other, 1e-5f, x, 0);
            case ADD -> k.add(x, 0, other, 0, N);
            case SILU_MULTIPLY -> k.siluMultiply(x, 0, other, 0, N);
            case GELU -> k.gelu(x, 0, N);
            case SOFT_CAP -> k.softCap(x, 0, N, 30);
            case ROPE, ROPE_INTERLEAVED -> {
                for (int head = 0; head < N; head += HEAD) {
                    k.rope(x, head, HEAD, operator == Operator.ROPE_INTERLEAVED, other, input, 0);
                }
            }
        }
    }

    /** One operator, on a fresh copy, since values that are used again become zero, huge or denormal. */
    @Benchmark
    public float[] apply(Rates rates) {
        System.arraycopy(input, 0, work, 0, N);
        run(kernels, work);
        rates.gigabytes += 4e-9 * N * operator.vectors;
        return work;
    }
}
