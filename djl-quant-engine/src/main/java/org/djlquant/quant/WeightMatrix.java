package org.djlquant.quant;

import java.util.Optional;

/**
 * A 2-D weight of shape [rows = out, cols = in], exactly as a checkpoint stores it.
 *
 * <p>Implementations are immutable views of memory-mapped bytes and safe for use by many threads.
 * Row and column indexes are not checked beyond what the underlying memory checks.
 */
public interface WeightMatrix {

    /** Name of the scheme as users know it, e.g. {@code Q4_0} or {@code BF16}. */
    String scheme();

    /** Number of output features. */
    int rows();

    /** Number of input features. */
    int cols();

    /** Bytes the stored form takes, scales included. */
    long byteSize();

    /**
     * Decodes one row to float32, exactly as the scheme is defined (no further rounding).
     *
     * @param row the row, 0 ≤ row &lt; {@link #rows()}
     * @param dst receives {@link #cols()} values from {@code dstOffset} on
     */
    void decodeRow(int row, float[] dst, int dstOffset);

    /**
     * The scalar reference of the quantized operator: the dot product of one row with a vector of
     * {@link #cols()} values, accumulated in double precision.
     */
    default double dot(int row, float[] x, int xOffset) {
        float[] w = new float[cols()];
        decodeRow(row, w, 0);
        double sum = 0;
        for (int k = 0; k < w.length; k++) {
            sum += (double) w[k] * x[xOffset + k];
        }
        return sum;
    }

    /**
     * The integer form of this matrix, from which packed layouts are built, or {@code null} if the
     * scheme has none (floating-point types, lattice codes): such a matrix is used through {@link
     * #decodeRow}.
     */
    default GroupForm form() {
        return null;
    }

    /**
     * Takes one row apart into the parts that {@link GroupForm} describes. Only for matrices with a
     * {@link #form()}.
     *
     * @param into receives the row; must be made by {@link GroupedRow#GroupedRow(GroupForm, int)}
     */
    default void unpackRow(int row, GroupedRow into) {
        throw new UnsupportedOperationException(scheme() + " has no integer form");
    }

    /**
     * Takes neighbouring rows apart, as {@link #unpackRow} does one. Schemes whose words hold codes of
     * several rows read each word once then.
     *
     * @param count rows, at most as many as {@code into} has
     */
    default void unpackRows(int first, int count, GroupedRow[] into) {
        for (int i = 0; i < count; i++) {
            unpackRow(first + i, into[i]);
        }
    }

    /**
     * The input feature each stored column multiplies, or {@code null} if stored column {@code k}
     * is input {@code k}. {@link #decodeRow} and {@link #dot} are always in input order; only {@link
     * #unpackRow} yields stored order.
     */
    default int[] columnOrder() {
        return null;
    }

    /**
     * What is odd about the stored scales though they can be decoded, such as ones that are not finite, for
     * the load report; empty if nothing is. Looks at all of them.
     */
    default Optional<String> remark() {
        return Optional.empty();
    }

    /**
     * The bytes of this matrix if they are plain floating-point numbers, row after row without gaps,
     * or {@code null}: such a matrix can be multiplied where it lies.
     */
    default FloatRows floats() {
        return null;
    }
}
