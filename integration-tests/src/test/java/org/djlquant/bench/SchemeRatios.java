package org.djlquant.bench;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.MatMul;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * How long decoding takes in each scheme, compared with the first one named: products with one token of
 * the matrices of a 1.1B model. Schemes take turns, since the machine's own speed changes; a turn goes
 * through 330 MB of packed matrices, so that all come from memory, or as many as {@code -m} says.
 *
 * <pre>SchemeRatios [-t threads] [-r rounds] [-m megabytes] Q4_0 GPTQ4-128 AWQ-128 NF4 …</pre>
 */
public final class SchemeRatios {
    private static final int[][] SHAPES = {{2048, 2048}, {5632, 2048}, {2048, 5632}};
    private static final int WARM_ROUNDS = 6;

    private SchemeRatios() {}

    /** The matrices of a scheme: copies of each shape. */
    private record Contestant(String name, List<List<MatMul>> copies, double[][] micros, double bits) {}

    /** Runs the comparison. */
    public static void main(String[] args) {
        List<String> names = new ArrayList<>();
        int threads = 2;
        int rounds = 15;
        int megabytes = 330;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "-t" -> threads = Integer.parseInt(args[++i]);
                case "-m" -> megabytes = Integer.parseInt(args[++i]);
                case "-r" -> rounds = Integer.parseInt(args[++i]);
                default -> names.add(args[i]);
            }
        }
        try (Arena arena = Arena.ofShared(); Workers workers = Workers.of(threads)) {
            List<Contestant> contestants = new ArrayList<>();
            for (String name : names) {
                contestants.add(contestant(name, rounds, megabytes, arena, workers));
            }
            float[] x = activations(5632);
            float[] y = new float[5632];
            for (int round = -WARM_ROUNDS; round < rounds; round++) {
                for (Contestant each : contestants) {
                    for (int shape = 0; shape < SHAPES.length; shape++) {
                        int cols = SHAPES[shape][1];
                        int rows = SHAPES[shape][0];
                        long start = System.nanoTime();
                        for (MatMul matrix : each.copies.get(shape)) {
                            matrix.multiply(x, 0, cols, 1, y, 0, rows, workers);
                        }
                        if (round >= 0) {
                            each.micros[shape][round] =
                                    (System.nanoTime() - start) * 1e-3 / each.copies.get(shape).size();
                        }
                    }
                }
            }
            report(contestants, rounds);
        }
    }

    private static void report(List<Contestant> contestants, int rounds) {
        System.out.printf("%-14s %9s", "scheme", "bits");
        for (int[] shape : SHAPES) {
            System.out.printf("  %9dx%d us (ratio)", shape[0], shape[1]);
        }
        System.out.printf("  ratio of all [quartiles]%n");
        Contestant base = contestants.getFirst();
        for (Contestant each : contestants) {
            System.out.printf("%-14s %9.3f", each.name, each.bits);
            double[] all = new double[rounds];
            for (int shape = 0; shape < SHAPES.length; shape++) {
                double[] ratios = new double[rounds];
                for (int r = 0; r < rounds; r++) {
                    ratios[r] = each.micros[shape][r] / base.micros[shape][r];
                    all[r] += each.micros[shape][r];
                }
                System.out.printf("  %14.1f (%.3f)", quantile(each.micros[shape], 0.5), quantile(ratios, 0.5));
            }
            for (int r = 0; r < rounds; r++) {
                double total = 0;
                for (int shape = 0; shape < SHAPES.length; shape++) {
                    total += base.micros[shape][r];
                }
                all[r] /= total;
            }
            System.out.printf(Locale.ROOT, "  %.3f [%.3f %.3f]%n", quantile(all, 0.5), quantile(all, 0.25), quantile(all, 0.75));
        }
    }

    private static double quantile(double[] values, double q) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) (q * (sorted.length - 1))];
    }

    private static Contestant contestant(
            String name, int rounds, int megabytes, Arena arena, Workers workers) {
        Kernels kernels = KernelsProvider.get().kernels();
        List<List<MatMul>> copies = new ArrayList<>();
        long bits = 0;
        long weights = 0;
        for (int[] shape : SHAPES) {
            WeightMatrix weight = RandomModule.named(name, shape[0], shape[1], arena);
            List<MatMul> packed = new ArrayList<>();
            packed.add(kernels.pack(weight, arena, workers));
            long bytes = Math.max(packed.getFirst().packedBytes(), 1);
            check(name, weight, packed.getFirst(), workers);
            while (packed.size() * bytes < ((long) megabytes << 20) / SHAPES.length) {
                packed.add(kernels.pack(weight, arena, workers));
            }
            copies.add(packed);
            bits += 8 * bytes;
            weights += (long) shape[0] * shape[1];
        }
        return new Contestant(name, copies, new double[SHAPES.length][rounds], (double) bits / weights);
    }

    private static float[] activations(int n) {
        float[] x = new float[n];
        Random random = new Random(2);
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private static void check(String name, WeightMatrix weight, MatMul packed, Workers workers) {
        float[] x = activations(weight.cols());
        float[] expected = new float[weight.rows()];
        float[] y = new float[weight.rows()];
        try (Arena arena = Arena.ofShared()) {
            new ScalarKernels().pack(weight, arena, workers)
                    .multiply(x, 0, x.length, 1, expected, 0, y.length, workers);
        }
        packed.multiply(x, 0, x.length, 1, y, 0, y.length, workers);
        ScalarCheck.requireEqual(name, expected, y);
    }
}
