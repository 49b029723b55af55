package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.L;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.djlquant.kernel.LayerCache;
import org.djlquant.runtime.Workers;

/**
 * Keys transposed in groups of 2L positions, so that a lane is a position and scores need no sums across lanes; values
 * position after position in columns. Chunks of {@value #CHUNK} positions hold one head after the other, first its
 * keys, then its values: attention reads a chunk from its first element to its last, as one stream. Two float16
 * numbers share an int: of keys the dimensions 2i and 2i + 1, of values the dimensions i and i + L of a column. Four
 * bytes share one too: of keys the dimensions 4i … 4i + 3, of values the dimensions i + jL of a column.
 *
 * <pre>
 * chunk   [kv head][keys, then values]
 * keys    [group][dimension][2L]              (float16: [dimension / 2][2L] ints, bytes: [dimension / 4][2L])
 * values  [column of 2L][position][2L]        (float16: [position][L] ints, bytes: columns of 4L)
 * </pre>
 *
 * Behind the keys of bytes, and behind their values, lie the bits of their scales, [position].
 *
 * <p>Queries are taken four at a time: the heads that share a key/value head, of one or more tokens.
 */
final class VectorLayerCache implements LayerCache {
    /** Positions of a chunk. */
    private static final int CHUNK = 64;

    /** Queries of a register block. */
    static final int QUERIES = 4;

    /** Sums of queries that are held for all heads at once, so that they stay in the second-level cache. */
    private static final int MOST_SUMS = 1 << 16;

    /** For the bound on scores, which has no state. */
    private static final VectorKernels KERNELS = new VectorKernels();

    private final Shape shape;

    /** Dimensions of a head with padding up to whole columns; padding stays zero. */
    private final int dim;

    /** Numbers in an array element. */
    private final int packing;

    /** Elements of the keys of a head in a chunk, and of its values. */
    private final int plane;

    private final List<Chunk> chunks = new ArrayList<>();
    private int length;

    /** Leading chunks that a fork may hold too: they are copied before they are written to. */
    private int shared;

    private final byte[] buffer;

    /** For each part of the running attention its sums. */
    private float[][] states = {};

    private final AtomicInteger partsDone = new AtomicInteger();

    /** Floats, or numbers packed in ints; the other is null. */
    private record Chunk(float[] floats, int[] words) {
        Chunk copy() {
            return floats != null ? new Chunk(floats.clone(), null) : new Chunk(null, words.clone());
        }
    }

    VectorLayerCache(Shape shape) {
        this.shape = shape;
        int column = shape.type() == Type.Q8 ? 4 * L : 2 * L;
        dim = Math.ceilDiv(shape.headDim(), column) * column;
        packing = switch (shape.type()) {
            case F32 -> 1;
            case F16 -> 2;
            case Q8 -> 4;
        };
        plane = CHUNK * dim / packing + (shape.type() == Type.Q8 ? CHUNK : 0);
        buffer = new byte[shape.headDim()];
    }

