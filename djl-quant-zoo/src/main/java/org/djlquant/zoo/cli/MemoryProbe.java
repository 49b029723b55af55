package org.djlquant.zoo.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Measures how fast memory can be read, which bounds decoding: every token reads all weights once. */
final class MemoryProbe {
    /** Ints of 1 MB, which one call sums, so that the loop is compiled after a few calls. */
    private static final int CHUNK = 1 << 18;

    /** 256 MB: larger than caches, since they are read from end to end in turn. */
    private static final int CHUNKS = 256;

    private static final int INTS = CHUNKS * CHUNK;

    private static final int WARM_PASSES = 8;
    private static final int PASSES = 25;

    private MemoryProbe() {}

    /**
     * The median of some passes over 256 MB that the threads share out: on a shared machine the best of them, each of
     * some milliseconds, may be far above what lasts.
     *
     * @return bytes a second of all threads together
     */
    static double bytesPerSecond(int threads) {
        int[] data = new int[INTS];
        Arrays.fill(data, 1);
        double[] rates = new double[PASSES];
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int pass = -WARM_PASSES; pass < PASSES; pass++) {
                long begin = System.nanoTime();
                List<Future<Integer>> sums = new ArrayList<>();
                for (int t = 0; t < threads; t++) {
                    int from = (int) ((long) CHUNKS * t / threads) * CHUNK;
                    int to = (int) ((long) CHUNKS * (t + 1) / threads) * CHUNK;
                    sums.add(pool.submit(() -> sum(data, from, to)));
                }
                int total = 0;
                for (Future<Integer> sum : sums) {
                    total += sum.get();
                }
                if (total != INTS) {
                    throw new IllegalStateException("memory returned " + total + " where " + INTS + " was written");
                }
                if (pass >= 0) {
                    rates[pass] = 4e9 * INTS / (System.nanoTime() - begin);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        Arrays.sort(rates);
        return rates[PASSES / 2];
    }

    private static int sum(int[] data, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i += CHUNK) {
            sum += sumChunk(data, i);
        }
        return sum;
    }

    /**
     * A loop that the compiler turns into vector loads and additions. Four streams side by side: prefetchers then fetched
     * 32 GB/s where one stream got 19.
     */
    private static int sumChunk(int[] data, int from) {
        int quarter = CHUNK / 4;
        int sum = 0;
        for (int i = from; i < from + quarter; i++) {
            sum += data[i] + data[i + quarter] + data[i + 2 * quarter] + data[i + 3 * quarter];
        }
        return sum;
    }
}
