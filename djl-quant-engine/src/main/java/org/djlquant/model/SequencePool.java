package org.djlquant.model;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;
import org.djlquant.runtime.MemoryPlan;

/**
 * The sequences of requests, within a bound on the memory of their KV caches. A request reserves at once
 * all it may need and waits, first come first served, until that is free: so whoever runs can run to the
 * end, and nobody is overtaken forever. What finished requests leave behind stays as long as there is
 * room ({@link PrefixCache}), and later ones begin with the longest prefix they share with it.
 *
 * <p>Safe for use by many threads.
 */
public final class SequencePool {
    private final Supplier<Sequence> fresh;
    private final IntToLongFunction bytes;
    private final long limit;
    private final PrefixCache prefixes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<Claim> queue = new ArrayDeque<>();
    private long reserved;
    private int running;
    private boolean closed;
    private long cachedTokens;

    /**
     * Creates the pool of a model.
     *
     * @param fresh makes an empty sequence
     * @param bytes bytes of cache for a number of positions
     * @param limit most bytes of all sequences together
     * @param prefixCaching whether finished sequences are kept for others that begin alike
     */
    public SequencePool(Supplier<Sequence> fresh, IntToLongFunction bytes, long limit, boolean prefixCaching) {
        this.fresh = fresh;
        this.bytes = bytes;
        this.limit = limit;
        prefixes = prefixCaching ? new PrefixCache() : null;
    }

    /** A pool without a bound that keeps nothing. */
    public static SequencePool unbounded(Supplier<Sequence> fresh) {
        return new SequencePool(fresh, positions -> 0, Long.MAX_VALUE, false);
    }

    /**
     * What the sequences hold now.
     *
     * @param limitBytes most bytes of all together
     * @param reservedBytes reserved by running requests
     * @param prefixBytes held by finished ones for others that begin alike
     * @param running number of requests that run
     * @param waiting number of requests that wait for memory
     * @param cachedTokens tokens of prompts, so far, that were found instead of computed
     */
    public record Stats(long limitBytes, long reservedBytes, long prefixBytes, int running, int waiting, long cachedTokens) {}

    /** What the sequences hold now. */
    public Stats stats() {
        lock.lock();
        try {
            return new Stats(limit, reserved, prefixBytes(), running, queue.size(), cachedTokens);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Gets in line for a sequence.
     *
     * @param prompt what it will begin with; not to be changed while the claim is open
     * @param positions most positions it will have
     * @throws IllegalArgumentException if it needs more than all sequences may have together
     * @throws IllegalStateException if the model is closed
     */
    public Claim claim(int[] prompt, int positions) {
        long need = bytes.applyAsLong(positions);
        if (need > limit) {
            throw new IllegalArgumentException("a request of " + positions + " positions (prompt and max_new_tokens) needs "
                    + MemoryPlan.size(need) + " of KV cache, more than the " + MemoryPlan.size(limit)
                    + " there are for all requests together (option kv_cache_memory_bytes); ask for fewer tokens");
        }
        Claim claim = new Claim(prompt, need);
        lock.lock();
        try {
            requireOpen();
            queue.add(claim);
            admit();
        } finally {
            lock.unlock();
        }
        return claim;
    }

    /** Lets in who is next, as long as there is room; the oldest prefixes make way. Called under the lock. */
    private void admit() {
        for (Claim next = queue.peek(); next != null && reserved + next.need <= limit; next = queue.peek()) {
            if (prefixes != null) {
                prefixes.touch(next.prompt); // what it begins with goes last
                prefixes.evict(limit - reserved - next.need);
            }
            queue.remove();
            reserved += next.need;
            running++;
            next.admitted = true;
        }
        changed.signalAll();
    }

    private long prefixBytes() {
        return prefixes == null ? 0 : prefixes.bytes();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the model is closed");
        }
    }

    /** Refuses claims from now on, and ends the waiting of those in line; the model frees the sequences. */
    void close() {
        lock.lock();
        try {
            closed = true;
            queue.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** A place in line, then memory for one sequence, until it is closed. Used by one thread at a time. */
    public final class Claim implements AutoCloseable {
        private final int[] prompt;
        private final long need;
        private boolean admitted;
        private boolean done;
        private Sequence sequence;

        private Claim(int[] prompt, long need) {
            this.prompt = prompt;
            this.need = need;
        }

        /**
         * Whether its turn has come.
         *
         * @throws IllegalStateException if the model is closed
         */
        public boolean isAdmitted() {
            return await(0);
        }

        /**
         * Waits for its turn; returns whether it has come. An interrupt ends the waiting and stays set.
         *
         * @throws IllegalStateException if the model is closed
         */
        public boolean await(long millis) {
            lock.lock();
            try {
                long left = TimeUnit.MILLISECONDS.toNanos(millis);
                while (!admitted && !closed && left > 0) {
                    left = changed.awaitNanos(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                lock.unlock();
            }
            if (!admitted) {
                requireOpen();
            }
            return admitted;
        }

        /** The sequence: empty, or with the longest known prefix of the prompt, but not all of it. */
        public Sequence start() {
            lock.lock();
            try {
                requireAdmitted();
                sequence = prefixes == null ? null : prefixes.fork(prompt);
                if (sequence == null) {
                    sequence = fresh.get();
                }
                cachedTokens += sequence.length();
                return sequence;
            } finally {
                lock.unlock();
            }
        }

        /** The sequence: a copy of another one, which must fit. */
        public Sequence startFrom(Sequence other) {
            requireAdmitted();
            sequence = other.fork();
            return sequence;
        }

        private void requireAdmitted() {
            if (!admitted || done || sequence != null) {
                throw new IllegalStateException("a sequence starts once, when its claim was admitted");
            }
        }

        /** Lets requests that come from now on begin with the tokens of this sequence, which goes on, if there is room. */
        public void share(int[] tokens) {
            lock.lock();
            try {
                if (prefixes != null && !closed) {
                    long size = bytes.applyAsLong(tokens.length);
                    if (reserved + prefixes.bytes() + size <= limit) {
                        prefixes.add(tokens, sequence.fork(tokens.length), size);
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        /** Ends the request and keeps its sequence for others that begin with the same tokens, all that it holds. */
        public void finish(int[] tokens) {
            lock.lock();
            try {
                if (prefixes != null && !closed && !done && sequence != null && sequence.length() == tokens.length) {
                    // it reserved at least what it holds, so there is room as soon as that is given back
                    prefixes.add(tokens, sequence, bytes.applyAsLong(tokens.length));
                    sequence = null;
                }
                close();
            } finally {
                lock.unlock();
            }
        }

        /** Leaves the line, or frees the sequence. Idempotent. */
        @Override
        public void close() {
            lock.lock();
            try {
                if (done) {
                    return;
                }
                done = true;
                if (sequence != null) {
                    sequence.close();
                    sequence = null;
                }
                if (admitted) {
                    reserved -= need;
                    running--;
                } else {
                    queue.remove(this);
                }
                if (!closed) {
                    admit();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
