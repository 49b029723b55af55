package org.djlquant.quant;

import java.lang.foreign.MemorySegment;

/** The order in which ggml's 4-bit blocks keep their codes: first half low, second half high nibbles. */
final class Nibbles {
    private Nibbles() {}

    /** Writes the {@code 2·n} codes of {@code n} bytes: low nibbles, then high nibbles. */
    static void unpack(MemorySegment data, long offset, int n, byte[] codes, int at) {
        for (int j = 0; j < n; j++) {
            int qs = Bytes.u8(data, offset + j);
            codes[at + j] = (byte) (qs & 15);
            codes[at + j + n] = (byte) (qs >> 4);
        }
    }

    /** Writes the low four bits of {@code 2·n} codes to {@code n} bytes. */
    static void pack(byte[] codes, int at, int n, MemorySegment data, long offset) {
        for (int j = 0; j < n; j++) {
            Bytes.put8(data, offset + j, codes[at + j] & 15 | codes[at + j + n] << 4);
        }
    }
}
