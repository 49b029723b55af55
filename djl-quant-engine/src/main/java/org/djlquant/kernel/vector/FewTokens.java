package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ADD;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.djlquant.runtime.Workers;

/**
 * Products of a packed matrix with few tokens, without a trip of the weights through memory: in blocks of
 * four tokens ({@link CodeBlock}), a pair ({@link CodePair}) and a single one ({@link CodeDot}). Each
 * block takes the codes apart again, from the first-level cache, which its multiply-adds hide.
 */
final class FewTokens {
    /** Up to here this is quicker than a panel. Narrow vectors have no registers for blocks, and too few for pairs. */
    static final int MAX_TOKENS = L == 16 ? 12 : 2;

    /** The largest number of tokens that are taken one by one. */
    static final int MAX_SINGLE = L == 16 ? 1 : 2;

    /** What the copies of two tokens lie apart besides their width: else all would share a few sets of the cache. */
    private static final int APART = TileLayout.CHUNK + 16;

    /** Floats of the sums of a token: those of the codes, then those of the minima. */
    private static final int SUMS = 8 * L;

    private final TileLayout layout;
    private final MemorySegment packed;
    private final int[] columnOrder;
    private final float[] table;
    private final int unitsPerGroup;
    private final int perScale;
    private final int unitsPerChunk;

    FewTokens(TileLayout layout, MemorySegment packed, int[] columnOrder, float[] table) {
        this.layout = layout;
        this.packed = packed;
        this.columnOrder = columnOrder;
        this.table = table;
        unitsPerGroup = layout.group / layout.unit;
        perScale = Integer.numberOfTrailingZeros(unitsPerGroup);
        unitsPerChunk = TileLayout.CHUNK / layout.unit;
    }

