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
    /** Tokens of a pass over the matrix, so that activations and sums stay in the second-level cache. */
    private static final int PASS_TOKENS = 120;

    /** Columns of a pass, for the same reason. */
    private static final int PASS_COLS = 4 * TileLayout.CHUNK;

    private final FewTokens few;

    private TileMatMul(TileLayout layout, MemorySegment packed, int[] columnOrder) {
        super(layout, packed, columnOrder);
        few = new FewTokens(layout, packed, columnOrder, table);
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
        workers.run((part, parts) -> {
            int from = (int) ((long) quads * part / parts);
            int to = (int) ((long) quads * (part + 1) / parts);
            for (int t = 0; from < to && t < tokens; t += PASS_TOKENS) {
                int pass = Math.min(PASS_TOKENS, tokens - t);
                panels(
                        x, xOffset + t * xStride, xStride, pass,
                        y, yOffset + t * yStride, yStride, from, to, workers, part);
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
        for (int k = 0; k < layout.paddedCols; k += PASS_COLS) {
            int width = Math.min(PASS_COLS, layout.paddedCols - k);
            interleave(x, xOffset, xStride, tokens, k, width, xp);
            int chunk = k / TileLayout.CHUNK;
            int endChunk = chunk + Math.ceilDiv(width, TileLayout.CHUNK);
            for (int quad = from; quad < to; quad++) {
                Arrays.fill(c, 0, 2 * pairSums, 0);
                for (int i = chunk; i < endChunk; i++) {
                    int cols = layout.chunkCols(i);
                    long p = layout.scalesAt(quad, i);
                    long codes = layout.codesAt(quad, i);
                    ScaleDecoder.scales(layout.scales, packed, p, layout.groups(cols), s);
                    if (layout.scales.hasMin()) {
                        ScaleDecoder.minima(layout.scales, packed, p, layout.groups(cols), o);
                    }
                    for (int pair = 0; pair < 2; pair++) {
                        decodePanel(codes + 2 * pair * Lanes.SLOT, cols, s, 2 * pair * L, o, panel);
                        int column = (i - chunk) * TileLayout.CHUNK;
                        for (int t = 0; t < tokens; ) {
                            int block = PanelMultiply.block(tokens - t);
                            PanelMultiply.multiply(
                                    block, panel, 0, xp, t * width + column * block, cols,
                                    c, pair * pairSums + t * 2 * L);
                            t += block;
                        }
                    }
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
                    packed, codes, layout.low, layout.topBit, units, unit * layout.low / 32, perScale,
                    s, sAt, layout.form.zero(), o, panel);
        } else {
            Panel.twoPlanes(
                    packed, codes, layout.low, layout.high, unit, units, perScale,
                    s, sAt, layout.form.zero(), o, panel);
        }
    }
}
