package org.djlquant.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads memory from its first line to its last and does nothing else, so that it is in the cache for what computes with it
 * next. In such a loop a processor runs ahead as far as it can, while in one that computes it sees a few lines ahead, and
 * where lines are left out or taken twice the hardware foresees nothing.
 *
 * <p>Plain code: in vectors it was itself something to compile first. All return a sum that must be put somewhere, or nothing
 * would be read.
 */
final class Fetch {
    /** Bytes of a line of the cache. */
    private static final int LINE = 64;

    private static final int LINE_INTS = LINE / Integer.BYTES;

    private Fetch() {}

    /** The {@code n} bytes from {@code p} on. */
    static int bytes(MemorySegment m, long p, int n) {
        int sum = 0;
        for (int i = 0; i < n; i += LINE) {
            sum += m.get(ValueLayout.JAVA_INT_UNALIGNED, p + i);
        }
        return sum;
    }

    /** The {@code n} elements from {@code at} on. */
    static int ints(int[] x, int at, int n) {
        int sum = 0;
        for (int i = 0; i < n; i += LINE_INTS) {
            sum += x[at + i];
        }
        return sum;
    }

    /** The {@code n} elements from {@code at} on. */
    static int floats(float[] x, int at, int n) {
        int sum = 0;
        for (int i = 0; i < n; i += LINE_INTS) {
            sum += Float.floatToRawIntBits(x[at + i]); // sums of floats would wait for each other
        }
        return sum;
    }
}
