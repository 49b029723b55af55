package org.djlquant.quant;

/** The order in which ggml's 4-bit blocks keep their codes: first half low, second half high nibbles. */
final class Nibbles {
    private Nibbles() {}

    /** Writes the {@code 2·n} codes of {@code n} bytes, a multiple of 8: low nibbles, then high nibbles. */
    static void unpack(byte[] data, int offset, int n, byte[] codes, int at) {
        Fields.read(data, offset, n, 0, 4, codes, at);
        Fields.read(data, offset, n, 4, 4, codes, at + n);
    }

    /** Writes the low four bits of {@code 2·n} codes to {@code n} bytes. */
    static void pack(byte[] codes, int at, int n, byte[] data, int offset) {
        for (int j = 0; j < n; j++) {
            Bytes.put8(data, offset + j, codes[at + j] & 15 | codes[at + j + n] << 4);
        }
    }
}
