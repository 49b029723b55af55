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
 * A matrix of integer codes in {@link TileLayout}. One or two tokens are multiplied code by code
 * ({@link CodeDot}), some more in blocks of four ({@link CodeBlock}); many go through a float panel that
 * all tokens use ({@link Panel}).
 */
final class TileMatMul implements MatMul {
    /** Up to here decoding again for each token is cheaper than a trip through a panel. */
    static final int MAX_DOT_TOKENS = 2;

    /** Up to here blocks of {@link CodeBlock} are quicker than a panel, where vectors are 32 registers of 16 lanes. */
    static final int MAX_BLOCK_TOKENS = L == 16 ? 12 : 0;

    /** Tokens of a pass over the matrix, so that activations and sums stay in the second-level cache. */
    private static final int PASS_TOKENS = 120;

    /** Columns of a pass, for the same reason. */
    private static final int PASS_COLS = 4 * TileLayout.CHUNK;

    private final TileLayout layout;
    private final MemorySegment packed;
    private final int[] columnOrder;
    private final float[] table;

    private TileMatMul(TileLayout layout, MemorySegment packed, int[] columnOrder) {
        this.layout = layout;
        this.packed = packed;
        this.columnOrder = columnOrder;
        table = layout.form.table() == null ? null : Arrays.copyOf(layout.form.table(), 16);
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
            if (from < to && tokens > MAX_DOT_TOKENS && tokens <= maxBlockTokens()) {
                blocks(x, xOffset, xStride, tokens, y, yOffset, yStride, from, to, workers, part);
            } else if (from < to && tokens <= MAX_DOT_TOKENS) {
                dot(x, xOffset, xStride, tokens, y, yOffset, yStride, from, to, workers, part);
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

    // ---- few tokens -------------------------------------------------------------------------------------------

    private void dot(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride,
            int from, int to, Workers workers, int part) {
        int width = layout.chunks() * TileLayout.CHUNK;
        int unitsPerChunk = TileLayout.CHUNK / layout.unit;
        int units = layout.chunks() * unitsPerChunk;
        float[] xp = workers.scratch(part, 0, tokens * width);
        float[] xs = workers.scratch(part, 1, tokens * units);
        float[] s = workers.scratch(part, 2, 4 * L * 16);
        float[] o = workers.scratch(part, 3, 4 * L * 16);
        float[][] sums = {workers.scratch(part, 4, 8 * L), workers.scratch(part, 5, 8 * L)};
        float[] xc = workers.scratch(part, 6, tokens * units);
        for (int t = 0; t < tokens; t++) {
            gather(x, xOffset + t * xStride, xp, t * width, width);
            sumUnits(xp, t * width, xs, xc, t * units, units);
            layout.place(xp, t * width, width);
        }
        int unitsPerGroup = layout.group / layout.unit;
        int perScale = Integer.numberOfTrailingZeros(unitsPerGroup);
        long p = from * layout.slotsPerTile() * Lanes.QUAD_SLOT;
        for (int quad = from; quad < to; quad++) {
            Arrays.fill(sums[0], 0, 8 * L, 0);
            Arrays.fill(sums[1], 0, 8 * L, 0);
            for (int chunk = 0; chunk < layout.chunks(); chunk++) {
                int cols = layout.chunkCols(chunk);
                int groups = layout.groups(cols);
                ScaleDecoder.scales(layout.scales, packed, p, groups, s);
                boolean sub = layout.scales == TileLayout.ScaleKind.SUB_MIN;
                if (layout.scales.hasMin() && !sub) {
                    ScaleDecoder.minima(layout.scales, packed, p, groups, o);
                }
                long codes = p + layout.scaleSlots(cols) * Lanes.QUAD_SLOT;
                for (int t = 0; t < tokens; t++) {
                    int k = t * width + chunk * TileLayout.CHUNK;
                    int g = t * units + chunk * unitsPerChunk;
                    if (sub) {
                        ScaleDecoder.addSubMinima(packed, p, groups, xs, g, sums[t], 4 * L);
                    } else if (layout.scales.hasMin()) {
                        ScaleDecoder.addMinima(o, groups, xs, g, unitsPerGroup, sums[t], 4 * L);
                    }
                    dotChunk(codes, cols, perScale, s, xp, k, xc, g, sums[t]);
                }
                p += layout.slots(cols) * Lanes.QUAD_SLOT;
            }
            int row = 4 * L * quad;
            int rows = Math.min(4 * L, layout.rows - row);
            for (int t = 0; t < tokens; t++) {
                store(sums[t], y, yOffset + t * yStride + row, rows);
            }
        }
    }

    private void store(float[] sums, float[] y, int out, int rows) {
        for (int i = 0; i < rows; i++) {
            y[out + i] = sums[i] - sums[4 * L + i];
        }
    }

    private void dotChunk(
            long codes, int cols, int perScale, float[] s, float[] x, int k, float[] xc, int xcAt, float[] u) {
        int unit = layout.unit;
        int units = cols / unit;
        if (table != null) {
            CodeDot.codebook(packed, codes, table, units, unit / 8, perScale, s, x, k, u);
        } else if (layout.low == 3) {
            CodeDot.threeBits(packed, codes, units, perScale, s, x, k, xc, xcAt, u);
        } else if (layout.high == 0) {
            CodeDot.onePlane(
                    packed, codes, layout.low, units, unit * layout.low / 32, perScale,
                    s, x, k, xc, xcAt, u);
        } else {
            CodeDot.twoPlanes(
                    packed, codes, layout.low, layout.high, unit, units, perScale,
                    s, x, k, xc, xcAt, u);
        }
    }

    /** Copies one token's activations in stored column order, with zeros up to {@code width}. */
    private void gather(float[] x, int xOffset, float[] dst, int at, int width) {
        int cols = layout.cols;
        if (columnOrder == null) {
            System.arraycopy(x, xOffset, dst, at, cols);
        } else {
            for (int k = 0; k < cols; k++) {
                dst[at + k] = x[xOffset + columnOrder[k]];
            }
        }
        Arrays.fill(dst, at + cols, at + width, 0);
    }

    /** Sums of x over units and what they mean for the products. */
    private void sumUnits(float[] x, int at, float[] xs, float[] xc, int xsAt, int units) {
        for (int g = 0; g < units; g++) {
            float sum = 0;
            for (int i = 0; i < layout.unit; i++) {
                sum += x[at + i];
            }
            xs[xsAt + g] = sum;
            xc[xsAt + g] = layout.correction(x, at, sum);
            at += layout.unit;
        }
    }

    /** The largest number of tokens that runs in blocks; 3-bit codes have no kernel for it. */
    int maxBlockTokens() {
        return layout.low == 3 ? 0 : MAX_BLOCK_TOKENS;
    }

    // ---- blocks of four tokens --------------------------------------------------------------------------------

    private void blocks(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride,
            int from, int to, Workers workers, int part) {
        int size = CodeBlock.TOKENS;
        boolean single = tokens % size == 1; // a token too many is cheaper alone than in a block
        int blocks = single ? tokens / size : Math.ceilDiv(tokens, size);
        int width = layout.chunks() * TileLayout.CHUNK;
        int unitsPerChunk = TileLayout.CHUNK / layout.unit;
        int units = layout.chunks() * unitsPerChunk;
        float[] xp = workers.scratch(part, 0, blocks * size * width);
        float[] xs = workers.scratch(part, 1, (blocks + 1) * size * units);
        float[] s = workers.scratch(part, 2, 4 * L * 16);
        float[] o = workers.scratch(part, 3, 4 * L * 16);
        float[] one = workers.scratch(part, 4, width);
        float[] sums = workers.scratch(part, 5, blocks * size * CodeBlock.STRIDE);
        float[] last = workers.scratch(part, 6, CodeBlock.STRIDE);
        float[] xc = workers.scratch(part, 7, (blocks + 1) * size * units);
        Arrays.fill(xp, 0, blocks * size * width, 0);
        Arrays.fill(xc, 0, blocks * size * units, 0);
        for (int t = 0; t < tokens; t++) {
            gather(x, xOffset + t * xStride, one, 0, width);
            sumUnits(one, 0, xs, xc, t * units, units);
            layout.place(one, 0, width);
            if (t == blocks * size) {
                break; // the single one stays where it is
            }
            int at = t / size * size * width + t % size;
            for (int k = 0; k < width; k++) {
                xp[at + k * size] = one[k];
            }
        }
        int unitsPerGroup = layout.group / layout.unit;
        int perScale = Integer.numberOfTrailingZeros(unitsPerGroup);
        long p = from * layout.slotsPerTile() * Lanes.QUAD_SLOT;
        for (int quad = from; quad < to; quad++) {
            Arrays.fill(sums, 0, blocks * size * CodeBlock.STRIDE, 0);
            Arrays.fill(last, 0, CodeBlock.STRIDE, 0);
            for (int chunk = 0; chunk < layout.chunks(); chunk++) {
                int cols = layout.chunkCols(chunk);
                int groups = layout.groups(cols);
                ScaleDecoder.scales(layout.scales, packed, p, groups, s);
                if (layout.scales.hasMin()) {
                    ScaleDecoder.minima(layout.scales, packed, p, groups, o);
                }
                long codes = p + layout.scaleSlots(cols) * Lanes.QUAD_SLOT;
                int g = chunk * unitsPerChunk;
                for (int t = 0; t < tokens && layout.scales.hasMin(); t++) {
                    boolean alone = t == blocks * size;
                    int v = (alone ? 0 : t * CodeBlock.STRIDE) + 4 * L;
                    ScaleDecoder.addMinima(o, groups, xs, t * units + g, unitsPerGroup, alone ? last : sums, v);
                }
                for (int b = 0; b < blocks; b++) {
                    int k = (b * width + chunk * TileLayout.CHUNK) * size;
                    int u = b * size * CodeBlock.STRIDE;
                    blockChunk(codes, cols, perScale, s, xp, k, xc, b * size * units + g, units, sums, u);
                }
                if (single) {
                    int k = chunk * TileLayout.CHUNK;
                    dotChunk(codes, cols, perScale, s, one, k, xc, blocks * size * units + g, last);
                }
                p += layout.slots(cols) * Lanes.QUAD_SLOT;
            }
            int row = 4 * L * quad;
            int rows = Math.min(4 * L, layout.rows - row);
            for (int t = 0; t < tokens; t++) {
                boolean alone = t == blocks * size;
                float[] sum = alone ? last : sums;
                int u = alone ? 0 : t * CodeBlock.STRIDE;
                int out = yOffset + t * yStride + row;
                for (int i = 0; i < rows; i++) {
                    y[out + i] = sum[u + i] - sum[u + 4 * L + i];
                }
            }
        }
    }

    private void blockChunk(
            long codes, int cols, int perScale, float[] s, float[] x, int k, float[] xc, int xcAt, int xcStride,
            float[] u, int uAt) {
        int unit = layout.unit;
        int units = cols / unit;
        if (table != null) {
            CodeBlock.codebook(packed, codes, table, units, unit / 8, perScale, s, x, k, u, uAt);
        } else if (layout.high == 0) {
            CodeBlock.onePlane(
                    packed, codes, layout.low, units, unit * layout.low / 32, perScale,
                    s, x, k, xc, xcAt, xcStride, u, uAt);
        } else {
            CodeBlock.twoPlanes(
                    packed, codes, layout.low, layout.high, unit, units, perScale,
                    s, x, k, xc, xcAt, xcStride, u, uAt);
        }
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
