package org.djlquant.quant;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What a checkpoint stores for one module, seen by schemes that keep a matrix as several tensors. A
 * container implements it; {@link Schemes#open} makes a matrix of it.
 */
public interface StoredModule {

    /** Name of the module, e.g. {@code model.layers.0.self_attn.q_proj}. */
    String name();

    /** The tensor {@code name() + "." + part}, or {@code null} if there is none. */
    Tensor tensor(String part);

    /**
     * The checkpoint's quantization settings: {@code quantization_config} of config.json without that
     * prefix, or quantize_config.json or quant_config.json beside it.
     */
    Settings config();

    /** A JSON object that is stored as the bytes of a tensor. */
    Settings json(Tensor tensor);

    /** A tensor that must be there. */
    default Tensor require(String part) {
        Tensor tensor = tensor(part);
        if (tensor == null) {
            throw new IllegalArgumentException("tensor " + name() + "." + part
                    + " is missing; the checkpoint is incomplete or its quantization settings are wrong");
        }
        return tensor;
    }

    /**
     * A stored tensor.
     *
     * @param name full name, for errors
     * @param type stored type, e.g. {@code I32} or {@code F16}
     * @param shape outermost dimension first
     * @param data its bytes
     */
    record Tensor(String name, String type, long[] shape, MemorySegment data) {

        /** Size of dimension {@code i} of a tensor that must have two. */
        int dim(int i) {
            if (shape.length != 2 || shape[i] < 1 || shape[i] > Integer.MAX_VALUE) {
                throw wrong("a matrix");
            }
            return (int) shape[i];
        }

        /** Number of elements. */
        long elements() {
            return Arrays.stream(shape).reduce(1, Math::multiplyExact);
        }

        /** Throws unless the type is one of the given. */
        Tensor ofType(String... types) {
            if (!Arrays.asList(types).contains(type)) {
                throw wrong("type " + String.join(" or ", types));
            }
            return this;
        }

        /** Throws unless the shape is the given one. */
        Tensor ofShape(long... expected) {
            if (!Arrays.equals(shape, expected)) {
                throw wrong("the shape " + Arrays.toString(expected));
            }
            return this;
        }

        /** Decodes the elements of a floating-point tensor. */
        float[] floats() {
            int n = Math.toIntExact(elements());
            float[] values = new float[n];
            new BlockMatrix(Schemes.block(ofType("F32", "F16", "BF16").type), data, 1, n).decodeRow(0, values, 0);
            return values;
        }

        /** The elements of a floating-point tensor where they lie. */
        FloatRows numbers() {
            return new FloatRows(FloatRows.Type.valueOf(ofType("F32", "F16", "BF16").type), data);
        }

        /** The error that this tensor is not what the scheme expects. */
        IllegalArgumentException wrong(String expected) {
            return new IllegalArgumentException("tensor " + name + ": expected " + expected + ", found " + type + " "
                    + Arrays.toString(shape));
        }
    }
}
