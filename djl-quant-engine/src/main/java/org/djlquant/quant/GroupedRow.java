package org.djlquant.quant;

/**
 * One row taken apart as {@link GroupForm} says; a plain buffer that the caller reuses. Not
 * thread-safe.
 */
public final class GroupedRow {
    /** One unsigned code per stored column. */
    public final byte[] codes;

    /** Scale per super group. */
    public final float[] d;

    /** Minimum scale per super group; empty without minimum. */
    public final float[] dmin;

    /** Integer sub-scale per group; empty without sub-scales. */
    public final byte[] sc;

    /** Integer sub-minimum per group; empty without sub-scales or minimum. */
    public final byte[] m;

    /** Codes in input order, for matrices that bring them into another. */
    private byte[] unordered;

    /** Allocates the buffers for rows of {@code cols} elements. */
    public GroupedRow(GroupForm form, int cols) {
        int supers = Math.ceilDiv(cols, form.superGroup());
        int groups = Math.ceilDiv(cols, form.group());
        codes = new byte[cols];
        d = new float[supers];
        dmin = new float[form.hasMin() ? supers : 0];
        sc = new byte[form.subScales() ? groups : 0];
        m = new byte[form.subScales() && form.hasMin() ? groups : 0];
    }

    byte[] unordered() {
        if (unordered == null) {
            unordered = new byte[codes.length];
        }
        return unordered;
    }

    /** The value of column {@code k}: the formula of {@link GroupForm}, in its order of evaluation. */
    public float value(GroupForm form, int k) {
        int g = k / form.group();
        int s = k / form.superGroup();
        int code = codes[k] & 0xff;
        float v = form.table() != null ? form.table()[code] : code - form.zero();
        float w = (form.subScales() ? d[s] * sc[g] : d[s]) * v;
        if (form.hasMin()) {
            w -= form.subScales() ? dmin[s] * m[g] : dmin[s];
        }
        return w;
    }
}
