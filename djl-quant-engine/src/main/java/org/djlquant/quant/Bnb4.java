package org.djlquant.quant;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
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
public final class Bnb4 implements WeightMatrix {
    private static final String STATE = "weight.quant_state.bitsandbytes__";

    /** The codebook of {@code NF4}: quantiles of the normal distribution, scaled to [−1, 1]. */
    private static final float[] NF4 = {
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
        -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f
    };

    /** Twelve times the positive half of the codebook of {@code FP4}, by bit pattern. */
    private static final float[] FP4_TIMES_12 = {0, 0.0625f, 8, 12, 4, 6, 2, 3};

    private final String scheme;
    private final MemorySegment weight;
    private final float[] table;
    private final float[] absmax;
    private final int block;
    private final int rows;
    private final int cols;
    private final GroupForm form;

    private Bnb4(String scheme, MemorySegment weight, float[] table, float[] absmax, int block, int rows, int cols) {
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

    /** The codebook of {@code NF4} or {@code FP4}. */
    public static float[] table(String scheme) {
        if (scheme.equals("NF4")) {
            return NF4.clone();
        }
        float[] table = new float[16];
        for (int i = 0; i < 8; i++) {
            table[i] = FP4_TIMES_12[i] / 12;
            table[i + 8] = 0 - table[i]; // both zeros are positive
        }
        return table;
    }

    /**
     * Makes a matrix of codes and maxima.
     *
     * @param scheme {@code NF4} or {@code FP4}
     * @param codes two codes a byte, the high nibble first, row-major
     * @param absmax the largest magnitude of each block
     * @param block elements of a block
     */
    public static Bnb4 of(String scheme, MemorySegment codes, float[] absmax, int block, int rows, int cols) {
        long elements = (long) rows * cols;
        if (codes.byteSize() != Math.ceilDiv(elements, 2L) || absmax.length != Math.ceilDiv(elements, (long) block)) {
            throw new IllegalArgumentException(scheme + " " + rows + "x" + cols + " in blocks of " + block + " needs "
                    + Math.ceilDiv(elements, 2L) + " bytes and " + Math.ceilDiv(elements, (long) block)
                    + " maxima, found " + codes.byteSize() + " and " + absmax.length);
        }
        return new Bnb4(scheme, codes, table(scheme), absmax, block, rows, cols);
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
        return new Bnb4(nf4 ? "NF4" : "FP4", weight.data(), table, absmax, (int) block, (int) shape[0], (int) shape[1]);
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

    /** The codes as stored, two a byte, the high nibble first. */
    public MemorySegment codes() {
        return weight;
    }

    /** The largest magnitude of each block. */
    public float[] absmax() {
        return absmax.clone();
    }

    /** Elements of a block. */
    public int blockLength() {
        return block;
    }

    /** Whether the codebook is the scheme's own, not one that the checkpoint brought. */
    public boolean hasStandardTable() {
        return Arrays.equals(table, table(scheme));
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
        return weight.byteSize() + 4L * absmax.length;
    }

    @Override
    public Optional<String> remark() {
        OddScales odd = new OddScales();
        for (float each : absmax) {
            odd.see(each);
        }
        return odd.remark(false);
    }

    private int code(long element) {
        return Bytes.u8(weight, element / 2) >> (element % 2 == 0 ? 4 : 0) & 15;
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
        int k = 0;
        if (first % 2 == 0) {
            for (; k + 8 <= cols; k += 8) {
                int pairs = Bytes.i32(weight, (first + k) / 2);
                int swapped = (pairs & 0x0f0f0f0f) << 4 | pairs >>> 4 & 0x0f0f0f0f;
                Bytes.putEight(into.codes, k, Long.expand(swapped, 0x0f0f0f0f0f0f0f0fL));
            }
        }
        for (; k < cols; k++) {
            into.codes[k] = (byte) code(first + k);
        }
        for (int g = 0; g < into.d.length; g++) {
            into.d[g] = absmax[(int) ((first + (long) g * form.group()) / block)];
        }
    }
}
