package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.HALF_BITS;
import static org.djlquant.kernel.vector.Lanes.HALF_FACTOR;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.djlquant.kernel.MatMul;
import org.djlquant.quant.FloatRows;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * A matrix that stays where it lies: one token meets a row as it is read ({@link RowDot}); for more, rows are widened
 * to float32, four at a time, and multiplied with up to four tokens at once. Floating-point checkpoints run this way
 * without a copy; so does any scheme without integer form, through its own decoder.
 */
final class RowMatMul implements MatMul {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfFloat FLOATS = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LE);
    private static final ValueLayout.OfShort SHORTS = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LE);

    /** Rows and tokens of a register block. */
    private static final int BLOCK = 4;

    /** Rows that a thread takes at a time. */
    private static final int PIECE = 8 * BLOCK;

    /** Columns widened at a time: four rows of them fit the first-level cache. */
    private static final int CHUNK = 1024;

    private final WeightMatrix weight;
    private final FloatRows floats;

    /** Columns with padding up to whole pairs of vectors. */
    private final int width;

    RowMatMul(WeightMatrix weight) {
        this.weight = weight;
        FloatRows rows = weight.floats();
        floats = rows == null ? null : new FloatRows(rows.type(), Lanes.plain(rows.data()));
        width = Math.ceilDiv(weight.cols(), 2 * L) * 2 * L;
    }

    @Override
    public int rows() {
        return weight.rows();
    }

    @Override
    public int cols() {
        return weight.cols();
    }

    @Override
    public long packedBytes() {
        return 0;
    }

    @Override
    public String layout() {
        return weight.scheme() + (floats != null ? " in place" : " decoded row by row") + " vector-" + 32 * L;
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        weight.decodeRow(row, dst, dstOffset);
    }

    @Override
    public void multiply(
            float[] x, int xOffset, int xStride, int tokens, float[] y, int yOffset, int yStride, Workers workers) {
        workers.run(Math.ceilDiv(rows(), PIECE), (part, pieces) -> {
            int piece = pieces.next();
            if (piece < 0) {
                return;
            }
            float[] xp = workers.scratch(part, 1, Math.ceilDiv(tokens, BLOCK) * BLOCK * width);
            for (int t = 0; t < tokens; t++) {
                arrange(x, xOffset + t * xStride, xp, t * width);
            }
            for (; piece >= 0; piece = pieces.next()) {
                int from = piece * PIECE;
                int to = Math.min(rows(), from + PIECE);
                if (floats != null && tokens == 1) {
                    oneToken(xp, x, xOffset, y, yOffset, from, to);
                } else {
                    blocks(xp, tokens, y, yOffset, yStride, from, to, workers, part);
                }
            }
        });
    }

    /** Reads each row once from its first to its last number, all of them one stream. */
    private void oneToken(float[] xp, float[] x, int xOffset, float[] y, int yOffset, int from, int to) {
        int cols = weight.cols();
        int whole = cols / (2 * L) * 2 * L;
        int bytes = floats.type().bytes();
        MemorySegment m = floats.data();
        for (int r = from; r < to; r++) {
            long p = (long) r * cols * bytes;
            float sum = switch (floats.type()) {
                case F32 -> RowDot.f32(m, p, whole, xp);
                case F16 -> RowDot.f16(m, p, whole, xp);
                case BF16 -> RowDot.bf16(m, p, whole, xp);
            };
            for (int k = whole; k < cols; k++) {
                sum += number(p + (long) bytes * k) * x[xOffset + k];
            }
            y[yOffset + r] = sum;
        }
    }

    private void blocks(
            float[] xp, int tokens, float[] y, int yOffset, int yStride, int from, int to, Workers workers, int part) {
        int chunk = floats != null ? Math.min(CHUNK, width) : width;
        float[] w = workers.scratch(part, 0, BLOCK * chunk);
        float[] sums = workers.scratch(part, 2, BLOCK * BLOCK);
        for (int r = from; r < to; r += BLOCK) {
            int count = Math.min(BLOCK, to - r);
            for (int k = 0; k < width; k += chunk) {
                int n = Math.min(chunk, width - k);
                for (int i = 0; i < count; i++) {
                    widen(r + i, k, n, w, i * n);
                }
                for (int t = 0; t < tokens; t += BLOCK) {
                    int some = Math.min(BLOCK, tokens - t);
                    if (some == 1) {
                        dot1(w, xp, t * width + k, n, sums);
                    } else {
                        dot4(w, xp, t * width + k, width, n, sums);
                    }
                    for (int i = 0; i < some; i++) {
                        int out = yOffset + (t + i) * yStride + r;
                        for (int j = 0; j < count; j++) {
                            y[out + j] = (k == 0 ? 0 : y[out + j]) + sums[i * BLOCK + j];
                        }
                    }
                }
            }
        }
    }

    private boolean pairs() {
        return floats != null && floats.type() != FloatRows.Type.F32;
    }

    /** Activations in the order of {@code widen}, zeros behind them. */
    private void arrange(float[] x, int from, float[] dst, int at) {
        int cols = weight.cols();
        if (!pairs()) {
            System.arraycopy(x, from, dst, at, cols);
            Arrays.fill(dst, at + cols, at + width, 0);
            return;
        }
        for (int k = 0; k < width; k++) {
            int column = k / (2 * L) * 2 * L + k % L * 2 + k / L % 2;
            dst[at + k] = column < cols ? x[from + column] : 0;
        }
    }

    /**
     * {@code n} columns of a row from {@code k} on as float32. Two 16-bit numbers arrive in one int
     * lane: of every 2L columns the even ones come first, then the odd ones.
     */
    private void widen(int row, int k, int n, float[] w, int at) {
        int cols = weight.cols();
        if (floats == null) {
            weight.decodeRow(row, w, at);
            Arrays.fill(w, at + cols, at + n, 0);
            return;
        }
        long p = ((long) row * cols + k) * floats.type().bytes();
        int known = Math.min(n, cols - k);
        int whole = known / (2 * L) * 2 * L;
        switch (floats.type()) {
            case F32 -> {
                MemorySegment.copy(floats.data(), FLOATS, p, w, at, known);
                Arrays.fill(w, at + known, at + n, 0);
                return;
            }
            case F16 -> widenHalf(floats.data(), p, whole, w, at);
            case BF16 -> widenBrain(floats.data(), p, whole, w, at);
        }
        for (int i = whole; i < n; i++) {
            int column = whole + i % L * 2 + i / L % 2;
            w[at + i] = column < known ? number(p + 2L * column) : 0;
        }
    }

    private float number(long p) {
        if (floats.type() == FloatRows.Type.F32) {
            return floats.data().get(FLOATS, p);
        }
        short bits = floats.data().get(SHORTS, p);
        return floats.type() == FloatRows.Type.F16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
    }

    private static void widenHalf(MemorySegment m, long p, int n, float[] w, int at) {
        for (int k = 0; k < n; k += 2 * L, p += 4L * L) {
            IntVector v = IntVector.fromMemorySegment(I, m, p, LE);
            v.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR)
                    .intoArray(w, at + k);
            v.lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR).intoArray(w, at + k + L);
        }
    }

    private static void widenBrain(MemorySegment m, long p, int n, float[] w, int at) {
        for (int k = 0; k < n; k += 2 * L, p += 4L * L) {
            IntVector v = IntVector.fromMemorySegment(I, m, p, LE);
            v.lanewise(LSHL, 16).reinterpretAsFloats().intoArray(w, at + k);
            v.and(0xffff0000).reinterpretAsFloats().intoArray(w, at + k + L);
        }
    }

    /** Four rows with one token; sum of row i goes to {@code sums[i]}. */
    private static void dot1(float[] w, float[] x, int xAt, int n, float[] sums) {
        FloatVector a0 = FloatVector.zero(F);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        for (int k = 0; k < n; k += 2 * L) {
            FloatVector x0 = FloatVector.fromArray(F, x, xAt + k);
            FloatVector x1 = FloatVector.fromArray(F, x, xAt + k + L);
            a0 = x0.fma(FloatVector.fromArray(F, w, k), a0);
            a1 = x0.fma(FloatVector.fromArray(F, w, k + n), a1);
            a2 = x0.fma(FloatVector.fromArray(F, w, k + 2 * n), a2);
            a3 = x0.fma(FloatVector.fromArray(F, w, k + 3 * n), a3);
            b0 = x1.fma(FloatVector.fromArray(F, w, k + L), b0);
            b1 = x1.fma(FloatVector.fromArray(F, w, k + L + n), b1);
            b2 = x1.fma(FloatVector.fromArray(F, w, k + L + 2 * n), b2);
            b3 = x1.fma(FloatVector.fromArray(F, w, k + L + 3 * n), b3);
        }
        sums[0] = a0.add(b0).reduceLanes(VectorOperators.ADD);
        sums[1] = a1.add(b1).reduceLanes(VectorOperators.ADD);
        sums[2] = a2.add(b2).reduceLanes(VectorOperators.ADD);
        sums[3] = a3.add(b3).reduceLanes(VectorOperators.ADD);
    }

    /** Four rows with four tokens; the sum of row i and token t goes to {@code sums[4·t + i]}. */
    private static void dot4(float[] w, float[] x, int xAt, int xStride, int n, float[] sums) {
        FloatVector a0 = FloatVector.zero(F);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector c2 = a0;
        FloatVector c3 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        FloatVector d2 = a0;
        FloatVector d3 = a0;
        for (int k = 0; k < n; k += L) {
            FloatVector w0 = FloatVector.fromArray(F, w, k);
            FloatVector w1 = FloatVector.fromArray(F, w, k + n);
            FloatVector w2 = FloatVector.fromArray(F, w, k + 2 * n);
            FloatVector w3 = FloatVector.fromArray(F, w, k + 3 * n);
            FloatVector v = FloatVector.fromArray(F, x, xAt + k);
            a0 = w0.fma(v, a0);
            a1 = w1.fma(v, a1);
            a2 = w2.fma(v, a2);
            a3 = w3.fma(v, a3);
            v = FloatVector.fromArray(F, x, xAt + k + xStride);
            b0 = w0.fma(v, b0);
            b1 = w1.fma(v, b1);
            b2 = w2.fma(v, b2);
            b3 = w3.fma(v, b3);
            v = FloatVector.fromArray(F, x, xAt + k + 2 * xStride);
            c0 = w0.fma(v, c0);
            c1 = w1.fma(v, c1);
            c2 = w2.fma(v, c2);
            c3 = w3.fma(v, c3);
            v = FloatVector.fromArray(F, x, xAt + k + 3 * xStride);
            d0 = w0.fma(v, d0);
            d1 = w1.fma(v, d1);
            d2 = w2.fma(v, d2);
            d3 = w3.fma(v, d3);
        }
        sums[0] = a0.reduceLanes(VectorOperators.ADD);
        sums[1] = a1.reduceLanes(VectorOperators.ADD);
        sums[2] = a2.reduceLanes(VectorOperators.ADD);
        sums[3] = a3.reduceLanes(VectorOperators.ADD);
        sums[4] = b0.reduceLanes(VectorOperators.ADD);
        sums[5] = b1.reduceLanes(VectorOperators.ADD);
        sums[6] = b2.reduceLanes(VectorOperators.ADD);
        sums[7] = b3.reduceLanes(VectorOperators.ADD);
        sums[8] = c0.reduceLanes(VectorOperators.ADD);
        sums[9] = c1.reduceLanes(VectorOperators.ADD);
        sums[10] = c2.reduceLanes(VectorOperators.ADD);
        sums[11] = c3.reduceLanes(VectorOperators.ADD);
        sums[12] = d0.reduceLanes(VectorOperators.ADD);
        sums[13] = d1.reduceLanes(VectorOperators.ADD);
        sums[14] = d2.reduceLanes(VectorOperators.ADD);
        sums[15] = d3.reduceLanes(VectorOperators.ADD);
    }
}
