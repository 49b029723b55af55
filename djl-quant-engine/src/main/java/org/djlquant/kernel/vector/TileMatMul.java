package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * A matrix of integer codes in {@link TileLayout}. A few tokens are multiplied with the codes as they are
 * read ({@link FewTokens}); many go through a float panel that all of them use ({@link Panel}).
 */
final class TileMatMul extends PackedTiles {
    /** Most tokens of a pass over the matrix: for each pass codes become floats anew, and sums should stay in the cache. */
    private static final int PASS_TOKENS = 11 * PanelMultiply.MAX_BLOCK;

    /** Columns that are interleaved for one token after the other: a block of them fits the first-level cache. */
    private static final int STRIP = 64;

    private final FewTokens few;

    private TileMatMul(TileLayout layout, MemorySegment packed, int[] columnOrder) {
        super(layout, packed, columnOrder);
        few = new FewTokens(layout, this.packed, columnOrder, table);
    }

    /** Packs a matrix in parallel. */
    static TileMatMul pack(WeightMatrix weight, TileLayout layout, Arena arena, Workers workers) {
        return new TileMatMul(layout, TilePacker.pack(weight, layout, arena, workers), weight.columnOrder());
    }

    /** The contract of {@link org.djlquant.kernel.Kernels#open}. */
    static TileMatMul open(WeightMatrix weight, TileLayout layout, MemorySegment packed) {
        return new TileMatMul(layout, TilePacker.checked(layout, packed), weight.columnOrder());
    }

    @Override
    public void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
        int quads = layout.quads();
        if (tokens <= FewTokens.MAX_TOKENS) {
            workers.run(quads, (part, pieces) ->
                    few.multiply(x, xOffset, xStride, tokens, y, yOffset, yStride, pieces, workers, part));
            return;
        }
        int block = PanelMultiply.MAX_BLOCK;
        int each = Math.ceilDiv(Math.ceilDiv(tokens, Math.ceilDiv(tokens, PASS_TOKENS)), block) * block;
        float[] xp = workers.scratch(0, 0, (Math.min(tokens, each) + block) * layout.paddedCols);
        for (int t = 0; t < tokens; t += each) {
            int first = t;
            int pass = Math.min(each, tokens - t);
            workers.run(Math.ceilDiv(pass, block), (part, blocks) -> {
                for (int i = blocks.next(); i >= 0; i = blocks.next()) {
                    interleave(x, xOffset + first * xStride, xStride, pass, i * block, xp);
                }
            });
            workers.run(quads, (part, pieces) ->
                    panels(xp, pass, y, yOffset + first * yStride, yStride, pieces, workers, part));
        }
    }

    // ---- many tokens ------------------------------------------------------------------------------------------

    /**
     * Brings tokens from {@code t} on, at most a largest block, into the order in which {@link PanelMultiply} reads: in
     * blocks, one column after the other.
     */
    private void interleave(float[] x, int xOffset, int xStride, int tokens, int t, float[] xp) {
        int end = Math.min(tokens, t + PanelMultiply.MAX_BLOCK);
        while (t < end) {
            int block = PanelMultiply.block(tokens - t);
            for (int k = 0; k < layout.paddedCols; k += STRIP) {
                int at = t * layout.paddedCols + k * block;
                int known = Math.min(STRIP, layout.cols - k);
                int padded = Math.min(STRIP, layout.paddedCols - k);
                for (int b = 0; b < block; b++) {
                    int some = t + b < tokens ? known : 0;
                    int source = xOffset + (t + b) * xStride;
                    if (columnOrder == null) {
                        for (int i = 0; i < some; i++) {
                            xp[at + b + i * block] = x[source + k + i];
                        }
                    } else {
                        for (int i = 0; i < some; i++) {
                            xp[at + b + i * block] = x[source + columnOrder[k + i]];
                        }
                    }
                    for (int i = Math.max(0, some); i < padded; i++) {
                        xp[at + b + i * block] = 0;
                    }
                }
            }
            t += block;
        }
    }

    private void panels(
            float[] xp, int tokens, float[] y, int yOffset, int yStride, Workers.Pieces quads, Workers workers, int part) {
        float[] panel = workers.scratch(part, 1, 2 * L * TileLayout.CHUNK);
        float[] s = workers.scratch(part, 2, 4 * L * 16);
        float[] o = workers.scratch(part, 3, 4 * L * 16);
        int pairSums = (tokens + PanelMultiply.MAX_BLOCK) * 2 * L;
        float[] c = workers.scratch(part, 6, 2 * pairSums);
        for (int quad = quads.next(); quad >= 0; quad = quads.next()) {
            Arrays.fill(c, 0, 2 * pairSums, 0);
            for (int i = 0; i < layout.chunks(); i++) {
                int cols = layout.chunkCols(i);
                long p = layout.scalesAt(quad, i);
                long codes = layout.codesAt(quad, i);
                ScaleDecoder.scales(layout.scales, packed, p, layout.groups(cols), s);
                if (layout.scales.hasMin()) {
                    ScaleDecoder.minima(layout.scales, packed, p, layout.groups(cols), o);
                }
                // panels take two of four lines and some of them twice
                panel[0] = Fetch.bytes(packed, codes, layout.codeBytes(cols));
                for (int pair = 0; pair < 2; pair++) {
                    decodePanel(codes + 2 * pair * Lanes.SLOT, cols, s, 2 * pair * L, o, panel);
                    for (int t = 0; t < tokens; ) {
                        int block = PanelMultiply.block(tokens - t);
                        PanelMultiply.multiply(
                                block, panel, 0, xp, t * layout.paddedCols + i * TileLayout.CHUNK * block, cols,
                                c, pair * pairSums + t * 2 * L);
                        t += block;
                    }
                }
            }
            for (int pair = 0; pair < 2; pair++) {
                int row = (4 * quad + 2 * pair) * L;
                int known = Math.min(2 * L, layout.rows - row);
                for (int t = 0; t < tokens && known > 0; t++) {
                    System.arraycopy(c, pair * pairSums + t * 2 * L, y, yOffset + t * yStride + row, known);
                }
            }
        }
    }

    private void decodePanel(long codes, int cols, float[] s, int sAt, float[] minima, float[] panel) {
        int unit = layout.unit;
        int units = cols / unit;
        int perScale = Integer.numberOfTrailingZeros(layout.group / unit);
        float[] o = layout.scales.hasMin() ? minima : null;
        if (table != null) {
            Panel.codebook(packed, codes, table, units, unit / 8, perScale, s, sAt, o, panel);
        } else if (layout.low == 3) {
            Panel.threeBits(packed, codes, units, perScale, s, sAt, layout.form.zero(), o, panel);
        } else if (layout.high == 0) {
            Panel.onePlane(
                    packed, codes, layout.low, units, unit * layout.low / 32, perScale,
                    s, sAt, layout.form.zero(), o, panel);
        } else {
            Panel.twoPlanes(
                    packed, codes, layout.low, layout.high, unit, units, perScale,
                    s, sAt, layout.form.zero(), o, panel);
        }
    }
}
