package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import org.djlquant.kernel.MatMul;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * A matrix of integer codes in {@link TileLayout}. A few tokens are multiplied with the codes as they are
 * read ({@link FewTokens}); many go through a float panel that all of them use ({@link Panel}).
 */
final class TileMatMul implements MatMul {
    /** Tokens of a pass over the matrix, so that activations and sums stay in the second-level cache. */
    private static final int PASS_TOKENS = 120;

    /** Columns of a pass, for the same reason. */
    private static final int PASS_COLS = 4 * TileLayout.CHUNK;

    private final TileLayout layout;
    private final MemorySegment packed;
    private final int[] columnOrder;
    private final float[] table;
    private final FewTokens few;

    private TileMatMul(TileLayout layout, MemorySegment packed, int[] columnOrder) {
        this.layout = layout;
        this.packed = packed;
        this.columnOrder = columnOrder;
        table = layout.form.table() == null ? null : Arrays.copyOf(layout.form.table(), 16);
        few = new FewTokens(layout, packed, columnOrder, table);
    }

    /** Packs a matrix in parallel. */
    static TileMatMul pack(WeightMatrix weight, TileLayout layout, Arena arena, Workers workers) {
        int quads = layout.quads(L);
        MemorySegment packed = arena.allocate(bytes(layout), 64);
        workers.run((part, parts) -> {
            TilePacker packer = new TilePacker(layout, weight, packed);
            int end = (int) ((long) quads * (part + 1) / parts);
            for (int quad = (int) ((long) quads * part / parts); quad < end; quad++) {
                packer.pack(quad);
            }
        });
        return new TileMatMul(layout, packed, weight.columnOrder());
    }

    /** The contract of {@link org.djlquant.kernel.Kernels#open}. */
    static TileMatMul open(WeightMatrix weight, TileLayout layout, MemorySegment packed) {
        if (packed.byteSize() != bytes(layout)) {
            throw new IllegalArgumentException("a matrix of " + layout.rows + "x" + layout.cols + " in " + name(layout)
                    + " takes " + bytes(layout) + " bytes, found " + packed.byteSize());
        }
        return new TileMatMul(layout, packed, weight.columnOrder());
    }

    /** Kernels may load from within a slot, and so read a few bytes behind the last one. */
    private static long bytes(TileLayout layout) {
        return layout.quads(L) * layout.slotsPerTile() * Lanes.QUAD_SLOT + Lanes.SLOT;
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
        return name(layout);
    }

    /** For the load report. */
    static String name(TileLayout layout) {
        return layout.name() + " vector-" + 32 * L;
    }

