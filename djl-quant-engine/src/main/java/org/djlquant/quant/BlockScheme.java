package org.djlquant.quant;

/**
 * A scheme that stores a row as consecutive blocks of a fixed number of elements and bytes: all of
 * GGUF's types, and plain floating-point types as blocks of one. Implementations are stateless.
 *
 * <p>All multi-byte fields are little-endian.
 */
public interface BlockScheme {

    /** Name as users know it, e.g. {@code Q4_K}. */
    String name();

    /** Elements in a block. */
    int blockLength();

    /** Bytes of a block. */
    int blockBytes();

    /**
     * Decodes one block to float32.
     *
     * @param data holds the bytes of the block
     * @param offset where it begins
     * @param dst receives {@link #blockLength()} values from {@code dstOffset} on
     */
    void decode(byte[] data, int offset, float[] dst, int dstOffset);

    /** Decodes {@code count} consecutive blocks; for schemes that copy runs faster than single blocks. */
    default void decode(byte[] data, int offset, int count, float[] dst, int dstOffset) {
        for (int b = 0; b < count; b++) {
            decode(data, offset + b * blockBytes(), dst, dstOffset + b * blockLength());
        }
    }

    /** The integer form, or {@code null} if the scheme has none. */
    default GroupForm form() {
        return null;
    }

    /** The floating-point type whose numbers the blocks are, or {@code null}. */
    default FloatRows.Type floatType() {
        return null;
    }

    /**
     * Takes block {@code block} of a row apart: codes, scales and minima go to their places in
     * {@code into} (element {@code block · blockLength()} on).
     */
    default void unpack(byte[] data, int offset, int block, GroupedRow into) {
        throw new UnsupportedOperationException(name() + " has no integer form");
    }

    /**
     * The inverse of {@link #unpack}: writes block {@code block} of a row. Scales are rounded to their
     * stored type; codes and integer scales must be in range.
     */
    default void pack(GroupedRow from, int block, byte[] data, int offset) {
        throw new UnsupportedOperationException(name() + " cannot be written");
    }

    /** Bytes of a row of {@code cols} elements. */
    default long rowBytes(int cols) {
        return (long) cols / blockLength() * blockBytes();
    }
}
