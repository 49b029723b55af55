package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.L;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.djlquant.kernel.LayerCache;
import org.djlquant.runtime.Workers;

/**
 * Keys in blocks of L positions, transposed so that a lane is a position and scores need no sums
 * across lanes; values position after position in columns of 2L dimensions. Both lie head by head
 * in chunks of {@value #CHUNK} positions, so growth never copies. Two float16 numbers share an int:
 * of keys the dimensions 2i and 2i + 1, of values the dimensions i and i + L of a column. Four bytes share
 * one too: of keys the dimensions 4i … 4i + 3, of values the dimensions i + jL of a column of 4L.
 *
 * <pre>
 * keys    [kv head][block][dimension][L]             (float16: [dimension / 2][L] ints, bytes: [dimension / 4][L])
 * values  [kv head][column of 2L][position][2L]      (float16: [position][L] ints, bytes: columns of 4L)
 * scales  [kv head][position]                        (of bytes, for keys and for values)
 * </pre>
 *
 * Queries are taken four at a time: the heads that share a key/value head, of one or more tokens.
 */
final class VectorLayerCache implements LayerCache {
    /** Positions of a chunk. */
    private static final int CHUNK = 64;

    /** Queries of a register block. */
    static final int QUERIES = 4;

    /** For the bound on scores, which has no state. */
    private static final VectorKernels KERNELS = new VectorKernels();

    private final Shape shape;

    /** Dimensions of a head with padding up to whole columns; padding stays zero. */
    private final int dim;

    private final List<Chunk> chunks = new ArrayList<>();
    private int length;

    /** Leading chunks that a fork may hold too: they are copied before they are written to. */
    private int shared;

    private final byte[] buffer;

    /** Floats, or numbers packed in ints and, for bytes, their scales; the others are null. */
    private record Chunk(
            float[] keys, float[] values, int[] packedKeys, int[] packedValues, float[] keyScales, float[] valueScales) {
        Chunk copy() {
            return keys != null
                    ? new Chunk(keys.clone(), values.clone(), null, null, null, null)
                    : new Chunk(
                            null,
                            null,
                            packedKeys.clone(),
                            packedValues.clone(),
                            keyScales == null ? null : keyScales.clone(),
                            valueScales == null ? null : valueScales.clone());
        }
    }

    VectorLayerCache(Shape shape) {
        this.shape = shape;
        int column = shape.type() == Type.Q8 ? 4 * L : 2 * L;
        dim = Math.ceilDiv(shape.headDim(), column) * column;
        buffer = new byte[shape.headDim()];
    }