    private Chunk newChunk() {
        int size = shape.kvHeads() * 2 * plane;
        return shape.type() == Type.F32 ? new Chunk(new float[size], null) : new Chunk(null, new int[size]);
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
        return (long) Math.ceilDiv(positions, CHUNK) * shape.kvHeads() * 2 * plane * Integer.BYTES;
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

    /** The element of a chunk that holds dimension {@code d} of a key. */
    private int keyAt(int head, int slot, int d) {
        return 2 * head * plane + (slot / (2 * L) * (dim / packing) + d / packing) * 2 * L + slot % (2 * L);
    }

    /** The same of a value. */
    private int valueAt(int head, int slot, int d) {
        int width = shape.type() == Type.F32 ? 2 * L : L;
        int column = width * packing;
        return (2 * head + 1) * plane + (d / column * CHUNK + slot) * width + d % width;
    }

    /** The bits of the scale of a key of bytes; that of a value lies {@code plane} behind. */
    private int scaleAt(int head, int slot) {
        return 2 * head * plane + CHUNK * dim / 4 + slot;
    }

    @Override
    public void append(
            float[] keys, int keysOffset, int keysStride, float[] values, int valuesOffset, int valuesStride, int tokens) {
        for (int t = 0; t < tokens; t++, length++) {
            if (length == chunks.size() * CHUNK) {
                chunks.add(newChunk());
            } else if (length / CHUNK < shared) {
                shared = length / CHUNK;
                chunks.set(shared, chunks.get(shared).copy());
            }
            Chunk chunk = chunks.get(length / CHUNK);
            for (int h = 0; h < shape.kvHeads(); h++) {
                int k = keysOffset + t * keysStride + h * shape.headDim();
                int v = valuesOffset + t * valuesStride + h * shape.headDim();
                switch (shape.type()) {
                    case F32 -> appendFloats(chunk.floats, h, length % CHUNK, keys, k, values, v);
                    case F16 -> appendHalves(chunk.words, h, length % CHUNK, keys, k, values, v);
                    case Q8 -> appendBytes(chunk.words, h, length % CHUNK, keys, k, values, v);
                }
            }
        }
    }

    private void appendFloats(float[] chunk, int head, int slot, float[] keys, int k, float[] values, int v) {
        int headDim = shape.headDim();
        for (int d = 0, at = keyAt(head, slot, 0); d < headDim; d++, at += 2 * L) {
            chunk[at] = keys[k + d];
        }
        for (int d = 0; d < headDim; d += 2 * L) {
            System.arraycopy(values, v + d, chunk, valueAt(head, slot, d), Math.min(2 * L, headDim - d));
        }
    }

    private void appendHalves(int[] chunk, int head, int slot, float[] keys, int k, float[] values, int v) {
        for (int d = 0; d < shape.headDim(); d++) {
            put(chunk, keyAt(head, slot, d), 0xffff, d % 2 * 16, Float.floatToFloat16(keys[k + d]));
            put(chunk, valueAt(head, slot, d), 0xffff, d / L % 2 * 16, Float.floatToFloat16(values[v + d]));
        }
    }

    private void appendBytes(int[] chunk, int head, int slot, float[] keys, int k, float[] values, int v) {
        int scaleAt = scaleAt(head, slot);
        chunk[scaleAt] = Float.floatToRawIntBits(LayerCache.quantize(keys, k, shape.headDim(), buffer));
        for (int d = 0; d < shape.headDim(); d++) {
            put(chunk, keyAt(head, slot, d), 0xff, d % 4 * 8, buffer[d]);
        }
        chunk[scaleAt + plane] = Float.floatToRawIntBits(LayerCache.quantize(values, v, shape.headDim(), buffer));
        for (int d = 0; d < shape.headDim(); d++) {
            put(chunk, valueAt(head, slot, d), 0xff, d / L % 4 * 8, buffer[d]);
        }
    }

    private static void put(int[] words, int at, int mask, int shift, int bits) {
        words[at] = words[at] & ~(mask << shift) | (bits & mask) << shift;
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
                int k = keyAt(h, slot, d);
                int v = valueAt(h, slot, d);
                switch (shape.type()) {
                    case F32 -> {
                        key[at] = chunk.floats[k];
                        value[at] = chunk.floats[v];
                    }
                    case F16 -> {
                        key[at] = Float.float16ToFloat((short) (chunk.words[k] >> d % 2 * 16));
                        value[at] = Float.float16ToFloat((short) (chunk.words[v] >> d / L % 2 * 16));
                    }
                    case Q8 -> {
                        int scaleAt = scaleAt(h, slot);
                        byte keyCode = (byte) (chunk.words[k] >> d % 4 * 8);
                        byte valueCode = (byte) (chunk.words[v] >> d / L % 4 * 8);
                        key[at] = keyCode * Float.intBitsToFloat(chunk.words[scaleAt]);
                        value[at] = valueCode * Float.intBitsToFloat(chunk.words[scaleAt + plane]);
                    }
                }
            }
        }
    }

    // ---- attention --------------------------------------------------------------------------------------------

    /** What one call of {@link #attend} computes; a group is four queries of a key/value head. */
    private record Call(
            float[] q, int qOffset, int qStride, float[] out, int outOffset, int outStride, int tokens, int shared) {
        /** Queries of a key/value head. */
        int rows() {
            return tokens * shared;
        }

        int groups() {
            return Math.ceilDiv(rows(), QUERIES);
        }
    }

    /**
     * Few tokens: parts share out the heads and, where these do not go round, the positions; each takes its stretch of
     * memory chunk by chunk for all queries, and the last to end puts the sums together. Many: each part takes some
     * queries and finishes them head by head.
     */
    @Override
    public void attend(
            float[] q, int qOffset, int qStride, float[] out, int outOffset, int outStride, int tokens, Workers workers) {
        int heads = shape.kvHeads();
        Call call = new Call(q, qOffset, qStride, out, outOffset, outStride, tokens, shape.heads() / heads);
        int groups = call.groups();
        boolean few = (long) heads * groups * QUERIES * dim <= MOST_SUMS;
        if (states.length != workers.threads()) {
            states = new float[workers.threads()][];
        }
        partsDone.set(0);
        workers.run((part, parts) -> {
            int most = few ? heads * groups : groups;
            float[] queries = workers.scratch(part, 0, most * QUERIES * dim);
            float[] scores = workers.scratch(part, 1, QUERIES * CHUNK);
            states[part] = workers.scratch(part, 2, most * OnlineSoftmax.size(dim));
            if (few) {
                attendStretch(call, part, parts, queries, scores);
            } else {
                for (int head = 0; head < heads; head++) {
                    // in turn, since later tokens see more positions
                    attendHead(call, head, Math.floorMod(part - head * groups, parts), part, parts, queries, scores);
                }
            }
        });
    }

    private int firstChunk(Call call) {
        return Math.max(0, length - call.tokens + 1 - shape.window()) / CHUNK;
    }

    /** All queries of some heads, and a share of their positions. */
    private void attendStretch(Call call, int part, int parts, float[] queries, float[] scores) {
        int ranges = greatestCommonDivisor(shape.kvHeads(), parts);
        int sharing = parts / ranges;
        int heads = shape.kvHeads() / ranges;
        int firstHead = part / sharing * heads;
        int groups = call.groups();
        int firstChunk = firstChunk(call);
        long pieces = (long) (Math.ceilDiv(length, CHUNK) - firstChunk) * heads;
        int first = (int) (pieces * (part % sharing) / sharing);
        int end = (int) (pieces * (part % sharing + 1) / sharing);
        for (int i = 0; i < heads * groups; i++) {
            OnlineSoftmax.begin(states[part], i * OnlineSoftmax.size(dim), dim);
            takeQueries(call, firstHead + i / groups, i % groups, queries, i);
        }
        for (int piece = first; piece < end; piece++) {
            int head = piece % heads;
            scores[0] = fetch(firstChunk + piece / heads, firstHead + head);
            for (int group = 0; group < groups; group++) {
                attendChunk(
                        call, firstChunk + piece / heads, firstHead + head, group,
                        queries, scores, states[part], head * groups + group);
            }
        }
        boolean alone = sharing == 1;
        if (alone || partsDone.incrementAndGet() == parts) {
            for (int i = 0; i < heads * groups * (alone ? 1 : ranges); i++) {
                int range = alone ? part : i / (heads * groups);
                int index = i % (heads * groups);
                finish(call, range * heads + index / groups, index % groups, index, range * sharing, (range + 1) * sharing);
            }
        }
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }

    /** Some groups of queries and one head, chunk by chunk. */
    private void attendHead(Call call, int head, int firstGroup, int part, int step, float[] queries, float[] scores) {
        int groups = call.groups();
        for (int group = firstGroup; group < groups; group += step) {
            OnlineSoftmax.begin(states[part], group * OnlineSoftmax.size(dim), dim);
            takeQueries(call, head, group, queries, group);
        }
        for (int chunk = firstChunk(call); chunk < Math.ceilDiv(length, CHUNK); chunk++) {
            scores[0] = fetch(chunk, head);
            for (int group = firstGroup; group < groups; group += step) {
                attendChunk(call, chunk, head, group, queries, scores, states[part], group);
            }
        }
        for (int group = firstGroup; group < groups; group += step) {
            finish(call, head, group, group, part, part + 1);
        }
    }

    /** Keys and values of a head in a chunk; one that is not full yet is little to wait for. */
    private int fetch(int index, int head) {
        if ((index + 1) * CHUNK > length) {
            return 0;
        }
        Chunk chunk = chunks.get(index);
        int at = 2 * head * plane;
        return chunk.floats != null ? Fetch.floats(chunk.floats, at, 2 * plane) : Fetch.ints(chunk.words, at, 2 * plane);
    }

    /** Four queries dimension by dimension, scaled; missing ones are zero. */
    private void takeQueries(Call call, int head, int group, float[] queries, int index) {
        int at = index * QUERIES * dim;
        float scale = shape.type() == Type.F16 ? shape.scale() * AttentionBlock.QUERY_FACTOR : shape.scale();
        Arrays.fill(queries, at, at + QUERIES * dim, 0);
        for (int r = 0; r < QUERIES && group * QUERIES + r < call.rows(); r++) {
            int from = call.qOffset + column(call, head, group * QUERIES + r, call.qStride);
            for (int d = 0; d < shape.headDim(); d++) {
                queries[at + d * QUERIES + r] = call.q[from + d] * scale;
            }
        }
    }

    /** Where the row of a head lies among queries or results. */
    private int column(Call call, int head, int row, int stride) {
        return row / call.shared * stride + (head * call.shared + row % call.shared) * shape.headDim();
    }

    private void finish(Call call, int head, int group, int index, int firstPart, int endPart) {
        for (int r = 0; r < QUERIES && group * QUERIES + r < call.rows(); r++) {
            OnlineSoftmax.finish(
                    states, firstPart, endPart, index * OnlineSoftmax.size(dim), dim, r,
                    call.out, call.outOffset + column(call, head, group * QUERIES + r, call.outStride), shape.headDim());
        }
    }

    /** Adds what a group of queries sees of one head in one chunk to its state. */
    private void attendChunk(
            Call call, int index, int head, int group, float[] queries, float[] scores, float[] state, int stateIndex) {
        int start = index * CHUNK;
        int row = group * QUERIES;
        int lastRow = Math.min(row + QUERIES, call.rows()) - 1;
        int oldest = length - call.tokens + row / call.shared;
        int newest = length - call.tokens + lastRow / call.shared;
        int from = Math.max(0, Math.max(0, oldest - shape.window() + 1) - start) / (2 * L) * 2 * L;
        int to = Math.min(CHUNK, newest + 1 - start);
        if (from >= to) {
            return;
        }
        Chunk chunk = chunks.get(index);
        scores(chunk, head, from, to, queries, stateIndex * QUERIES * dim, scores);
        int n = Math.ceilDiv(to - from, L) * L;
        int at = stateIndex * OnlineSoftmax.size(dim);
        for (int r = 0; r < QUERIES; r++) {
            int position = length - call.tokens + Math.min(row + r, lastRow) / call.shared;
            int seenFrom = Math.clamp(Math.max(0, position - shape.window() + 1) - start, from, to);
            int seenTo = Math.clamp(position + 1 - start, seenFrom, to);
            int s = r * CHUNK;
            if (shape.softCap() != 0) {
                KERNELS.softCap(scores, s + seenFrom, seenTo - seenFrom, shape.softCap());
            }
            Arrays.fill(scores, s + from, s + seenFrom, Float.NEGATIVE_INFINITY);
            Arrays.fill(scores, s + seenTo, s + from + n, Float.NEGATIVE_INFINITY);
        }
        float factor = shape.type() == Type.F16 ? Lanes.HALF_FACTOR : 1;
        OnlineSoftmax.weigh(scores, from, CHUNK, n, factor, state, at, dim);
        if (shape.type() == Type.Q8) {
            ByteAttentionBlock.scale(scores, from, CHUNK, chunk.words, scaleAt(head, from) + plane, n);
        }
        values(chunk, head, from, to, scores, state, at);
    }

    /** Scores of the slots {@code from} to {@code to}, rounded up to 2L; {@code from} is a multiple of 2L. */
    private void scores(Chunk chunk, int head, int from, int to, float[] queries, int q, float[] scores) {
        for (int slot = from; slot < to; slot += 2 * L) {
            int k = keyAt(head, slot, 0);
            switch (shape.type()) {
                case F32 -> AttentionBlock.scores(chunk.floats, k, dim, queries, q, scores, slot, CHUNK);
                case F16 -> AttentionBlock.halfScores(chunk.words, k, dim, queries, q, scores, slot, CHUNK);
                case Q8 -> ByteAttentionBlock.scores(
                        chunk.words, k, dim, scaleAt(head, slot), queries, q, scores, slot, CHUNK);
            }
        }
    }

    /** Adds Σ weight · value over the slots {@code from} to {@code to}. */
    private void values(Chunk chunk, int head, int from, int to, float[] weights, float[] state, int at) {
        int column = shape.type() == Type.Q8 ? 4 * L : 2 * L;
        for (int d = 0; d < dim; d += column) {
            int v = valueAt(head, from, d);
            int sums = at + d * QUERIES;
            switch (shape.type()) {
                case F32 -> AttentionBlock.values(chunk.floats, v, to - from, weights, from, CHUNK, state, sums);
                case F16 -> AttentionBlock.halfValues(chunk.words, v, to - from, weights, from, CHUNK, state, sums);
                case Q8 -> ByteAttentionBlock.values(chunk.words, v, to - from, weights, from, CHUNK, state, sums);
            }
        }
    }
}
