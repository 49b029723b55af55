package org.djlquant.kernel.vector;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Exercises vector code in the background until C2 has compiled it. Before that each vector operation
 * is a chain of method calls, and a kernel some hundred times slower than the plain loop that does the
 * same; a program that answers one question would be over before the compiler had a chance.
 *
 * <p>A kernel counts as ready once it is about as quick as plain code would be: uncompiled it is far
 * slower, compiled it wins by far. Compiling begins when it pays, since a short answer of a small model is over before. Trials
 * are tiny, since C2 asks for some hundred calls and each of them is slow, and they rest while the compiler is at work: what
 * they would burn, it needs. All share one daemon thread, which ends when none is left. Thread-safe.
 */
final class WarmUp {
    /** A kernel on a small task of its own. */
    interface Trial extends AutoCloseable {
        /** The task. */
        void run();

        /** Nanoseconds that compiled plain code takes for it, or more: vector code that is ready takes less. */
        long plainNanos();

        @Override
        default void close() {}
    }

    private static final int CALLS_A_TURN = 20;

    /** Calls after which the compiler should have what it wants; from then on a trial rests half the time. */
    private static final int ENOUGH_CALLS = 1000;

    /** So long somebody waits; afterwards trials are rare, in case the machine was only busy. */
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** Then it is clear that there is no compiler for it. */
    private static final long GIVE_UP_NANOS = TimeUnit.MINUTES.toNanos(10);

    /** Rests between rare trials, in times of what they take. */
    private static final int RARE = 20;

    private static final Map<String, WarmUp> ALL = new HashMap<>();
    private static final List<WarmUp> QUEUE = new ArrayList<>();
    private static Thread runner;

    private final Supplier<Trial> source;
    private final long worth;
    private final AtomicLong plainWork = new AtomicLong();
    private final CountDownLatch decided = new CountDownLatch(1);
    private volatile boolean wanted;
    private volatile boolean ready;

    // of the background thread alone
    private Trial trial;
    private long began;
    private int calls;

    private WarmUp(long worth, Supplier<Trial> source) {
        this.worth = worth;
        this.source = source;
    }

    /**
     * The warm-up of a kind of kernel; it begins with {@link #begin} or {@link #await}, or when plain code has done enough.
     *
     * @param worth operations of plain code after which compiling pays: what takes about as long as the compiler
     */
    static WarmUp of(String key, long worth, Supplier<Trial> source) {
        synchronized (ALL) {
            return ALL.computeIfAbsent(key, k -> new WarmUp(worth, source));
        }
    }

    /**
     * Whether the vector code is compiled; begins to warm up otherwise, if it pays.
     *
     * @param work operations that plain code is about to do instead
     */
    boolean ready(long work) {
        if (!wanted && plainWork.addAndGet(work) >= worth) {
            begin();
        }
        return ready;
    }

    /** Whether the vector code is compiled. */
    boolean compiled() {
        return ready;
    }

    /** Waits until the vector code is compiled, or that has taken too long; returns which. */
    boolean await() {
        begin();
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

    /** Has the vector code compiled. */
    void begin() {
        synchronized (ALL) {
            if (wanted) {
                return;
            }
            wanted = true;
            QUEUE.add(this);
            if (runner == null) {
                runner = Thread.ofPlatform().daemon().name("djl-quant-warm-up").start(WarmUp::runAll);
            }
            LockSupport.unpark(runner);
        }
    }

    private static void runAll() {
        List<WarmUp> mine = new ArrayList<>();
        while (true) {
            synchronized (ALL) {
                mine.addAll(QUEUE);
                QUEUE.clear();
                if (mine.isEmpty()) {
                    runner = null;
                    return;
                }
            }
            // one collects its calls, while those before it wait for the compiler
            long begin = System.nanoTime();
            boolean waiting = true;
            boolean late = true;
            for (Iterator<WarmUp> i = mine.iterator(); waiting && i.hasNext(); ) {
                WarmUp each = i.next();
                if (each.turn()) {
                    i.remove();
                }
                waiting = each.calls >= ENOUGH_CALLS;
                late &= each.decided.getCount() == 0;
            }
            if (waiting) {
                LockSupport.parkNanos((System.nanoTime() - begin) * (late ? RARE : 1));
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
            long best = Long.MAX_VALUE;
            for (int i = 0; i < CALLS_A_TURN; i++, calls++) {
                long start = System.nanoTime();
                trial.run();
                best = Math.min(best, System.nanoTime() - start);
            }
            ready = best < trial.plainNanos();
            long spent = System.nanoTime() - began;
            if (!ready && spent < GIVE_UP_NANOS) {
                if (spent >= LONGEST_NANOS) {
                    decided.countDown();
                }
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
