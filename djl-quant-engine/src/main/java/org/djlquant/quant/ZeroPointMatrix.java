package org.djlquant.quant;

import java.util.Optional;

/**
 * A matrix of unsigned codes with a scale and an integer zero point for each group of inputs of each
 * row: {@code w[r, k] = scale[r, g] · (code[r, k] − zero[r, g])}, evaluated in float32.
 *
 * <p>For the integer form the zero points must be the same everywhere, or become minima {@code scale ·
 * zero}. The latter loses nothing if scales have at most 15 significant bits, as float16 and bfloat16
 * have; with float32 scales there is no integer form then.
 */
abstract class ZeroPointMatrix implements WeightMatrix {
    private final int rows;
    private final int cols;
    private final int groups;
    private final int[] groupOf;
    private final int[] order;
    private GroupForm form;

    /**
     * Fixes the shape.
     *
     * @param groups groups of a row
     * @param groupOf group of each input
     * @param order inputs sorted by group, or {@code null} if they are in that order
     */
    ZeroPointMatrix(int rows, int cols, int groups, int[] groupOf, int[] order) {
        this.rows = rows;
        this.cols = cols;
        this.groups = groups;
        this.groupOf = groupOf;
        this.order = order;
    }

    /** Writes the codes of {@code count} rows in input order, each to its array. */
    abstract void codes(int first, int count, byte[][] codes);

    /** Scale of a group. */
    abstract float scale(int row, int group);

    /** Zero point of a group. */
    abstract int zero(int row, int group);

    /**
     * Finds the integer form; the last step of a constructor.
     *
     * @param bits bits of a code
     * @param group inputs of a group
     * @param scaleType stored type of the scales
     */
    final void findForm(int bits, int group, String scaleType) {
        if (!groupsAreRuns(group)) {
            return;
        }
        boolean half = scaleType.equals("F16");
        if (sameZero()) {
            form = new GroupForm(bits, group, group, zero(0, 0), false, false, half, null);
        } else if (!scaleType.equals("F32")) {
            form = GroupForm.zeroPoints(bits, group, half);
        }
    }

    private boolean groupsAreRuns(int group) {
        for (int k = 0; k < cols; k++) {
            if (groupOf[order == null ? k : order[k]] != k / group) {
                return false;
            }
        }
        return true;
    }

    private boolean sameZero() {
        return zeroIsAlways(zero(0, 0));
    }

    /** Whether all zero points are this one. */
    final boolean zeroIsAlways(int zero) {
        for (int g = 0; g < groups; g++) {
            for (int r = 0; r < rows; r++) {
                if (zero(r, g) != zero) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public final int rows() {
        return rows;
    }

    @Override
    public final int cols() {
        return cols;
    }

    @Override
    public final void decodeRow(int row, float[] dst, int dstOffset) {
        byte[] codes = new byte[cols];
        codes(row, 1, new byte[][] {codes});
        int group = -1;
        float scale = 0;
        int zero = 0;
        for (int k = 0; k < cols; k++) {
            if (groupOf[k] != group) {
                group = groupOf[k];
                scale = scale(row, group);
                zero = zero(row, group);
            }
            dst[dstOffset + k] = scale * ((codes[k] & 0xff) - zero);
        }
    }

    @Override
    public final GroupForm form() {
        return form;
    }

    @Override
    public final int[] columnOrder() {
        return order == null ? null : order.clone();
    }

    @Override
    public final void unpackRow(int row, GroupedRow into) {
        unpackRows(row, 1, new GroupedRow[] {into});
    }

    @Override
    public final void unpackRows(int first, int count, GroupedRow[] into) {
        byte[][] codes = new byte[count][];
        for (int i = 0; i < count; i++) {
            codes[i] = order == null ? into[i].codes : into[i].unordered();
        }
        codes(first, count, codes);
        for (int i = 0; i < count; i++) {
            if (order != null) {
                reorder(codes[i], into[i].codes);
            }
            for (int g = 0; g < groups; g++) {
                into[i].d[g] = scale(first + i, g);
                if (form.hasMin()) {
                    into[i].dmin[g] = into[i].d[g] * zero(first + i, g);
                }
            }
        }
    }

    private void reorder(byte[] from, byte[] to) {
        for (int k = 0; k < cols; k++) {
            to[k] = from[order[k]];
        }
    }

    @Override
    public final Optional<String> remark() {
        OddScales odd = new OddScales();
        for (int g = 0; g < groups; g++) {
            for (int r = 0; r < rows; r++) {
                odd.see(scale(r, g));
            }
        }
        return odd.remark(true);
    }

    /** The group of each input when groups are runs of {@code group} inputs. */
    static int[] runs(int cols, int group) {
        int[] groupOf = new int[cols];
        for (int k = 0; k < cols; k++) {
            groupOf[k] = k / group;
        }
        return groupOf;
    }
}
