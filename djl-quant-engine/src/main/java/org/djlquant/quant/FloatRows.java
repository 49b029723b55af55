package org.djlquant.quant;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of little-endian floating-point numbers, row after row.
 *
 * @param type how a number is stored
 * @param data the numbers, not necessarily aligned
 */
public record FloatRows(Type type, MemorySegment data) {

    /** Stored floating-point types. */
    public enum Type {
        /** IEEE 754 binary32. */
        F32(4),
        /** IEEE 754 binary16. */
        F16(2),
        /** The upper half of a binary32. */
        BF16(2);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of a number. */
        public int bytes() {
            return bytes;
        }
    }
}
