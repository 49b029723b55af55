package org.djlquant.quant;

/**
 * GGUF {@code IQ1_M}: the points of {@code IQ1_S} with a shift for each octet and sixteen groups of 16
 * with 3-bit scales. The float16 scale of the block is spread over the top nibbles of four words.
 *
 * <pre>
 * byte  0 … 31                   | 32 … 47: nibble for each octet        | 48 … 55: u16 word[4]
 *       low 8 bits of each point | bits 0 … 2 = bits 8 … 10 of the point | bits 3·i … 3·i + 2 of word j
 *                                  bit 3 = shift is negative               = s of group 4j + i
 *
 * d    = float16 with nibble j = bits 12 … 15 of word[j]
 * w[k] = d · (2·s + 1) · ({−1, 0, 1}[level] ± 1/8)
 * </pre>
 *
 * Source: block_iq1_m of ggml.
 */
final class IQ1_M extends LatticeBlock {
    IQ1_M() {
        super("IQ1_M", 56, 16, IQ1_S.LATTICE, IQ1_S.UP, IQ1_S.DOWN);
    }

    @Override
    float scale(byte[] data, int offset) {
        int bits = 0;
        for (int j = 0; j < 4; j++) {
            bits |= Bytes.u16(data, offset + 48 + 2 * j) >> 12 << 4 * j;
        }
        return Float.float16ToFloat((short) bits);
    }

    @Override
    int groupScale(byte[] data, int offset, int g) {
        return 2 * (Bytes.u16(data, offset + 48 + g / 4 * 2) >> g % 4 * 3 & 7) + 1;
    }

    private static int nibble(byte[] data, int offset, int octet) {
        return Bytes.u8(data, offset + 32 + octet / 2) >> octet % 2 * 4;
    }

    @Override
    int point(byte[] data, int offset, int p) {
        return Bytes.u8(data, offset + p) | (nibble(data, offset, p) & 7) << 8;
    }

    @Override
    int signs(byte[] data, int offset, int octet) {
        return (nibble(data, offset, octet) & 8) == 0 ? 0 : 0xff;
    }
}