    private Chunk newChunk() {
        int size = shape.kvHeads() * CHUNK * dim;
        return switch (shape.type()) {
            case F32 -> new Chunk(new float[size], new float[size], null, null, null, null);
            case F16 -> new Chunk(null, null, new int[size / 2], new int[size / 2], null, null);
            case Q8 -> new Chunk(
                    null,
                    null,
                    new int[size / 4],
                    new int[size / 4],
                    new float[shape.kvHeads() * CHUNK],
                    new float[shape.kvHeads() * CHUNK]);
        };
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public LayerCache fork(int positions) {
        if (positions < 0 || positions > length) {
            throw new IllegalArgumentException("cannot fork " + positions + " positions of a cache of " + length);
        }
        VectorLayerCache copy = new VectorLayerCache(shape);
        copy.length = positions;
        copy.chunks.addAll(chunks.subList(0, Math.ceilDiv(positions, CHUNK)));
        copy.shared = copy.chunks.size();
        shared = Math.max(shared, copy.shared);
        return copy;
    }

    @Override
    public long bytes(int positions) {
        long heads = (long) Math.ceilDiv(positions, CHUNK) * shape.kvHeads() * CHUNK * 2;
        return switch (shape.type()) {
            case F32 -> heads * dim * Float.BYTES;
            case F16 -> heads * dim * Short.BYTES;
            case Q8 -> heads * (dim + Float.BYTES);
        };
    }

    @Override
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("cannot truncate a cache of " + length + " to " + newLength);
        }
        length = newLength;
        int keep = Math.ceilDiv(newLength, CHUNK);
        chunks.subList(keep, chunks.size()).clear();
        shared = Math.min(shared, keep);
    }

    @Override
    public void close() {
        truncate(0);
    }

    // ---- store and read ---------------------------------------------------------------------------------------

    /** Element of a key plane for float32; the float16 pair of it is at {@code keyPair}. */
    private int keyAt(int head, int slot, int d) {
        return ((head * (CHUNK / L) + slot / L) * dim + d) * L + slot % L;
    }

    private int keyPair(int head, int slot, int d) {
        return ((head * (CHUNK / L) + slot / L) * (dim / 2) + d / 2) * L + slot % L;
    }

    /** The word of a key plane of bytes that holds dimension {@code d}, and of a value plane. */
    private int keyQuad(int head, int slot, int d) {
        return ((head * (CHUNK / L) + slot / L) * (dim / 4) + d / 4) * L + slot % L;
    }

    private int valueQuad(int head, int slot, int d) {
        return ((head * (dim / (4 * L)) + d / (4 * L)) * CHUNK + slot) * L + d % L;
    }

    private int valueAt(int head, int slot, int d) {
        return ((head * (dim / (2 * L)) + d / (2 * L)) * CHUNK + slot) * 2 * L + d % (2 * L);
    }

    private int valuePair(int head, int slot, int d) {
        return ((head * (dim / (2 * L)) + d / (2 * L)) * CHUNK + slot) * L + d % L;
    }

    @Override
    public void append(
            float[] keys, int keysOffset, int keysStride, float[] values, int valuesOffset, int valuesStride, int tokens) {
        int headDim = shape.headDim();
        for (int t = 0; t < tokens; t++, length++) {
            if (length == chunks.size() * CHUNK) {
                chunks.add(newChunk());
            } else if (length / CHUNK < shared) {
                shared = length / CHUNK;
                chunks.set(shared, chunks.get(shared).copy());
            }
            Chunk chunk = chunks.get(length / CHUNK);
            int slot = length % CHUNK;
            for (int h = 0; h < shape.kvHeads(); h++) {
                int k = keysOffset + t * keysStride + h * headDim;
                int v = valuesOffset + t * valuesStride + h * headDim;
                if (shape.type() == Type.F16) {
                    for (int d = 0; d < headDim; d++) {
                        putHalf(chunk.packedKeys, keyPair(h, slot, d), d % 2, keys[k + d]);
                        putHalf(chunk.packedValues, valuePair(h, slot, d), d / L % 2, values[v + d]);
                    }
                } else if (shape.type() == Type.Q8) {
                    chunk.keyScales[h * CHUNK + slot] = LayerCache.quantize(keys, k, headDim, buffer);
                    for (int d = 0; d < headDim; d++) {
                        putByte(chunk.packedKeys, keyQuad(h, slot, d), d % 4, buffer[d]);
                    }
                    chunk.valueScales[h * CHUNK + slot] = LayerCache.quantize(values, v, headDim, buffer);
                    for (int d = 0; d < headDim; d++) {
                        putByte(chunk.packedValues, valueQuad(h, slot, d), d / L % 4, buffer[d]);
                    }
                } else {
                    for (int d = 0, at = keyAt(h, slot, 0); d < headDim; d++, at += L) {
                        chunk.keys[at] = keys[k + d];
                    }
                    for (int d = 0; d < headDim; d += 2 * L) {
                        System.arraycopy(
                                values, v + d, chunk.values, valueAt(h, slot, d), Math.min(2 * L, headDim - d));
                    }
                }
            }
        }
    }

    private static void putHalf(int[] pairs, int at, int upper, float value) {
        int bits = Float.floatToFloat16(value) & 0xffff;
        pairs[at] = upper == 0 ? pairs[at] & 0xffff0000 | bits : pairs[at] & 0xffff | bits << 16;
    }

    private static void putByte(int[] quads, int at, int index, byte code) {
        int shift = 8 * index;
        quads[at] = quads[at] & ~(0xff << shift) | (code & 0xff) << shift;
    }

    @Override
    public void read(int position, float[] key, float[] value) {
        if (position < 0 || position >= length) {
            throw new IndexOutOfBoundsException("position " + position + " of " + length);
        }
        Chunk chunk = chunks.get(position / CHUNK);
        int slot = position % CHUNK;
        for (int h = 0; h < shape.kvHeads(); h++) {
            for (int d = 0; d < shape.headDim(); d++) {
                int at = h * shape.headDim() + d;
                switch (shape.type()) {
                    case F32 -> {
                        key[at] = chunk.keys[keyAt(h, slot, d)];
                        value[at] = chunk.values[valueAt(h, slot, d)];
                    }
                    case F16 -> {
                        key[at] = half(chunk.packedKeys[keyPair(h, slot, d)] >> d % 2 * 16);
                        value[at] = half(chunk.packedValues[valuePair(h, slot, d)] >> d / L % 2 * 16);
                    }
                    case Q8 -> {
                        byte k = (byte) (chunk.packedKeys[keyQuad(h, slot, d)] >> d % 4 * 8);
                        byte v = (byte) (chunk.packedValues[valueQuad(h, slot, d)] >> d / L % 4 * 8);
                        key[at] = k * chunk.keyScales[h * CHUNK + slot];
                        value[at] = v * chunk.valueScales[h * CHUNK + slot];
                    }
                }
            }
        }
    }

    private static float half(int bits) {
        return Float.float16ToFloat((short) bits);
    }

    // ---- attention --------------------------------------------------------------------------------------------

    @Override
    public void attend(
            float[] q, int qOffset, int qStride, float[] out, int outOffset, int outStride, int tokens, Workers workers) {
        int shared = shape.heads() / shape.kvHeads();
        int groups = Math.ceilDiv(tokens * shared, QUERIES);
        int items = shape.kvHeads() * groups;
        workers.run((part, parts) -> {
            float[] queries = workers.scratch(part, 0, QUERIES * dim);
            float[] sums = workers.scratch(part, 1, QUERIES * dim);
            float[] scores = workers.scratch(part, 2, QUERIES * (Math.ceilDiv(length, CHUNK) * CHUNK));
            // later tokens see more positions: deal the groups out in turn, unless the heads divide evenly
            boolean inTurn = shape.kvHeads() % parts != 0;
            int i = inTurn ? part : (int) ((long) items * part / parts);
            int end = inTurn ? items : (int) ((long) items * (part + 1) / parts);
            for (; i < end; i += inTurn ? parts : 1) {
                int head = i / groups;
                int row = i % groups * QUERIES;
                int rows = Math.min(QUERIES, tokens * shared - row);
                takeQueries(q, qOffset, qStride, head, shared, row, rows, queries);
                int oldest = length - tokens + row / shared;
                int newest = length - tokens + (row + rows - 1) / shared;
                int from = Math.max(0, oldest - shape.window() + 1) / (2 * L) * 2 * L;
                int stride = Math.ceilDiv(newest + 1 - from, 2 * L) * 2 * L;
                scores(head, from, newest + 1, queries, scores, stride);
                float s0 = 0;
                float s1 = 0;
                float s2 = 0;
                float s3 = 0;
                for (int r = 0; r < QUERIES; r++) {
                    int position = length - tokens + Math.min(row + r, row + rows - 1) / shared;
                    int first = Math.max(0, position - shape.window() + 1);
                    if (shape.softCap() != 0) {
                        KERNELS.softCap(scores, r * stride + first - from, position + 1 - first, shape.softCap());
                    }
                    float sum = softmax(scores, r * stride, first - from, position + 1 - from, newest + 1 - from);
                    s0 = r == 0 ? sum : s0;
                    s1 = r == 1 ? sum : s1;
                    s2 = r == 2 ? sum : s2;
                    s3 = r == 3 ? sum : s3;
                }
                Arrays.fill(sums, 0, QUERIES * dim, 0);
                values(head, from, newest + 1, scores, stride, sums);
                for (int r = 0; r < rows; r++) {
                    int token = (row + r) / shared;
                    int column = (head * shared + (row + r) % shared) * shape.headDim();
                    float factor = 1 / (r == 0 ? s0 : r == 1 ? s1 : r == 2 ? s2 : s3);
                    int at = outOffset + token * outStride + column;
                    for (int d = 0; d < shape.headDim(); d++) {
                        // sums lie column by column: [2L of query 0][2L of query 1] …
                        int column2 = d / (2 * L);
                        out[at + d] = sums[(column2 * QUERIES + r) * 2 * L + d - column2 * 2 * L] * factor;
                    }
                }
            }
        });
    }

    /** Four queries dimension by dimension, scaled; missing ones are zero. */
    private void takeQueries(
            float[] q, int qOffset, int qStride, int head, int shared, int row, int rows, float[] queries) {
        Arrays.fill(queries, 0, QUERIES * dim, 0);
        for (int r = 0; r < rows; r++) {
            int from = qOffset + (row + r) / shared * qStride + (head * shared + (row + r) % shared) * shape.headDim();
            for (int d = 0; d < shape.headDim(); d++) {
                queries[d * QUERIES + r] = q[from + d] * shape.scale();
            }
        }
    }

    /** Scores of positions {@code from} to {@code to}, rounded up to 2L; {@code from} is a multiple of 2L. */
    private void scores(int head, int from, int to, float[] queries, float[] scores, int stride) {
        for (int position = from; position < to; position += 2 * L) {
            Chunk chunk = chunks.get(position / CHUNK);
            int slot = position % CHUNK;
            switch (shape.type()) {
                case F32 -> AttentionBlock.scores(
                        chunk.keys, keyAt(head, slot, 0), dim, queries, scores, position - from, stride);
                case F16 -> AttentionBlock.halfScores(
                        chunk.packedKeys, keyPair(head, slot, 0), dim, queries, scores, position - from, stride);
                case Q8 -> ByteAttentionBlock.scores(
                        chunk.packedKeys, keyQuad(head, slot, 0), dim, chunk.keyScales, head * CHUNK + slot,
                        queries, scores, position - from, stride);
            }
        }
    }

    /** Adds Σ score · value over positions {@code from} to {@code to}; may change the scores. */
    private void values(int head, int from, int to, float[] scores, int stride, float[] sums) {
        for (int position = from; position < to; ) {
            Chunk chunk = chunks.get(position / CHUNK);
            int slot = position % CHUNK;
            int count = Math.min(CHUNK - slot, to - position);
            if (shape.type() == Type.Q8) {
                ByteAttentionBlock.scale(scores, position - from, stride, chunk.valueScales, head * CHUNK + slot, count);
                for (int d = 0; d < dim; d += 4 * L) {
                    ByteAttentionBlock.values(
                            chunk.packedValues, valueQuad(head, slot, d), count,
                            scores, position - from, stride, sums, d * QUERIES);
                }
            }
            for (int d = 0; d < dim && shape.type() != Type.Q8; d += 2 * L) {
                if (shape.type() == Type.F16) {
                    AttentionBlock.halfValues(
                            chunk.packedValues, valuePair(head, slot, d), count,
                            scores, position - from, stride, sums, d * QUERIES);
                } else {
                    AttentionBlock.values(
                            chunk.values, valueAt(head, slot, d), count,
                            scores, position - from, stride, sums, d * QUERIES);
                }
            }
            position += count;
        }
    }

    /**
     * Turns scores {@code from} to {@code to} of a row into e^(score − max) and the others up to
     * {@code n} into zeros; returns the sum.
     */
    private static float softmax(float[] scores, int at, int from, int to, int n) {
        Arrays.fill(scores, at, at + from, 0);
        Arrays.fill(scores, at + to, at + n, 0);
        FloatVector most = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        for (int i = from; i < to; i += L) {
            VectorMask<Float> mask = F.indexInRange(i, to);
            most = most.lanewise(VectorOperators.MAX, FloatVector.fromArray(F, scores, at + i, mask), mask);
        }
        float max = most.reduceLanes(VectorOperators.MAX);
        FloatVector sum = FloatVector.zero(F);
        for (int i = from; i < to; i += L) {
            VectorMask<Float> mask = F.indexInRange(i, to);
            FloatVector e = VectorKernels.exp(FloatVector.fromArray(F, scores, at + i, mask).sub(max));
            e.intoArray(scores, at + i, mask);
            sum = sum.add(e, mask);
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }
}
