package org.djlquant.quant;

import java.lang.foreign.MemorySegment;

/** The order in which ggml's 4-bit blocks keep their codes: first half low, second half high nibbles. */
final class Nibbles {
    private static final long LOW = 0x0f0f0f0f0f0f0f0fL;

    private Nibbles() {}

    /** Writes the {@code 2·n} codes of {@code n} bytes, a multiple of 8: low nibbles, then high nibbles. */
    static void unpack(MemorySegment data, long offset, int n, byte[] codes, int at) {
        for (int j = 0; j < n; j += 8) {
            long qs = Bytes.i64(data, offset + j);
            Bytes.putEight(codes, at + j, qs & LOW);
            Bytes.putEight(codes, at + j + n, qs >>> 4 & LOW);
        }
    }

    /** Writes the low four bits of {@code 2·n} codes to {@code n} bytes. */
    static void pack(byte[] codes, int at, int n, MemorySegment data, long offset) {
        for (int j = 0; j < n; j++) {
            Bytes.put8(data, offset + j, codes[at + j] & 15 | codes[at + j + n] << 4);
        }
    }
}
