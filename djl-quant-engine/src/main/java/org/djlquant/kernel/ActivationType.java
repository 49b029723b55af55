package org.djlquant.kernel;

import java.util.Locale;
import org.djlquant.quant.GroupForm;

/** How matrices take their activations: the option {@code activations} of a load. */
public enum ActivationType {
    /** As they are. */
    FLOAT32,

    /** Rounded as {@link RoundedActivations} says, by matrices of the forms that gain by it. */
    INT8;

    /** The widest codes for which a sum of 16 products with activations of 8 bits fits 16 bits. */
    private static final int MOST_BITS = 5;

    /** Distance of a code from the one that means 0, up to which that holds: 16 · 16 · 127 &lt; 2^15. */
    private static final int MOST_DISTANCE = 16;

    /**
     * The type that an option names.
     *
     * @throws IllegalArgumentException if it names none
     */
    public static ActivationType of(String name) {
        return switch (name.strip().toLowerCase(Locale.ROOT)) {
            case "float32", "f32", "fp32" -> FLOAT32;
            case "int8" -> INT8;
            default -> throw new IllegalArgumentException("activations must be float32 or int8, found " + name);
        };
    }

    /**
     * Whether a matrix of this form multiplies rounded activations: codes of at most 5 bits without a table,
     * in groups of 32, 64, 128, any multiple of 256, or whole rows. Others take them as they are, because
     * memory is their limit already (8 bits) or because groups and tables fit no integer sum.
     *
     * @param form of the matrix, or {@code null} if it has none
     * @param cols its columns
     */
    public boolean rounds(GroupForm form, int cols) {
        if (this == FLOAT32 || form == null || form.table() != null || form.bits() > MOST_BITS) {
            return false;
        }
        int group = form.group();
        int distance = Math.max(form.zero(), (1 << form.bits()) - 1 - form.zero());
        return (form.hasMin() || distance <= MOST_DISTANCE)
                && (group >= cols || group == 32 || group == 64 || group == 128 || group % 256 == 0);
    }
}
