package org.djlquant.quant;

import java.math.BigInteger;
import java.util.Arrays;
import org.djlquant.quant.StoredModule.Tensor;

/**
 * 4-bit weights of bitsandbytes, {@code NF4} and {@code FP4}: indexes into a codebook of 16 values with
 * an absolute maximum per block of (usually) 64 elements. Blocks run through the row-major matrix and
 * so across the ends of rows.
 *
 * <pre>
 * weight            uint8, (elements + 1) / 2 bytes: the high nibble is the first of two elements
 * weight.quant_map  float32 [16]
 * weight.absmax     float32 [blocks]; with double quantization uint8 [blocks] and
 *                   absmax = nested_quant_map[absmax] · nested_absmax[block / 256] + nested_offset
 * weight.quant_state.bitsandbytes__nf4 or __fp4   JSON: shape, blocksize, nested_offset …
 *
 * w[i] = quant_map[code[i]] · absmax[i / blocksize]
 * </pre>
 *
 * <p>Source: QuantState and dequantize_4bit of bitsandbytes 0.49.2.
 */
final class Bnb4 implements WeightMatrix {
    private static final String STATE = "weight.quant_state.bitsandbytes__";

    private final String scheme;
    private final Tensor weight;
    private final float[] table;
    private final float[] absmax;
    private final int block;
    private final int rows;
    private final int cols;
    private final GroupForm form;

    private Bnb4(String scheme, Tensor weight, float[] table, float[] absmax, int block, int rows, int cols) {
        this.scheme = scheme;
        this.weight = weight;
        this.table = table;
        this.absmax = absmax;
        this.block = block;
        this.rows = rows;
        this.cols = cols;
        // where blocks cross the ends of rows, their parts become groups, unless those get tiny
        int group = BigInteger.valueOf(block).gcd(BigInteger.valueOf(cols)).intValue();
        this.form = group < 8 ? null : new GroupForm(4, group, group, 0, false, false, false, table);
    }

    /** Whether the module is stored in this form. */
    static boolean isStoredIn(StoredModule module) {
        return module.tensor(STATE + "nf4") != null || module.tensor(STATE + "fp4") != null;
    }

    /** Opens a module for which {@link #isStoredIn}. */
    static Bnb4 of(StoredModule module) {
        boolean nf4 = module.tensor(STATE + "nf4") != null;
        Tensor stateTensor = module.require(STATE + (nf4 ? "nf4" : "fp4"));
        Settings state = module.json(stateTensor);
        long[] shape = state.integers("shape").orElseThrow(() -> missing(stateTensor, "shape"));
        long block = state.integer("blocksize").orElseThrow(() -> missing(stateTensor, "blocksize"));
        if (shape.length != 2 || shape[0] < 1 || shape[1] < 1 || block < 2 || block % 2 != 0
                || Math.max(block, Math.max(shape[0], shape[1])) > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("tensor " + stateTensor.name() + ": shape "
                    + Arrays.toString(shape) + " and blocksize " + block + " do not describe a matrix");
        }
        long elements = shape[0] * shape[1];
        Tensor weight = module.require("weight").ofType("U8");
        if (weight.elements() != Math.ceilDiv(elements, 2L)) {
            throw weight.wrong(Math.ceilDiv(elements, 2L) + " bytes for " + elements + " elements");
        }
        float[] table = module.require("weight.quant_map").ofShape(16).floats();
        float[] absmax = absmax(module, state, stateTensor);
        if (absmax.length != Math.ceilDiv(elements, block)) {
            throw module.require("weight.absmax").wrong(Math.ceilDiv(elements, block) + " blocks");
        }
        return new Bnb4(nf4 ? "NF4" : "FP4", weight, table, absmax, (int) block, (int) shape[0], (int) shape[1]);
    }

    private static float[] absmax(StoredModule module, Settings state, Tensor stateTensor) {
        Tensor stored = module.require("weight.absmax");
        if (!stored.type().equals("U8")) {
            return stored.floats();
        }
        float[] map = module.require("weight.nested_quant_map").ofShape(256).floats();
        float[] scales = module.require("weight.nested_absmax").floats();
        long block = state.integer("nested_blocksize").orElse(256L);
        float offset = state.number("nested_offset").orElseThrow(() -> missing(stateTensor, "nested_offset")).floatValue();
        int n = Math.toIntExact(stored.elements());
        if (block < 1 || scales.length != Math.ceilDiv(n, block)) {
            throw module.require("weight.nested_absmax").wrong("one scale per " + block + " of " + n + " maxima");
        }
        float[] absmax = new float[n];
        for (int i = 0; i < n; i++) {
            absmax[i] = map[Bytes.u8(stored.data(), i)] * scales[(int) (i / block)] + offset;
        }
        return absmax;
    }

    private static IllegalArgumentException missing(Tensor state, String key) {
        return new IllegalArgumentException("tensor " + state.name() + ": key " + key + " is missing");
    }

    @Override
    public String scheme() {
        return scheme;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int cols() {
        return cols;
    }

    @Override
    public long byteSize() {
        return weight.data().byteSize() + 4L * absmax.length;
    }

    private int code(long element) {
        return Bytes.u8(weight.data(), element / 2) >> (element % 2 == 0 ? 4 : 0) & 15;
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        long element = (long) row * cols;
        for (int k = 0; k < cols; k++, element++) {
            dst[dstOffset + k] = table[code(element)] * absmax[(int) (element / block)];
        }
    }

    @Override
    public GroupForm form() {
        return form;
    }

    @Override
    public void unpackRow(int row, GroupedRow into) {
        long first = (long) row * cols;
        for (int k = 0; k < cols; k++) {
            into.codes[k] = (byte) code(first + k);
        }
        for (int g = 0; g < into.d.length; g++) {
            into.d[g] = absmax[(int) ((first + (long) g * form.group()) / block)];
        }
    }
}
