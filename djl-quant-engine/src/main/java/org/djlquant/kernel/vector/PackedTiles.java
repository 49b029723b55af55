package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import org.djlquant.kernel.MatMul;

/**
 * A matrix in {@link TileLayout}, however it is multiplied. Reading single weights, in plain code, is the
 * definition of the layout. Thread-safe.
 */
abstract sealed class PackedTiles implements MatMul permits TileMatMul, ByteTileMatMul {
    final TileLayout layout;
    final MemorySegment packed;
    final int[] columnOrder;

    /** Values of codes, filled up to 16, or {@code null}. */
    final float[] table;

    /** @param columnOrder the input that each stored column multiplies, or {@code null} */
    PackedTiles(TileLayout layout, MemorySegment packed, int[] columnOrder) {
        this.layout = layout;
        this.packed = Lanes.plain(packed);
        this.columnOrder = columnOrder;
        table = layout.form.table() == null ? null : Arrays.copyOf(layout.form.table(), 16);
    }

    @Override
    public int rows() {
        return layout.rows;
    }

    @Override
    public int cols() {
        return layout.cols;
    }

    @Override
    public long packedBytes() {
        return packed.byteSize();
    }

    @Override
    public Optional<MemorySegment> packed() {
        return Optional.of(packed.asReadOnly());
    }

    @Override
    public String layout() {
        return layout.name();
    }

    /** Copies one token's activations in stored column order, with zeros up to {@code width}. */
    static void gather(float[] x, int xOffset, int[] columnOrder, int cols, float[] dst, int at, int width) {
        if (columnOrder == null) {
            System.arraycopy(x, xOffset, dst, at, cols);
        } else {
            for (int k = 0; k < cols; k++) {
                dst[at + k] = x[xOffset + columnOrder[k]];
            }
        }
        Arrays.fill(dst, at + cols, at + width, 0);
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        int quad = row / (4 * L);
        long lane = row % (4 * L) / L * Lanes.SLOT + row % L * 4L;
        for (int chunk = 0; chunk < layout.chunks(); chunk++) {
            int cols = layout.chunkCols(chunk);
            long codes = layout.codesAt(quad, chunk) + lane;
            long scales = layout.scalesAt(quad, chunk) + lane;
            int k0 = chunk * TileLayout.CHUNK;
            for (int k = 0; k < Math.min(cols, layout.cols - k0); k++) {
                int g = k / layout.group;
                float w = scale(scales, cols, g) * value(codes, k);
                if (layout.scales.hasMin()) {
                    w -= minimum(scales, cols, g);
                }
                int column = columnOrder == null ? k0 + k : columnOrder[k0 + k];
                dst[dstOffset + column] = w;
            }
        }
    }

    private float value(long codes, int k) {
        int width = layout.low;
        int high = layout.high;
        if (layout.halves) {
            return half(codes + k / 32 * width * Lanes.QUAD_SLOT, k % 32) - layout.form.zero();
        }
        if (width == 3) {
            return threeBits(codes, k) - layout.form.zero();
        }
        if (high == 0) {
            int fields = 32 / width;
            int code = word(codes, k / fields) >>> k % fields * width & (1 << width) - 1;
            return table != null ? table[code] : code - layout.form.zero();
        }
        int span = layout.span();
        int slot = k / span * layout.spanSlots();
        k %= span;
        int code = setBits(word(codes, slot + 1 + k * width / 32), k, width, 0)
                | setBits(word(codes, slot), k, high, width) << width;
        return code - layout.form.zero();
    }

    /** The code of a column of the unit whose first word is at {@code unit}. */
    private int half(long unit, int k) {
        int bits = layout.low;
        int count = layout.halfCodes();
        int shift = k & 16;
        int column = k & 15;
        if (column < bits * count) {
            return word(unit, column / count) >>> shift + column % count * bits & (1 << bits) - 1;
        }
        int code = 0;
        for (int i = 0; i < bits; i++) {
            code |= (word(unit, i) >>> shift + 15 & 1) << i;
        }
        return code;
    }

    private int threeBits(long codes, int k) {
        int slot = k / 32 * 3;
        int pair = k % 8 / 2 * 8 + k % 2 * 3;
        if (k % 32 < 24) {
            return word(codes, slot + k % 32 / 8) >>> pair & 7;
        }
        int rest = 0;
        for (int i = 0; i < 3; i++) {
            rest = Integer.rotateLeft(rest, 2) | word(codes, slot + i) & TileLayout.REST_BITS;
        }
        return Integer.rotateRight(rest, 6 + pair) & 7;
    }

    /** The bits that a word of sets holds of column {@code k}. */
    private static int setBits(int word, int k, int width, int turn) {
        int set = k / 4 % (8 / width);
        return Integer.rotateRight(word, turn + set * width + k % 4 * 8) & (1 << width) - 1;
    }

    private int word(long lane, int slot) {
        return packed.get(ValueLayout.JAVA_INT, lane + slot * Lanes.QUAD_SLOT);
    }

    private float scale(long lane, int cols, int g) {
        return switch (layout.scales) {
            case HALF -> half(word(lane, g / 2) >>> 16 * (g & 1));
            case HALF_MIN, HALF_ZERO -> half(word(lane, g));
            case FLOAT -> Float.intBitsToFloat(word(lane, g));
            case FLOAT_MIN -> Float.intBitsToFloat(word(lane, 2 * g));
            case SUB, SUB_MIN -> half(word(lane, 0)) * (byte) (word(lane, 1 + g / 4) >>> 8 * (g & 3));
        };
    }

    private float minimum(long lane, int cols, int g) {
        return switch (layout.scales) {
            case HALF_MIN -> half(word(lane, g) >>> 16);
            case HALF_ZERO -> half(word(lane, g)) * (word(lane, g) >>> 16);
            case FLOAT_MIN -> Float.intBitsToFloat(word(lane, 2 * g + 1));
            default -> half(word(lane, 0) >>> 16)
                    * (byte) (word(lane, 1 + (layout.groups(cols) + 3) / 4 + g / 4) >>> 8 * (g & 3));
        };
    }

    private static float half(int bits) {
        return Float.float16ToFloat((short) bits);
    }
}
