package org.djlquant.quant;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A weight matrix stored as rows of {@link BlockScheme} blocks.
 *
 * @param blocks the scheme
 * @param data the bytes of the matrix, {@code rows · rowBytes(cols)} of them
 * @param rows output features
 * @param cols input features, a multiple of the block length
 */
public record BlockMatrix(BlockScheme blocks, MemorySegment data, int rows, int cols)
        implements WeightMatrix {

    /** Checks that the data has the size the shape asks for. */
    public BlockMatrix {
        if (cols % blocks.blockLength() != 0) {
            throw new IllegalArgumentException(
                    blocks.name() + " needs columns in multiples of " + blocks.blockLength() + ", found " + cols);
        }
        long need = Math.multiplyExact((long) rows, blocks.rowBytes(cols));
        if (data.byteSize() != need) {
            throw new IllegalArgumentException(
                    blocks.name() + " " + rows + "x" + cols + " needs " + need + " bytes, found " + data.byteSize());
        }
    }

    /** A view of row-major float32 values as an {@code F32} matrix. */
    public static BlockMatrix ofFloats(float[] values, int rows, int cols) {
        return new BlockMatrix(Schemes.block("F32"), MemorySegment.ofArray(values), rows, cols);
    }

    /**
     * The transpose, in the same type; only for schemes of single elements.
     *
     * @param arena owns the memory of the result
     * @throws IllegalArgumentException if blocks hold more than one element
     */
    public BlockMatrix transposed(Arena arena) {
        if (blocks.blockLength() != 1) {
            throw new IllegalArgumentException("blocks of " + blocks.name() + " cannot be transposed");
        }
        int bytes = blocks.blockBytes();
        MemorySegment turned = arena.allocate(data.byteSize(), 64);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                MemorySegment.copy(data, ((long) r * cols + c) * bytes, turned, ((long) c * rows + r) * bytes, bytes);
            }
        }
        return new BlockMatrix(blocks, turned, cols, rows);
    }

    @Override
    public String scheme() {
        return blocks.name();
    }

    @Override
    public long byteSize() {
        return data.byteSize();
    }

    @Override
    public GroupForm form() {
        return blocks.form();
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        blocks.decode(data, row * blocks.rowBytes(cols), cols / blocks.blockLength(), dst, dstOffset);
    }

    @Override
    public void unpackRow(int row, GroupedRow into) {
        long offset = row * blocks.rowBytes(cols);
        for (int b = 0; b < cols / blocks.blockLength(); b++, offset += blocks.blockBytes()) {
            blocks.unpack(data, offset, b, into);
        }
    }

    @Override
    public FloatRows floats() {
        return blocks.floatType() == null ? null : new FloatRows(blocks.floatType(), data);
    }
}
