package org.djlquant.quant;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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

    private static final int PIECE_BYTES = 16 << 10;

    /** Some blocks of a row; decoding from an array is far quicker before it is compiled. */
    private static final ThreadLocal<byte[]> PIECE = ThreadLocal.withInitial(() -> new byte[PIECE_BYTES]);

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
        byte[] piece = PIECE.get();
        int most = PIECE_BYTES / blocks.blockBytes();
        int end = cols / blocks.blockLength();
        for (int b = 0; b < end; b += most) {
            int count = Math.min(most, end - b);
            read(row, b, count, piece);
            blocks.decode(piece, 0, count, dst, dstOffset + b * blocks.blockLength());
        }
    }

    @Override
    public void unpackRow(int row, GroupedRow into) {
        byte[] piece = PIECE.get();
        int most = PIECE_BYTES / blocks.blockBytes();
        int end = cols / blocks.blockLength();
        for (int b = 0; b < end; b += most) {
            int count = Math.min(most, end - b);
            read(row, b, count, piece);
            for (int i = 0; i < count; i++) {
                blocks.unpack(piece, i * blocks.blockBytes(), b + i, into);
            }
        }
    }

    private void read(int row, int block, int count, byte[] into) {
        long offset = row * blocks.rowBytes(cols) + (long) block * blocks.blockBytes();
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset, into, 0, count * blocks.blockBytes());
    }

    @Override
    public FloatRows floats() {
        return blocks.floatType() == null ? null : new FloatRows(blocks.floatType(), data);
    }
}
