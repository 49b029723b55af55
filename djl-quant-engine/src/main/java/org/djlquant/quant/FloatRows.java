package org.djlquant.quant;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of little-endian floating-point numbers, row after row.
 *
 * @param type how a number is stored
 * @param data the numbers, not necessarily aligned
 */
public record FloatRows(Type type, MemorySegment data) {

    /** A number. */
    float at(long index) {
        return switch (type) {
            case F32 -> Bytes.f32(data, 4 * index);
            case F16 -> Bytes.half(data, 2 * index);
            case BF16 -> Float.intBitsToFloat(Bytes.u16(data, 2 * index) << 16);
        };
    }

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
