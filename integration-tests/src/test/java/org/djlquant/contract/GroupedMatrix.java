package org.djlquant.contract;

import java.util.Random;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.WeightMatrix;

/** A matrix of any form, kept as its parts; its definition is {@link GroupedRow#value}. */
class GroupedMatrix implements WeightMatrix {
    private final GroupForm form;
    private final int cols;
    private final GroupedRow[] rows;
    private final int[] order;

    GroupedMatrix(GroupForm form, int rows, int cols, int[] order, long seed) {
        this.form = form;
        this.cols = cols;
        this.order = order;
        this.rows = new GroupedRow[rows];
        Random random = new Random(seed);
        for (int r = 0; r < rows; r++) {
            this.rows[r] = new GroupedRow(form, cols);
            RandomMatrix.fill(form, this.rows[r], random);
        }
    }

    @Override
    public String scheme() {
        return form.toString();
    }

    @Override
    public int rows() {
        return rows.length;
    }

    @Override
    public int cols() {
        return cols;
    }

    @Override
    public long byteSize() {
        return (long) rows.length * cols;
    }

    @Override
    public GroupForm form() {
        return form;
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        for (int k = 0; k < cols; k++) {
            dst[dstOffset + (order == null ? k : order[k])] = rows[row].value(form, k);
        }
    }

    @Override
    public void unpackRow(int row, GroupedRow into) {
        GroupedRow from = rows[row];
        System.arraycopy(from.codes, 0, into.codes, 0, cols);
        System.arraycopy(from.d, 0, into.d, 0, from.d.length);
        System.arraycopy(from.dmin, 0, into.dmin, 0, from.dmin.length);
        System.arraycopy(from.sc, 0, into.sc, 0, from.sc.length);
        System.arraycopy(from.m, 0, into.m, 0, from.m.length);
    }

    @Override
    public int[] columnOrder() {
        return order;
    }
}
