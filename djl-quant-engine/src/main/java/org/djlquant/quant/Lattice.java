package org.djlquant.quant;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/**
 * The table of points from which the {@code IQ1} to {@code IQ3} schemes choose: an index stands for
 * four or eight small magnitudes at once.
 *
 * @param dimension values of a point, 4 or 8
 * @param levels the points one after the other; a level is an index into a scheme's magnitudes
 */
record Lattice(int dimension, byte[] levels) {

    /**
     * Reads a table from a resource of 16-bit little-endian words, one a point: eight 2-bit or four
     * 4-bit levels, the first in the lowest bits.
     *
     * @param name the scheme that owns the table
     */
    static Lattice load(String name, int dimension) {
        byte[] packed;
        try (InputStream in = Objects.requireNonNull(Lattice.class.getResourceAsStream(name + ".bin"), name)) {
            packed = in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int bits = 16 / dimension;
        byte[] levels = new byte[packed.length / 2 * dimension];
        for (int i = 0; i < levels.length; i++) {
            int point = i / dimension;
            int word = packed[2 * point] & 0xff | (packed[2 * point + 1] & 0xff) << 8;
            levels[i] = (byte) (word >> i % dimension * bits & (1 << bits) - 1);
        }
        return new Lattice(dimension, levels);
    }

    /** Level {@code i} of a point. */
    int level(int point, int i) {
        return levels[point * dimension + i];
    }
}
