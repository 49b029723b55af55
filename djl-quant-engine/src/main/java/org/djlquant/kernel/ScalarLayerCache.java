package org.djlquant.kernel;

import java.util.ArrayList;
import java.util.List;
import org.djlquant.runtime.Workers;

/** Keys and values position after position, in chunks so that growth never copies. */
final class ScalarLayerCache implements LayerCache {
    private static final int CHUNK = 64;

    private final Shape shape;
    private final int width;
    private final List<Chunk> chunks = new ArrayList<>();
    private int length;

    /** Leading chunks that a fork may hold too: they are copied before they are written to. */
    private int shared;

    /** {@link #CHUNK} positions; one of the two pairs of arrays is used. */
    private static final class Chunk {
        final float[] keys;
        final float[] values;
        final short[] halfKeys;
        final short[] halfValues;

        Chunk(int size, boolean half) {
            keys = half ? null : new float[size];
            values = half ? null : new float[size];
            halfKeys = half ? new short[size] : null;
            halfValues = half ? new short[size] : null;
        }

        Chunk(Chunk other) {
            keys = other.keys == null ? null : other.keys.clone();
            values = other.values == null ? null : other.values.clone();
            halfKeys = other.halfKeys == null ? null : other.halfKeys.clone();
            halfValues = other.halfValues == null ? null : other.halfValues.clone();
        }

        float key(int i) {
            return keys != null ? keys[i] : Float.float16ToFloat(halfKeys[i]);
        }

        float value(int i) {
            return values != null ? values[i] : Float.float16ToFloat(halfValues[i]);
        }

        void set(int i, float key, float value) {
            if (keys != null) {
                keys[i] = key;
                values[i] = value;
            } else {
                halfKeys[i] = Float.floatToFloat16(key);
                halfValues[i] = Float.floatToFloat16(value);
            }
        }
    }

    ScalarLayerCache(Shape shape) {
        this.shape = shape;
        width = shape.kvHeads() * shape.headDim();
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public void append(
            float[] keys, int keysOffset, int keysStride, float[] values, int valuesOffset, int valuesStride, int tokens) {
        for (int t = 0; t < tokens; t++, length++) {
            if (length == chunks.size() * CHUNK) {
                chunks.add(new Chunk(CHUNK * width, shape.half()));
            } else if (length / CHUNK < shared) {
                shared = length / CHUNK;
                chunks.set(shared, new Chunk(chunks.get(shared)));
            }
            Chunk chunk = chunks.get(length / CHUNK);
            int at = length % CHUNK * width;
            for (int i = 0; i < width; i++) {
                chunk.set(at + i, keys[keysOffset + t * keysStride + i], values[valuesOffset + t * valuesStride + i]);
            }
        }
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
    public LayerCache fork(int positions) {
        if (positions < 0 || positions > length) {
            throw new IllegalArgumentException("cannot fork " + positions + " positions of a cache of " + length);
        }
        ScalarLayerCache copy = new ScalarLayerCache(shape);
        copy.length = positions;
        copy.chunks.addAll(chunks.subList(0, Math.ceilDiv(positions, CHUNK)));
        copy.shared = copy.chunks.size();
        shared = Math.max(shared, copy.shared);
        return copy;
    }

    @Override
    public void read(int position, float[] key, float[] value) {
        if (position < 0 || position >= length) {
            throw new IndexOutOfBoundsException("position " + position + " of " + length);
        }
        Chunk chunk = chunks.get(position / CHUNK);
        int at = position % CHUNK * width;
        for (int i = 0; i < width; i++) {
            key[i] = chunk.key(at + i);
            value[i] = chunk.value(at + i);
        }
    }

    @Override
    public void attend(
            float[] q, int qOffset, int qStride, float[] out, int outOffset, int outStride, int tokens, Workers workers) {
        int headDim = shape.headDim();
        int shared = shape.heads() / shape.kvHeads();
        workers.run((part, parts) -> {
            float[] scores = workers.scratch(part, 0, length);
            for (int i = part; i < tokens * shape.heads(); i += parts) {
                int t = i / shape.heads();
                int h = i % shape.heads();
                int position = length - tokens + t;
                int first = Math.max(0, position - shape.window() + 1);
                int column = h / shared * headDim;
                attendOne(
                        q, qOffset + t * qStride + h * headDim,
                        out, outOffset + t * outStride + h * headDim,
                        first, position, column, scores);
            }
        });
    }

    private void attendOne(
            float[] q, int qAt, float[] out, int outAt, int first, int last, int column, float[] scores) {
        int headDim = shape.headDim();
        float max = Float.NEGATIVE_INFINITY;
        for (int j = first; j <= last; j++) {
            Chunk chunk = chunks.get(j / CHUNK);
            int at = j % CHUNK * width + column;
            float dot = 0;
            for (int i = 0; i < headDim; i++) {
                dot += q[qAt + i] * chunk.key(at + i);
            }
            float score = dot * shape.scale();
            scores[j - first] = shape.softCap() == 0 ? score : shape.softCap() * (float) Math.tanh(score / shape.softCap());
            max = Math.max(max, scores[j - first]);
        }
        double sum = 0;
        for (int j = 0; j <= last - first; j++) {
            scores[j] = (float) Math.exp(scores[j] - max);
            sum += scores[j];
        }
        for (int i = 0; i < headDim; i++) {
            out[outAt + i] = 0;
        }
        for (int j = first; j <= last; j++) {
            Chunk chunk = chunks.get(j / CHUNK);
            int at = j % CHUNK * width + column;
            float weight = (float) (scores[j - first] / sum);
            for (int i = 0; i < headDim; i++) {
                out[outAt + i] += weight * chunk.value(at + i);
            }
        }
    }

    @Override
    public long bytes(int positions) {
        return Math.ceilDiv(positions, CHUNK) * (long) CHUNK * width * 2 * (shape.half() ? Short.BYTES : Float.BYTES);
    }

    @Override
    public void close() {
        truncate(0);
    }
}
