package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * A matrix of integer codes in halves of words ({@link TileLayout}) that multiplies activations of 8 bits, one
 * token or four at a time ({@link ByteDot}); for many tokens too this is quicker than a float panel.
 */
final class ByteTileMatMul extends PackedTiles {
    /** Tokens of a pass over the matrix, so that their activations stay in the second-level cache. */
    private static final int PASS_TOKENS = 64;

    /** The code from which sums are counted, so that they fit 16 bits. */
    private final int centre;

    private ByteTileMatMul(TileLayout layout, MemorySegment packed, int[] columnOrder) {
        super(layout, packed, columnOrder);
        centre = layout.scales.hasMin() && layout.low == 5 ? 16 : layout.form.zero();
    }

    /** Packs a matrix in parallel. */
    static ByteTileMatMul pack(WeightMatrix weight, TileLayout layout, Arena arena, Workers workers) {
        return new ByteTileMatMul(layout, TilePacker.pack(weight, layout, arena, workers), weight.columnOrder());
    }

    /** The contract of {@link org.djlquant.kernel.Kernels#open}. */
    static ByteTileMatMul open(WeightMatrix weight, TileLayout layout, MemorySegment packed) {
        return new ByteTileMatMul(layout, TilePacker.checked(layout, packed), weight.columnOrder());
    }

    @Override
    public void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
        for (int t = 0; t < tokens; t += PASS_TOKENS) {
            int first = t;
            workers.run(layout.quads(), (part, pieces) -> pass(
                    x, xOffset + first * xStride, xStride, Math.min(PASS_TOKENS, tokens - first),
                    y, yOffset + first * yStride, yStride, pieces, workers, part));
        }
    }

    private void pass(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride,
            Workers.Pieces quads, Workers workers, int part) {
        int quad = quads.next();
        if (quad < 0) {
            return;
        }
        int bits = layout.low;
        int perChunk = TileLayout.CHUNK / layout.unit;
        int units = layout.chunks() * perChunk;
        int perUnit = ByteTerms.perUnit(bits);
        int termsStride = units * perUnit;
        int[] terms = workers.integers(part, 0, tokens * termsStride);
        int[] start = workers.integers(part, 1, tokens * units);
        float[] step = workers.scratch(part, 0, tokens * units);
        float[] xs = workers.scratch(part, 1, tokens * units);
        round(x, xOffset, xStride, tokens, terms, termsStride, start, step, xs, units, workers, part);
        float[] s = workers.scratch(part, 2, 4 * L * 16);
        float[] o = workers.scratch(part, 3, 4 * L * 16);
        float[] sums = workers.scratch(part, 4, tokens * ByteDot.STRIDE);
        float[] fetched = workers.scratch(part, 6, 1);
        boolean min = layout.scales.hasMin();
        boolean subMin = layout.scales == TileLayout.ScaleKind.SUB_MIN && tokens == 1 && centre == layout.form.zero();
        int unitsPerGroup = layout.group / layout.unit;
        // few tokens read the quad as one stream for each block of them, as prefetching needs; many take it from the first-level cache
        boolean many = tokens > 2 * ByteDot.TOKENS;
        int together = many ? tokens : ByteDot.TOKENS;
        int perScale = Integer.numberOfTrailingZeros(unitsPerGroup);
        for (; quad >= 0; quad = quads.next()) {
            Arrays.fill(sums, 0, tokens * ByteDot.STRIDE, 0);
            for (int first = 0; first < tokens; first += together) {
                int end = Math.min(tokens, first + together);
                for (int chunk = 0; chunk < layout.chunks(); chunk++) {
                    int cols = layout.chunkCols(chunk);
                    int groups = layout.groups(cols);
                    long p = layout.scalesAt(quad, chunk);
                    ScaleDecoder.scales(layout.scales, packed, p, groups, s);
                    int g = chunk * perChunk;
                    if (subMin) {
                        ScaleDecoder.addSubMinima(packed, p, groups, xs, g, sums, 4 * L);
                    } else if (min) {
                        ScaleDecoder.minima(layout.scales, packed, p, groups, o);
                        centreMinima(s, o, groups);
                        for (int t = first; t < end; t++) {
                            int v = t * ByteDot.STRIDE + 4 * L;
                            ScaleDecoder.addMinima(o, groups, xs, t * units + g, unitsPerGroup, sums, v);
                        }
                    }
                    long codes = layout.codesAt(quad, chunk);
                    int chunkUnits = cols / layout.unit;
                    if (many) {
                        fetched[0] = Fetch.bytes(packed, codes, layout.codeBytes(cols));
                    }
                    int t = first;
                    for (; t + ByteDot.TOKENS <= end; t += ByteDot.TOKENS) {
                        ByteDot.four(
                                packed, codes, bits, chunkUnits, perScale, s, terms, t * termsStride + g * perUnit, termsStride,
                                start, step, t * units + g, units, sums, t * ByteDot.STRIDE);
                    }
                    for (; t < end; t++) {
                        ByteDot.one(
                                packed, codes, bits, chunkUnits, perScale, s, terms, t * termsStride + g * perUnit,
                                start, step, t * units + g, sums, t * ByteDot.STRIDE);
                    }
                }
            }
            int row = 4 * L * quad;
            int rows = Math.min(4 * L, layout.rows - row);
            for (int t = 0; t < tokens; t++) {
                store(sums, t * ByteDot.STRIDE, y, yOffset + t * yStride + row, rows);
            }
        }
    }

    /** Each part rounds all activations for itself: little work beside the product. */
    private void round(
            float[] x, int xOffset, int xStride, int tokens, int[] terms, int termsStride,
            int[] start, float[] step, float[] xs, int units, Workers workers, int part) {
        int width = layout.paddedCols;
        int known = width / layout.unit;
        float[] one = workers.scratch(part, 5, width);
        int[] q = workers.integers(part, 2, ByteTerms.room(known));
        for (int t = 0; t < tokens; t++) {
            gather(x, xOffset + t * xStride, columnOrder, layout.cols, one, 0, width);
            ByteTerms.round(
                    one, 0, known, layout.low, centre, q, terms, t * termsStride, start, step, xs, t * units);
            // minima are read in fours, also those behind the last
            Arrays.fill(xs, t * units + known, (t + 1) * units, 0);
        }
    }

    /** Σ scale·code·x − min·Σx = Σ scale·(code − centre)·x − (min − centre·scale)·Σx. */
    private void centreMinima(float[] s, float[] o, int groups) {
        int shift = centre - layout.form.zero();
        if (shift != 0) {
            for (int i = 0; i < 4 * L * groups; i++) {
                o[i] -= shift * s[i];
            }
        }
    }

    private static void store(float[] sums, int at, float[] y, int out, int rows) {
        for (int i = 0; i < rows; i++) {
            y[out + i] = sums[at + i] - sums[at + 4 * L + i];
        }
    }
}
