package org.djlquant.runtime;

/**
 * A fixed team of threads that run one parallel loop at a time. Implementations are safe for use by
 * many threads: loops of different callers run one after the other, in the order they came.
 */
public interface Workers extends AutoCloseable {

    /** The body of a parallel loop. */
    @FunctionalInterface
    interface Task {
        /**
         * Does part {@code index} of {@code parts}.
         *
         * @param index 0 ≤ index &lt; parts
         * @param parts number of parts the work was split in
         */
        void run(int index, int parts);
    }

    /** The body of a parallel loop over pieces. */
    @FunctionalInterface
    interface PieceTask {
        /**
         * Does pieces until there are no more.
         *
         * @param part 0 ≤ part &lt; {@link #threads}
         * @param pieces what is left to do
         */
        void run(int part, Pieces pieces);
    }

    /** The pieces that a part of a loop is to do, one after the other. */
    interface Pieces {
        /** The next piece, or −1 if all are taken. */
        int next();
    }

    /**
     * The team that all models of this JVM share unless they ask for their own. Its size is the
     * system property {@code djlquant.threads}, else what {@link CpuBudget} finds.
     */
    static Workers shared() {
        return WorkerPool.Shared.POOL;
    }

    /** A team of its own with {@code threads} threads, the caller included; the caller closes it. */
    static Workers of(int threads) {
        return new WorkerPool(threads);
    }

    /** Number of threads that work, the caller included. */
    int threads();

    /**
     * Runs {@code task.run(i, threads())} for every i, the caller doing part 0, and returns when all
     * are done. An exception of any part is thrown to the caller after all parts ended.
     *
     * @throws IllegalStateException if called from inside a task of this team, or after close
     */
    void run(Task task);

    /**
     * Runs {@code task} on every thread, as {@link #run(Task)} does. Each part gets its share of the pieces 0 to {@code
     * count} − 1, neighbours in rising order, and then what others have not begun, from their ends: a thread that was
     * late or slow delays a loop by one piece.
     */
    void run(int count, PieceTask task);

    /**
     * Memory that part {@code part} of the running loop may use as it likes; its content is
     * undefined. It stays the same between loops, so that a step allocates nothing.
     *
     * @param part the index the task was called with
     * @param index which of the part's arrays, 0 to 7
     * @param floats least length of the array
     */
    float[] scratch(int part, int index, int floats);

    /** As {@link #scratch}, of integers: other arrays, with numbers of their own. */
    int[] integers(int part, int index, int length);

    /** Ends the threads of a team made by {@link #of}; the shared team ignores it. */
    @Override
    void close();
}
