package org.djlquant.quant;

/**
 * A super block of 256 whose values are chosen from a {@link Lattice}, with a sign bit for each value
 * and an odd integer scale for each group. A subclass says where the parts are.
 *
 * <pre>w[k] = (d · sc[k / group]) · (sign[k] ? negative : positive)[level[k]]</pre>
 *
 * <p>Sign and level together are an index into a codebook of 8 or 16 values, which is the integer form.
 */
abstract class LatticeBlock extends FixedBlock {
    private final int group;
    private final Lattice lattice;
    private final int levelBits;
    private final float[] table;

    /**
     * Fixes the constants.
     *
     * @param group values that share a scale
     * @param positive value of each level where the sign bit is 0
     * @param negative value of each level where it is 1
     */
    LatticeBlock(String name, int bytes, int group, Lattice lattice, float[] positive, float[] negative) {
        this(name, bytes, group, lattice, table(positive, negative));
    }

    private LatticeBlock(String name, int bytes, int group, Lattice lattice, float[] table) {
        int bits = Integer.numberOfTrailingZeros(table.length);
        super(name, 256, bytes, new GroupForm(bits, group, 256, 0, true, false, false, table));
        this.group = group;
        this.lattice = lattice;
        this.levelBits = bits - 1;
        this.table = table;
    }

    private static float[] table(float[] positive, float[] negative) {
        int half = Integer.highestOneBit(2 * positive.length - 1);
        float[] table = new float[2 * half];
        System.arraycopy(positive, 0, table, 0, positive.length);
        System.arraycopy(negative, 0, table, half, negative.length);
        return table;
    }

    /** The same magnitudes with the other sign. */
    static float[] negated(float[] levels) {
        float[] negative = new float[levels.length];
        for (int i = 0; i < levels.length; i++) {
            negative[i] = -levels[i];
        }
        return negative;
    }

    /** The seven stored sign bits and the eighth, which makes the number of ones even. */
    static int evenSigns(int seven) {
        return seven | (Integer.bitCount(seven) & 1) << 7;
    }

    /** Scale of the block, with the scheme's constant factor. */
    abstract float scale(byte[] data, int offset);

    /** Odd integer scale of a group. */
    abstract int groupScale(byte[] data, int offset, int g);

    /** Index of a lattice point; point {@code p} covers values {@code p · dimension} on. */
    abstract int point(byte[] data, int offset, int p);

    /** Sign bits of values {@code 8·octet} to {@code 8·octet + 7}, the first in the lowest bit. */
    abstract int signs(byte[] data, int offset, int octet);

    @Override
    public final void decode(byte[] data, int offset, float[] dst, int dstOffset) {
        float d = scale(data, offset);
        int dimension = lattice.dimension();
        float dl = 0;
        for (int p = 0; p < 256 / dimension; p++) {
            int first = p * dimension;
            if (first % group == 0) {
                dl = d * groupScale(data, offset, first / group);
            }
            int point = point(data, offset, p);
            int signs = signs(data, offset, first / 8) >> first % 8;
            for (int i = 0; i < dimension; i++) {
                dst[dstOffset + first + i] = dl * table[lattice.level(point, i) | (signs >> i & 1) << levelBits];
            }
        }
    }

    @Override
    public final void unpack(byte[] data, int offset, int block, GroupedRow into) {
        into.d[block] = scale(data, offset);
        int groups = 256 / group;
        for (int g = 0; g < groups; g++) {
            into.sc[groups * block + g] = (byte) groupScale(data, offset, g);
        }
        int dimension = lattice.dimension();
        for (int p = 0; p < 256 / dimension; p++) {
            int first = p * dimension;
            int point = point(data, offset, p);
            int signs = signs(data, offset, first / 8) >> first % 8;
            for (int i = 0; i < dimension; i++) {
                into.codes[256 * block + first + i] =
                        (byte) (lattice.level(point, i) | (signs >> i & 1) << levelBits);
            }
        }
    }
}
