package org.djlquant.quant;

/** Bit fields of equal place in consecutive bytes, eight bytes at a time: how blocks hold their codes. */
final class Fields {
    private static final long ONES = 0x0101010101010101L;

    private Fields() {}

    /**
     * {@code codes[at + i] = data[offset + i] >> shift & 2^width − 1}.
     *
     * @param n number of bytes, a multiple of 8
     */
    static void read(byte[] data, int offset, int n, int shift, int width, byte[] codes, int at) {
        long mask = ((1 << width) - 1) * ONES;
        for (int i = 0; i < n; i += 8) {
            Bytes.putEight(codes, at + i, Bytes.eight(data, offset + i) >>> shift & mask);
        }
    }

    /**
     * {@code codes[at + i] |= (data[offset + i] >> shift & 2^width − 1) << left}.
     *
     * @param n number of bytes, a multiple of 8
     */
    static void add(byte[] data, int offset, int n, int shift, int width, byte[] codes, int at, int left) {
        long mask = ((1 << width) - 1) * ONES;
        for (int i = 0; i < n; i += 8) {
            long field = Bytes.eight(data, offset + i) >>> shift & mask;
            Bytes.putEight(codes, at + i, Bytes.eight(codes, at + i) | field << left);
        }
    }

    /** {@code codes[at + i] = data[offset + i] + 128}: signed bytes as unsigned codes; n as above. */
    static void readSigned(byte[] data, int offset, int n, byte[] codes, int at) {
        for (int i = 0; i < n; i += 8) {
            Bytes.putEight(codes, at + i, Bytes.eight(data, offset + i) ^ 128 * ONES);
        }
    }
}
