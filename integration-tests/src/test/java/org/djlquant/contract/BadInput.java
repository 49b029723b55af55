package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.junit.jupiter.api.Assertions;

/** What every refusal must keep: one of our exceptions, naming the file and the problem, fast, without large allocations. */
final class BadInput {
    private static final long MAX_NANOS = 1_000_000_000L;
    private static final long MAX_ALLOCATED = 16 << 20;

    private BadInput() {}

    /** Something to try on a bad file. */
    interface Attempt {
        void run() throws Exception;
    }

    /**
     * Expects a refusal.
     *
     * @param named the file or folder the message must name
     * @param message a part of the message
     * @return the exception
     */
    static RuntimeException refused(Path named, String message, Attempt attempt) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = threads.getCurrentThreadAllocatedBytes();
        // of this thread, so that a busy machine cannot fail the test
        long start = threads.getCurrentThreadCpuTime();
        RuntimeException e = Assertions.assertThrows(RuntimeException.class, attempt::run);
        long nanos = threads.getCurrentThreadCpuTime() - start;
        allocated = threads.getCurrentThreadAllocatedBytes() - allocated;
        assertTrue(
                e instanceof ModelFormatException || e instanceof UnsupportedModelException,
                () -> "refused by " + e);
        assertTrue(e.getMessage().contains(message), () -> "expected \"" + message + "\" in: " + e.getMessage());
        assertTrue(e.getMessage().contains(named.getFileName().toString()), () -> "names no file: " + e.getMessage());
        assertTrue(nanos < MAX_NANOS, "took " + nanos / 1_000_000 + " ms");
        long bytes = allocated;
        assertTrue(bytes < MAX_ALLOCATED, () -> "allocated " + bytes + " bytes");
        return e;
    }

    /** Expects that the format is recognised but not supported. */
    static void unsupported(Path named, String message, Attempt attempt) {
        assertInstanceOf(UnsupportedModelException.class, refused(named, message, attempt));
    }
}