    @Override
    public void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
        workers.run((part, parts) -> {
            int quads = layout.quads(L);
            int from = (int) ((long) quads * part / parts);
            int to = (int) ((long) quads * (part + 1) / parts);
            if (from < to && tokens <= FewTokens.MAX_TOKENS) {
                few.multiply(x, xOffset, xStride, tokens, y, yOffset, yStride, from, to, workers, part);
            } else if (from < to) {
                for (int t = 0; t < tokens; t += PASS_TOKENS) {
                    int pass = Math.min(PASS_TOKENS, tokens - t);
                    panels(
                            x, xOffset + t * xStride, xStride, pass,
                            y, yOffset + t * yStride, yStride, from, to, workers, part);
                }
            }
        });
    }

    // ---- many tokens ------------------------------------------------------------------------------------------

    private void panels(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride,
            int from, int to, Workers workers, int part) {
        int slack = PanelMultiply.MAX_BLOCK;
        float[] xp = workers.scratch(part, 0, (tokens + slack) * PASS_COLS);
        float[] panel = workers.scratch(part, 1, 2 * L * TileLayout.CHUNK);
        float[] s = workers.scratch(part, 2, 4 * L * 16);
        float[] o = workers.scratch(part, 3, 4 * L * 16);
        int pairSums = (tokens + slack) * 2 * L;
        float[] c = workers.scratch(part, 6, 2 * pairSums);
        long slots = layout.slotsPerTile();
        for (int k = 0; k < layout.paddedCols; k += PASS_COLS) {
            int width = Math.min(PASS_COLS, layout.paddedCols - k);
            interleave(x, xOffset, xStride, tokens, k, width, xp);
            int chunk = k / TileLayout.CHUNK;
            int endChunk = chunk + Math.ceilDiv(width, TileLayout.CHUNK);
            for (int quad = from; quad < to; quad++) {
                Arrays.fill(c, 0, 2 * pairSums, 0);
                long p = (quad * slots + (long) chunk * layout.slots(TileLayout.CHUNK)) * Lanes.QUAD_SLOT;
                for (int i = chunk; i < endChunk; i++) {
                    int cols = layout.chunkCols(i);
                    ScaleDecoder.scales(layout.scales, packed, p, layout.groups(cols), s);
                    if (layout.scales.hasMin()) {
                        ScaleDecoder.minima(layout.scales, packed, p, layout.groups(cols), o);
                    }
                    for (int pair = 0; pair < 2; pair++) {
                        decodePanel(p + 2 * pair * Lanes.SLOT, cols, s, 2 * pair * L, o, panel);
                        int column = (i - chunk) * TileLayout.CHUNK;
                        for (int t = 0; t < tokens; ) {
                            int block = PanelMultiply.block(tokens - t);
                            PanelMultiply.multiply(
                                    block, panel, 0, xp, t * width + column * block, cols,
                                    c, pair * pairSums + t * 2 * L);
                            t += block;
                        }
                    }
                    p += layout.slots(cols) * Lanes.QUAD_SLOT;
                }
                for (int pair = 0; pair < 2; pair++) {
                    int row = (4 * quad + 2 * pair) * L;
                    int rows = Math.min(2 * L, layout.rows - row);
                    for (int t = 0; t < tokens; t++) {
                        int out = yOffset + t * yStride + row;
                        addTo(y, out, c, pair * pairSums + t * 2 * L, rows, k == 0);
                    }
                }
            }
        }
    }

    private static void addTo(float[] y, int out, float[] c, int at, int n, boolean first) {
        if (first) {
            for (int i = 0; i < n; i++) {
                y[out + i] = c[at + i];
            }
        } else {
            for (int i = 0; i < n; i++) {
                y[out + i] += c[at + i];
            }
        }
    }

    /** Blocks of tokens, column after column: the order in which {@link PanelMultiply} reads. */
    private void interleave(float[] x, int xOffset, int xStride, int tokens, int k0, int width, float[] xp) {
        for (int t = 0; t < tokens; ) {
            int block = PanelMultiply.block(tokens - t);
            for (int b = 0; b < block; b++) {
                int at = t * width + b;
                int source = xOffset + (t + b) * xStride;
                int known = t + b < tokens ? Math.min(width, layout.cols - k0) : 0;
                if (columnOrder == null) {
                    for (int k = 0; k < known; k++) {
                        xp[at + k * block] = x[source + k0 + k];
                    }
                } else {
                    for (int k = 0; k < known; k++) {
                        xp[at + k * block] = x[source + columnOrder[k0 + k]];
                    }
                }
                for (int k = known; k < width; k++) {
                    xp[at + k * block] = 0;
                }
            }
            t += block;
        }
    }

    private void decodePanel(long p, int cols, float[] s, int sAt, float[] minima, float[] panel) {
        int unit = layout.unit;
        int units = cols / unit;
        int perScale = Integer.numberOfTrailingZeros(layout.group / unit);
        float[] o = layout.scales.hasMin() ? minima : null;
        long codes = p + layout.scaleSlots(cols) * Lanes.QUAD_SLOT;
        if (table != null) {
            Panel.codebook(packed, codes, table, units, unit / 8, perScale, s, sAt, o, panel);
        } else if (layout.low == 3) {
            Panel.threeBits(packed, codes, units, perScale, s, sAt, layout.form.zero(), o, panel);
        } else if (layout.high == 0) {
            Panel.onePlane(
                    packed, codes, layout.low, layout.topBit, units, unit * layout.low / 32, perScale,
                    s, sAt, layout.form.zero(), o, panel);
        } else {
            Panel.twoPlanes(
                    packed, codes, layout.low, layout.high, unit, units, perScale,
                    s, sAt, layout.form.zero(), o, panel);
        }
    }

    // ---- one row ----------------------------------------------------------------------------------------------

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        int quad = row / (4 * L);
        long lane = quad * layout.slotsPerTile() * Lanes.QUAD_SLOT + row % (4 * L) / L * Lanes.SLOT + row % L * 4L;
        for (int chunk = 0; chunk < layout.chunks(); chunk++) {
            int cols = layout.chunkCols(chunk);
            long codes = lane + layout.scaleSlots(cols) * Lanes.QUAD_SLOT;
            int k0 = chunk * TileLayout.CHUNK;
            for (int k = 0; k < Math.min(cols, layout.cols - k0); k++) {
                int g = k / layout.group;
                float w = scale(lane, cols, g) * value(codes, k);
                if (layout.scales.hasMin()) {
                    w -= minimum(lane, cols, g);
                }
                int column = columnOrder == null ? k0 + k : columnOrder[k0 + k];
                dst[dstOffset + column] = w;
            }
            lane += layout.slots(cols) * Lanes.QUAD_SLOT;
        }
    }

    private float value(long codes, int k) {
        int width = layout.low;
        int high = layout.high;
        if (width == 3) {
            return threeBits(codes, k) - layout.form.zero();
        }
        if (high == 0) {
            int fields = 32 / width;
            int code = (word(codes, k / fields) ^ layout.topBit) >>> k % fields * width & (1 << width) - 1;
            return table != null ? table[code] : code - layout.form.zero();
        }
        int span = layout.span();
        int slot = k / span * layout.spanSlots();
        k %= span;
        int code = setBits(word(codes, slot + 1 + k * width / 32), k, width, 0)
                | setBits(word(codes, slot), k, high, width) << width;
        return code - layout.form.zero();
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
            case HALF_MIN -> half(word(lane, g));
            case FLOAT -> Float.intBitsToFloat(word(lane, g));
            case FLOAT_MIN -> Float.intBitsToFloat(word(lane, 2 * g));
            case SUB, SUB_MIN -> half(word(lane, 0)) * (byte) (word(lane, 1 + g / 4) >>> 8 * (g & 3));
        };
    }

    private float minimum(long lane, int cols, int g) {
        return switch (layout.scales) {
            case HALF_MIN -> half(word(lane, g) >>> 16);
            case FLOAT_MIN -> Float.intBitsToFloat(word(lane, 2 * g + 1));
            default -> half(word(lane, 0) >>> 16)
                    * (byte) (word(lane, 1 + (layout.groups(cols) + 3) / 4 + g / 4) >>> 8 * (g & 3));
        };
    }

    private static float half(int bits) {
        return Float.float16ToFloat((short) bits);
    }
}
