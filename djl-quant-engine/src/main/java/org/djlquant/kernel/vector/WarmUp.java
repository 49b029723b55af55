package org.djlquant.kernel.vector;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Exercises vector code in the background until C2 has compiled it. Before that each vector operation
 * is a chain of method calls, and a kernel some hundred times slower than the plain loop that does the
 * same; a program that answers one question would be over before the compiler had a chance.
 *
 * <p>A kernel counts as ready once it is about as quick as its plain twin on a small task: uncompiled it
 * is a hundred times slower, compiled it wins by far on large ones. All trials share one daemon
 * thread, which takes them in turn so that one is compiled while the next collects its calls, and ends
 * when none is left. Thread-safe.
 */
final class WarmUp {
    /** A kernel and its plain twin, on a small task of their own. */
    interface Trial extends AutoCloseable {
        void vector();

        void plain();

        @Override
        default void close() {}
    }

    private static final int CALLS_A_TURN = 20;
    private static final int WARM_PLAIN_CALLS = 3000;
    private static final int COMPILED_FACTOR = 4;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final Map<String, WarmUp> ALL = new HashMap<>();
    private static final List<WarmUp> QUEUE = new ArrayList<>();
    private static boolean running;

    private final Supplier<Trial> source;
    private final CountDownLatch decided = new CountDownLatch(1);
    private volatile boolean ready;

    // of the background thread alone
    private Trial trial;
    private long began;
    private long plainBest = Long.MAX_VALUE;
    private int plainCalls;

    private WarmUp(Supplier<Trial> source) {
        this.source = source;
    }

    /** The warm-up of a kind of kernel; begins with the first request for it. */
    static WarmUp of(String key, Supplier<Trial> source) {
        synchronized (ALL) {
            WarmUp known = ALL.get(key);
            if (known != null) {
                return known;
            }
            WarmUp warmUp = new WarmUp(source);
            ALL.put(key, warmUp);
            QUEUE.add(warmUp);
            if (!running) {
                running = true;
                Thread.ofPlatform().daemon().name("djl-quant-warm-up").start(WarmUp::runAll);
            }
            return warmUp;
        }
    }

    /** Whether the vector code is compiled. */
    boolean ready() {
        return ready;
    }

    /** Waits until the vector code is compiled, or it is clear that it will not be; returns which. */
    boolean await() {
        boolean interrupted = false;
        while (true) {
            try {
                decided.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true; // the caller checks for it between steps
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return ready;
    }

    private static void runAll() {
        List<WarmUp> mine = new ArrayList<>();
        while (true) {
            synchronized (ALL) {
                mine.addAll(QUEUE);
                QUEUE.clear();
                if (mine.isEmpty()) {
                    running = false;
                    return;
                }
            }
            for (Iterator<WarmUp> i = mine.iterator(); i.hasNext(); ) {
                if (i.next().turn()) {
                    i.remove();
                }
            }
        }
    }

    /** Some calls; true once the matter is decided. */
    private boolean turn() {
        try {
            if (trial == null) {
                trial = source.get();
                began = System.nanoTime();
            }
            long vectorBest = Long.MAX_VALUE;
            for (int i = 0; i < CALLS_A_TURN; i++) {
                long start = System.nanoTime();
                trial.vector();
                vectorBest = Math.min(vectorBest, System.nanoTime() - start);
            }
            // the twin must be compiled as well, or the race is not fair
            for (int i = 0; i < CALLS_A_TURN && plainCalls < WARM_PLAIN_CALLS; i++, plainCalls++) {
                long start = System.nanoTime();
                trial.plain();
                plainBest = Math.min(plainBest, System.nanoTime() - start);
            }
            ready = vectorBest < COMPILED_FACTOR * plainBest;
            if (!ready && System.nanoTime() - began < LONGEST_NANOS) {
                return false;
            }
        } catch (RuntimeException | Error e) {
            ready = false; // the plain code serves; what is wrong shows there, with its own message
        }
        if (trial != null) {
            trial.close();
            trial = null;
        }
        decided.countDown();
        return true;
    }
}
