package org.djlquant.quant;

/**
 * What the integer form of a scheme looks like. Every affine and codebook scheme is an instance of
 *
 * <pre>w[k] = (d[k / superGroup] · sc[k / group]) · v(code[k])  −  dmin[k / superGroup] · m[k / group]</pre>
 *
 * where {@code v(c) = table[c]} for a codebook and {@code c − zero} otherwise. The products are
 * evaluated in float32 in the order written. A scheme with one scale per group has {@code
 * superGroup == group} and {@code subScales == false} (then {@code sc = m = 1}); one without a
 * minimum has {@code hasMin == false}. Kernels choose a packed layout by these fields, never by the
 * name of a scheme.
 *
 * @param bits bits of one code, 1 to 8; codes are unsigned (0 … 2^bits − 1)
 * @param group elements that share a (sub-)scale; divides superGroup
 * @param superGroup elements that share {@code d}; a row is padded to whole super groups
 * @param zero the code that means 0, for schemes without table; 0 if {@code hasMin}
 * @param subScales whether {@code sc} (and {@code m}) are stored: signed 8-bit integers
 * @param hasMin whether {@code dmin·m} is subtracted
 * @param halfScales whether {@code d} and {@code dmin} are exactly representable in float16
 * @param table codebook of {@code 2^bits} values, or {@code null}
 * @param zeroPoints whether {@code d} is exactly representable in float16 and {@code dmin} is {@code d} times an integer
 *     of 0 to 2^16 − 1
 */
public record GroupForm(
        int bits,
        int group,
        int superGroup,
        int zero,
        boolean subScales,
        boolean hasMin,
        boolean halfScales,
        float[] table,
        boolean zeroPoints) {

    /** Checks that the fields fit each other. */
    public GroupForm {
        if (bits < 1 || bits > 8 || group < 1 || superGroup % group != 0) {
            throw new IllegalArgumentException(
                    "bits " + bits + ", group " + group + ", superGroup " + superGroup);
        }
        if (!subScales && superGroup != group) {
            throw new IllegalArgumentException("one scale per group needs superGroup == group");
        }
        if (zeroPoints && (!hasMin || subScales)) {
            throw new IllegalArgumentException("zero points are minima of one scale per group");
        }
        if (table != null && table.length != 1 << bits) {
            throw new IllegalArgumentException("table of " + table.length + " for " + bits + " bits");
        }
    }

    /** A form whose minima, if there are any, are no multiples of its scales. */
    public GroupForm(
            int bits, int group, int superGroup, int zero, boolean subScales, boolean hasMin, boolean halfScales, float[] table) {
        this(bits, group, superGroup, zero, subScales, hasMin, halfScales, table, false);
    }

    /** One float16 scale per group: {@code d · (code − zero)}. */
    static GroupForm scaled(int bits, int group, int zero) {
        return new GroupForm(bits, group, group, zero, false, false, true, null);
    }

    /** One float16 scale and minimum per group: {@code d · code − dmin}. */
    static GroupForm scaledMin(int bits, int group) {
        return new GroupForm(bits, group, group, 0, false, true, true, null);
    }

    /** One scale and zero point per group: {@code d · code − d · zero}. */
    static GroupForm zeroPoints(int bits, int group, boolean halfScales) {
        return new GroupForm(bits, group, group, 0, false, true, false, null, halfScales);
    }

    /** Super groups of 256 with integer sub-scales: {@code (d · sc) · (code − zero)}. */
    static GroupForm subScaled(int bits, int group, int zero) {
        return new GroupForm(bits, group, 256, zero, true, false, true, null);
    }

    /** Super groups of 256 with integer sub-scales and sub-minima: {@code (d · sc) · code − dmin · m}. */
    static GroupForm subScaledMin(int bits, int group) {
        return new GroupForm(bits, group, 256, 0, true, true, true, null);
    }
}
