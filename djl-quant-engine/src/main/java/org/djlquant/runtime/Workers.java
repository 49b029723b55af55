package org.djlquant.runtime;

/**
 * A fixed team of threads that run one parallel loop at a time. Implementations are safe for use by
 * many threads: loops of different callers run one after the other.
 */
public interface Workers {

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

    /** Number of threads that work, the caller included. */
    int threads();

    /**
     * Runs {@code task.run(i, threads())} for every i, the caller doing part 0, and returns when all
     * are done. An exception of any part is thrown to the caller after all parts ended.
     */
    void run(Task task);
}
