package org.djlquant.kernel;

import java.util.ArrayList;
import java.util.List;
import org.djlquant.runtime.Workers;

/** Keys and values position after position, in chunks so that growth never copies. */
final class ScalarLayerCache implements LayerCache {
    private static final int CHUNK = 64;

    private final Shape shape;
    private final int width;
    private final byte[] buffer;
    private final List<Chunk> chunks = new ArrayList<>();
    private int length;

    /** Leading chunks that a fork may hold too: they are copied before they are written to. */
    private int shared;

    /** {@link #CHUNK} positions of keys and of values. */
    private record Chunk(Plane keys, Plane values) {
        Chunk copy() {
            return new Chunk(keys.copy(), values.copy());
        }
    }

    /** Vectors position after position; the arrays of one type are used, the others are null. */
    private record Plane(int headDim, float[] floats, short[] halves, byte[] codes, float[] scales) {
        static Plane of(Shape shape) {
            int size = CHUNK * shape.kvHeads() * shape.headDim();
            return switch (shape.type()) {
                case F32 -> new Plane(shape.headDim(), new float[size], null, null, null);
                case F16 -> new Plane(shape.headDim(), null, new short[size], null, null);
                case Q8 -> new Plane(shape.headDim(), null, null, new byte[size], new float[CHUNK * shape.kvHeads()]);
            };
        }

        Plane copy() {
            return new Plane(
                    headDim,
                    floats == null ? null : floats.clone(),
                    halves == null ? null : halves.clone(),
                    codes == null ? null : codes.clone(),
                    scales == null ? null : scales.clone());
        }

        float get(int i) {
            if (floats != null) {
                return floats[i];
            }
            return halves != null ? Float.float16ToFloat(halves[i]) : codes[i] * scales[i / headDim];
        }

        /** Stores the {@code width} values of a position from {@code at} on. */
        void set(int at, float[] x, int from, int width, byte[] buffer) {
            if (floats != null) {
                System.arraycopy(x, from, floats, at, width);
            } else if (halves != null) {
                for (int i = 0; i < width; i++) {
                    halves[at + i] = Float.floatToFloat16(x[from + i]);
                }
            } else {
                for (int i = 0; i < width; i += headDim) {
                    scales[(at + i) / headDim] = LayerCache.quantize(x, from + i, headDim, buffer);
                    System.arraycopy(buffer, 0, codes, at + i, headDim);
                }
            }
        }
    }

    ScalarLayerCache(Shape shape) {
        this.shape = shape;
        width = shape.kvHeads() * shape.headDim();
        buffer = new byte[shape.headDim()];
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
                chunks.add(new Chunk(Plane.of(shape), Plane.of(shape)));
            } else if (length / CHUNK < shared) {
                shared = length / CHUNK;
                chunks.set(shared, chunks.get(shared).copy());
            }
            Chunk chunk = chunks.get(length / CHUNK);
            int at = length % CHUNK * width;
            chunk.keys.set(at, keys, keysOffset + t * keysStride, width, buffer);
            chunk.values.set(at, values, valuesOffset + t * valuesStride, width, buffer);
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
            key[i] = chunk.keys.get(at + i);
            value[i] = chunk.values.get(at + i);
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
                dot += q[qAt + i] * chunk.keys.get(at + i);
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
                out[outAt + i] += weight * chunk.values.get(at + i);
            }
        }
    }

    @Override
    public long bytes(int positions) {
        long elements = Math.ceilDiv(positions, CHUNK) * 2L * CHUNK * width;
        return switch (shape.type()) {
            case F32 -> elements * Float.BYTES;
            case F16 -> elements * Short.BYTES;
            case Q8 -> elements + elements / shape.headDim() * Float.BYTES;
        };
    }

    @Override
    public void close() {
        truncate(0);
    }
}