    /** Multiplies the quads that {@code quads} gives; the rest as for {@link TileMatMul#multiply}. */
    void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride,
            Workers.Pieces quads, Workers workers, int part) {
        int quad = quads.next();
        if (quad < 0) {
            return;
        }
        int rows = L == 16 && tokens % 4 == 3 ? tokens + 1 : tokens; // three are a block with a row of zeros
        int width = layout.chunks() * TileLayout.CHUNK;
        int stride = width + APART;
        int units = layout.chunks() * unitsPerChunk;
        float[] xp = workers.scratch(part, 0, rows * stride);
        float[] xs = workers.scratch(part, 1, rows * units);
        float[] s = workers.scratch(part, 2, 4 * L * 16);
        float[] o = workers.scratch(part, 3, 4 * L * 16);
        float[] sums = workers.scratch(part, 4, rows * SUMS);
        float[] xc = workers.scratch(part, 5, rows * units);
        for (int t = 0; t < tokens; t++) {
            PackedTiles.gather(x, xOffset + t * xStride, columnOrder, layout.cols, xp, t * stride, width);
            placeAndSum(xp, t * stride, xs, xc, t * units, units);
        }
        Arrays.fill(xp, tokens * stride, rows * stride, 0);
        Arrays.fill(xc, tokens * units, rows * units, 0);
        for (; quad >= 0; quad = quads.next()) {
            Arrays.fill(sums, 0, rows * SUMS, 0);
            for (int t = 0; t < rows; ) {
                int block = L < 16 ? 1 : rows - t >= 4 ? 4 : rows - t >= 2 ? 2 : 1;
                chunks(quad, t, block, tokens, xp, stride, xs, xc, units, s, o, sums);
                t += block;
            }
            int row = 4 * L * quad;
            int known = Math.min(4 * L, layout.rows - row);
            for (int t = 0; t < tokens; t++) {
                int out = yOffset + t * yStride + row;
                int u = t * SUMS;
                for (int i = 0; i < known; i++) {
                    y[out + i] = sums[u + i] - sums[u + 4 * L + i];
                }
            }
        }
    }

    /** Adds the products of a quad with a block of tokens; reads the quad from its first to its last code, as prefetching needs. */
    private void chunks(
            int quad, int t, int block, int tokens, float[] xp, int stride, float[] xs, float[] xc, int units,
            float[] s, float[] o, float[] sums) {
        boolean minima = layout.scales.hasMin();
        boolean sub = layout.scales == TileLayout.ScaleKind.SUB_MIN && tokens == 1;
        for (int chunk = 0; chunk < layout.chunks(); chunk++) {
            int cols = layout.chunkCols(chunk);
            int groups = layout.groups(cols);
            int k = t * stride + chunk * TileLayout.CHUNK;
            int g = t * units + chunk * unitsPerChunk;
            long p = layout.scalesAt(quad, chunk);
            ScaleDecoder.scales(layout.scales, packed, p, groups, s);
            if (sub) {
                ScaleDecoder.addSubMinima(packed, p, groups, xs, g, sums, 4 * L);
            } else if (minima) {
                ScaleDecoder.minima(layout.scales, packed, p, groups, o);
                for (int i = 0; i < block && t + i < tokens; i++) {
                    ScaleDecoder.addMinima(o, groups, xs, g + i * units, unitsPerGroup, sums, (t + i) * SUMS + 4 * L);
                }
            }
            long codes = layout.codesAt(quad, chunk);
            switch (block) {
                case 4 -> block(codes, cols, s, xp, k, stride, xc, g, units, sums, t * SUMS);
                case 2 -> pair(codes, cols, s, xp, k, stride, xc, g, units, sums, t * SUMS);
                default -> single(codes, cols, s, xp, k, xc, g, sums, t * SUMS);
            }
        }
    }

    /** Scales x for codes that are converted where they stand, and sums it over units before: as it is, and times minus the zero point. */
    private void placeAndSum(float[] x, int at, float[] xs, float[] xc, int xsAt, int units) {
        for (int g = xsAt; g < xsAt + units; g++) {
            FloatVector sum = FloatVector.zero(F);
            for (int i = 0; i < layout.unit; i += L, at += L) {
                FloatVector v = FloatVector.fromArray(F, x, at);
                sum = sum.add(v);
                v.mul(FloatVector.fromArray(F, layout.place, i & 15)).intoArray(x, at);
            }
            xs[g] = sum.reduceLanes(ADD);
            xc[g] = -layout.form.zero() * xs[g];
        }
    }

    private void single(
            long codes, int cols, float[] s, float[] x, int k, float[] xc, int xcAt, float[] u, int uAt) {
        int unit = layout.unit;
        int units = cols / unit;
        if (table != null && L == 16) {
            CodeDot.codebook(packed, codes, table, units, unit / 8, perScale, s, x, k, u, uAt);
        } else if (table != null) {
            CodeDot.longCodebook(packed, codes, table, units, unit / 8, perScale, s, x, k, u, uAt);
        } else if (layout.low == 3) {
            CodeDot.threeBits(packed, codes, units, perScale, s, x, k, xc, xcAt, u, uAt);
        } else if (layout.high == 0) {
            int words = unit * layout.low / 32;
            switch (layout.low) {
                case 2 -> CodeDot.twoBits(packed, codes, units, words, perScale, s, x, k, xc, xcAt, u, uAt);
                case 4 -> CodeDot.fourBits(packed, codes, units, words, perScale, s, x, k, xc, xcAt, u, uAt);
                default -> CodeDot.eightBits(packed, codes, units, words, perScale, s, x, k, xc, xcAt, u, uAt);
            }
        } else {
            CodeDot.twoPlanes(
                    packed, codes, layout.low, layout.high, unit, units, perScale, s, x, k, xc, xcAt, u, uAt);
        }
    }

    private void pair(
            long codes, int cols, float[] s, float[] x, int k, int xStride, float[] xc, int xcAt, int xcStride,
            float[] u, int uAt) {
        int unit = layout.unit;
        int units = cols / unit;
        if (table != null) {
            CodePair.codebook(packed, codes, table, units, unit / 8, perScale, s, x, k, xStride, u, uAt);
        } else if (layout.low == 3) {
            CodePair.threeBits(packed, codes, units, perScale, s, x, k, xStride, xc, xcAt, xcStride, u, uAt);
        } else if (layout.high == 0) {
            int words = unit * layout.low / 32;
            CodePair.onePlane(
                    packed, codes, layout.low, units, words, perScale,
                    s, x, k, xStride, xc, xcAt, xcStride, u, uAt);
        } else {
            CodePair.twoPlanes(
                    packed, codes, layout.low, layout.high, unit, units, perScale,
                    s, x, k, xStride, xc, xcAt, xcStride, u, uAt);
        }
    }

    private void block(
            long codes, int cols, float[] s, float[] x, int k, int xStride, float[] xc, int xcAt, int xcStride,
            float[] u, int uAt) {
        int unit = layout.unit;
        int units = cols / unit;
        if (table != null) {
            CodeBlock.codebook(packed, codes, table, units, unit / 8, perScale, s, x, k, xStride, u, uAt);
        } else if (layout.low == 3) {
            CodeBlock.threeBits(packed, codes, units, perScale, s, x, k, xStride, xc, xcAt, xcStride, u, uAt);
        } else if (layout.high == 0) {
            int words = unit * layout.low / 32;
            CodeBlock.onePlane(
                    packed, codes, layout.low, units, words, perScale,
                    s, x, k, xStride, xc, xcAt, xcStride, u, uAt);
        } else {
            CodeBlock.twoPlanes(
                    packed, codes, layout.low, layout.high, unit, units, perScale,
                    s, x, k, xStride, xc, xcAt, xcStride, u, uAt);
        }
    }
}
