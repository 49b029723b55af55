package org.djlquant.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * {@link Workers} of daemon threads. A thread without work spins for a short bounded time, because
 * the next loop of a decode step usually begins within microseconds, and then parks: pure spinning
 * collapses as soon as processors are shared with anything else.
 */
final class WorkerPool implements Workers {
    /** Long enough for the gaps inside a decode step, short enough not to be seen in a profile. */
    private static final long SPIN_NANOS = 40_000;

    private static final int SCRATCH_ARRAYS = 8;

    /** From the share of a part to the next one: two cache lines, so that parts do not slow each other down. */
    private static final int APART = 16;

    /** Holder of the team of this JVM. */
    static final class Shared {
        static final WorkerPool POOL =
                new WorkerPool(Integer.getInteger("djlquant.threads", CpuBudget.threads()), true);

        private Shared() {}
    }

    private final int threads;
    private final boolean permanent;
    private final ReentrantLock callers = new ReentrantLock(true);
    private final Member[] members;
    private final float[][][] scratch;
    private final int[][][] integers;
    private final Share[] shares;

    /** The pieces that each part has not begun: the first one in the upper half, the end in the lower. */
    private final AtomicLongArray left;
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private Task task;
    private volatile Thread waitingCaller;
    private volatile boolean closed;

    WorkerPool(int threads) {
        this(threads, false);
    }

    private WorkerPool(int threads, boolean permanent) {
        if (threads < 1 || threads > 1024) {
            throw new IllegalArgumentException("threads must be 1 to 1024, found " + threads);
        }
        this.threads = threads;
        this.permanent = permanent;
        scratch = new float[threads][SCRATCH_ARRAYS][0];
        integers = new int[threads][SCRATCH_ARRAYS][0];
        shares = new Share[threads];
        left = new AtomicLongArray((threads + 1) * APART);
        for (int i = 0; i < threads; i++) {
            shares[i] = new Share(i);
        }
        members = new Member[threads - 1];
        for (int i = 0; i < members.length; i++) {
            members[i] = new Member(i + 1);
            members[i].setName("djl-quant-worker-" + (i + 1));
            members[i].setDaemon(true);
            members[i].start();
        }
    }

    @Override
    public int threads() {
        return threads;
    }

    @Override
    public void run(Task body) {
        run(body, 0);
    }

    @Override
    public void run(int count, PieceTask body) {
        run((part, parts) -> body.run(part, shares[part]), count);
    }

    private void run(Task body, int pieces) {
        if (callers.isHeldByCurrentThread() || Thread.currentThread() instanceof Member m && m.pool() == this) {
            throw new IllegalStateException("a parallel loop was started from inside a task of the same workers");
        }
        callers.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the workers are closed");
            }
            task = body;
            for (int i = 0; i < threads; i++) {
                long from = (long) pieces * i / threads;
                left.set((i + 1) * APART, from << 32 | (long) pieces * (i + 1) / threads);
            }
            pending.set(members.length);
            for (Member member : members) {
                member.start(member.loop + 1);
            }
            try {
                body.run(0, threads);
            } catch (Throwable t) {
                fail(t);
            }
            awaitMembers();
            task = null;
            Throwable thrown = failure.getAndSet(null);
            if (thrown instanceof RuntimeException e) {
                throw e;
            } else if (thrown instanceof Error e) {
                throw e;
            }
        } finally {
            callers.unlock();
        }
    }

    /** What a part does of a loop over pieces. */
    private final class Share implements Pieces {
        private final int part;

        Share(int part) {
            this.part = part;
        }

        @Override
        public int next() {
            int piece = take(part, true);
            for (int i = 1; piece < 0 && i < threads; i++) {
                piece = take((part + i) % threads, false);
            }
            return piece;
        }

        /** The first or the last piece of somebody's share, or −1. */
        private int take(int whose, boolean first) {
            int at = (whose + 1) * APART;
            while (true) {
                long range = left.get(at);
                int from = (int) (range >>> 32);
                int to = (int) range;
                if (from >= to) {
                    return -1;
                }
                if (left.compareAndSet(at, range, first ? range + (1L << 32) : range - 1)) {
                    return first ? from : to - 1;
                }
            }
        }
    }

    private void awaitMembers() {
        long deadline = 0;
        while (pending.get() > 0) {
            if (deadline == 0) {
                deadline = System.nanoTime() + SPIN_NANOS;
            } else if (System.nanoTime() < deadline) {
                Thread.onSpinWait();
            } else {
                waitingCaller = Thread.currentThread();
                if (pending.get() > 0) {
                    LockSupport.park(this);
                }
                waitingCaller = null;
            }
        }
    }

    private void fail(Throwable t) {
        if (!failure.compareAndSet(null, t)) {
            Throwable first = failure.get();
            if (first != t) {
                first.addSuppressed(t);
            }
        }
    }

    @Override
    public float[] scratch(int part, int index, int floats) {
        float[] memory = scratch[part][index];
        if (memory.length < floats) {
            memory = new float[floats];
            scratch[part][index] = memory;
        }
        return memory;
    }

    @Override
    public int[] integers(int part, int index, int length) {
        int[] memory = integers[part][index];
        if (memory.length < length) {
            memory = new int[length];
            integers[part][index] = memory;
        }
        return memory;
    }

    @Override
    public void close() {
        if (permanent) {
            return;
        }
        callers.lock();
        try {
            closed = true;
            for (Member member : members) {
                LockSupport.unpark(member);
            }
        } finally {
            callers.unlock();
        }
    }

    /** One thread of the team, which always does the same part. */
    private final class Member extends Thread {
        private final int part;
        private volatile int loop;
        private volatile boolean parked;

        Member(int part) {
            this.part = part;
        }

        WorkerPool pool() {
            return WorkerPool.this;
        }

        /** Publishes loop number {@code next}; the write of {@link #loop} also publishes the task. */
        void start(int next) {
            loop = next;
            if (parked) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            int done = 0;
            while (true) {
                if (!awaitLoop(done)) {
                    return;
                }
                done = loop;
                try {
                    task.run(part, threads);
                } catch (Throwable t) {
                    fail(t);
                }
                if (pending.decrementAndGet() == 0) {
                    LockSupport.unpark(waitingCaller);
                }
            }
        }

        private boolean awaitLoop(int done) {
            long deadline = 0;
            while (loop == done) {
                if (closed) {
                    return false;
                }
                if (deadline == 0) {
                    deadline = System.nanoTime() + SPIN_NANOS;
                } else if (System.nanoTime() < deadline) {
                    Thread.onSpinWait();
                } else {
                    parked = true;
                    if (loop == done && !closed) {
                        LockSupport.park(WorkerPool.this);
                    }
                    parked = false;
                }
            }
            return true;
        }
    }
}
