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
    /** Most tokens of a pass over the matrix: for each pass scales are decoded and codes fetched anew. */
    private static final int PASS_TOKENS = 128;

    /** Tokens from which on threads share their rounding; fewer are quicker than another parallel loop. */
    private static final int SHARED_TOKENS = 8;

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

    /** Activations of some tokens as {@link ByteDot} reads them, see {@link ByteTerms#round}. */
    private record Rounded(int tokens, int[] terms, int termsStride, int[] start, float[] step, float[] sums, int units) {}

    @Override
    public void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
        int units = layout.chunks() * TileLayout.CHUNK / layout.unit;
        int termsStride = units * ByteTerms.perUnit(layout.low);
        for (int t = 0; t < tokens; t += PASS_TOKENS) {
            int pass = Math.min(PASS_TOKENS, tokens - t);
            Rounded rounded = new Rounded(
                    pass, workers.integers(0, 0, pass * termsStride), termsStride, workers.integers(0, 1, pass * units),
                    workers.scratch(0, 0, pass * units), workers.scratch(0, 1, pass * units), units);
            int from = xOffset + t * xStride;
            if (pass < SHARED_TOKENS) {
                for (int i = 0; i < pass; i++) {
                    round(x, from + i * xStride, rounded, i, workers, 0);
                }
            } else {
                workers.run(pass, (part, pieces) -> {
                    for (int i = pieces.next(); i >= 0; i = pieces.next()) {
                        round(x, from + i * xStride, rounded, i, workers, part);
                    }
                });
            }
            int to = yOffset + t * yStride;
            workers.run(layout.quads(), (part, pieces) -> pass(rounded, y, to, yStride, pieces, workers, part));
        }
    }

    private void pass(
            Rounded rounded, float[] y, int yOffset, int yStride, Workers.Pieces quads, Workers workers, int part) {
        int tokens = rounded.tokens;
        int bits = layout.low;
        int perChunk = TileLayout.CHUNK / layout.unit;
        int units = rounded.units;
        int perUnit = ByteTerms.perUnit(bits);
        int termsStride = rounded.termsStride;
        int[] terms = rounded.terms;
        int[] start = rounded.start;
        float[] step = rounded.step;
        float[] xs = rounded.sums;
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
        for (int quad = quads.next(); quad >= 0; quad = quads.next()) {
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
                        int t = first;
                        int v = t * ByteDot.STRIDE + 4 * L;
                        for (; t + ByteDot.TOKENS <= end; t += ByteDot.TOKENS, v += ByteDot.TOKENS * ByteDot.STRIDE) {
                            ScaleDecoder.addFourMinima(
                                    o, groups, xs, t * units + g, units, unitsPerGroup, sums, v, ByteDot.STRIDE);
                        }
                        for (; t < end; t++, v += ByteDot.STRIDE) {
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

    /** Rounds one token. */
    private void round(float[] x, int at, Rounded to, int token, Workers workers, int part) {
        int width = layout.paddedCols;
        int known = width / layout.unit;
        float[] one = workers.scratch(part, 5, width);
        int[] q = workers.integers(part, 2, ByteTerms.room(known));
        int units = token * to.units;
        gather(x, at, columnOrder, layout.cols, one, 0, width);
        ByteTerms.round(
                one, 0, known, layout.low, centre, q, to.terms, token * to.termsStride, to.start, to.step, to.sums, units);
        // minima are read in fours, also those behind the last
        Arrays.fill(to.sums, units + known, units + to.units, 0);
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
