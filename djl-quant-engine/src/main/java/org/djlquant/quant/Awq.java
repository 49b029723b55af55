package org.djlquant.quant;

import java.util.Locale;
import org.djlquant.quant.StoredModule.Tensor;

/**
 * AWQ as AutoAWQ stores it: 4-bit codes with a scale and zero point for each group of inputs of each
 * output. Zero points are stored as they are.
 *
 * <pre>
 * version gemm                                   version gemv
 * qweight  int32 [in, out / 8]                   int32 [out, in / 8]
 * qzeros   int32 [groups, out / 8]               int32 [out, width]        width · 8 ≥ groups (padded)
 * scales   float [groups, out]                   float [out, width · 8]
 *
 * without qzeros (zero_point false) every zero point is 8
 *
 * nibble i of a gemm word is output 8·j + {0, 2, 4, 6, 1, 3, 5, 7}[i]; of a gemv word input 8·j + i
 *
 * w[o, i] = scales[i / group, o] · (code[o, i] − zero[i / group, o])
 * </pre>
 *
 * <p>Source: WQLinear_GEMM and WQLinear_GEMV of AutoAWQ 0.2.9.
 */
final class Awq extends ZeroPointMatrix {
    /** Nibble of a gemm word that holds output {@code 8·j + i}. */
    private static final int[] NIBBLE = {0, 4, 1, 5, 2, 6, 3, 7};

    private final boolean gemv;
    private final Tensor qweight;
    private final Tensor qzeros;
    private final Tensor scales;
    private final FloatRows scale;

    private Awq(int rows, int cols, int group, boolean gemv, Tensor qweight, Tensor qzeros, Tensor scales) {
        super(rows, cols, Math.ceilDiv(cols, group), runs(cols, group), null);
        this.gemv = gemv;
        this.qweight = qweight;
        this.qzeros = qzeros;
        this.scales = scales;
        this.scale = scales.numbers();
    }

    /** Opens a module that has a {@code qweight}. */
    static Awq of(StoredModule module) {
        Settings config = module.config();
        long bits = config.integer("bits").or(() -> config.integer("w_bit")).orElse(4L);
        String version = config.string("version").orElse("gemm").toLowerCase(Locale.ROOT);
        boolean gemv = version.equals("gemv");
        if (bits != 4 || !gemv && !version.equals("gemm")) {
            throw new UnsupportedOperationException("AWQ with " + bits + " bits and version " + version
                    + " is not supported; supported: 4 bits, versions gemm and gemv");
        }
        Tensor qweight = module.require("qweight").ofType("I32");
        boolean symmetric = !config.bool("zero_point").orElse(true) && module.tensor("qzeros") == null;
        Tensor qzeros = symmetric ? null : module.require("qzeros").ofType("I32");
        Tensor scales = module.require("scales").ofType("F16", "BF16", "F32");
        int rows = gemv ? qweight.dim(0) : Math.multiplyExact(8, qweight.dim(1));
        int cols = gemv ? Math.multiplyExact(8, qweight.dim(1)) : qweight.dim(0);
        long stated = config.integer("group_size").or(() -> config.integer("q_group_size")).orElse(128L);
        int group = stated < 1 ? cols : (int) Math.min(stated, cols);
        int groups = Math.ceilDiv(cols, group);
        if (symmetric) {
            scales.ofShape(gemv ? new long[] {rows, groups} : new long[] {groups, rows});
        } else if (gemv) {
            if (qzeros.dim(1) < Math.ceilDiv(groups, 8)) {
                throw qzeros.wrong("zero points of " + groups + " groups of " + group + " inputs");
            }
            qzeros.ofShape(rows, qzeros.dim(1));
            scales.ofShape(rows, 8L * qzeros.dim(1));
        } else {
            qzeros.ofShape(groups, rows / 8);
            scales.ofShape(groups, rows);
        }
        Awq matrix = new Awq(rows, cols, group, gemv, qweight, qzeros, scales);
        matrix.findForm(4, group, scales.type());
        return matrix;
    }

    @Override
    public String scheme() {
        return "AWQ";
    }

    @Override
    public long byteSize() {
        return qweight.data().byteSize() + (qzeros == null ? 0 : qzeros.data().byteSize()) + scales.data().byteSize();
    }

    @Override
    void codes(int first, int count, byte[][] codes) {
        int cols = cols();
        if (gemv) {
            for (int r = 0; r < count; r++) {
                long at = (long) (first + r) * cols / 2;
                for (int k = 0; k < cols; k += 8, at += 4) {
                    int word = Bytes.i32(qweight.data(), at);
                    Bytes.putEight(codes[r], k, Long.expand(word, 0x0f0f0f0f0f0f0f0fL));
                }
            }
            return;
        }
        for (int r = 0; r < count; ) {
            int row = first + r;
            if (row % 8 == 0 && r + 8 <= count) {
                eightRows(row / 8, codes, r);
                r += 8;
            } else {
                int shift = 4 * NIBBLE[row % 8];
                long at = row / 8 * 4L;
                for (int k = 0; k < cols; k++, at += rows() / 2) {
                    codes[r][k] = (byte) (Bytes.i32(qweight.data(), at) >>> shift & 15);
                }
                r++;
            }
        }
    }

    /** The rows that share words: each word is read once for all of them. */
    private void eightRows(int column, byte[][] codes, int first) {
        int cols = cols();
        long stride = rows() / 2;
        long at = 4L * column;
        byte[] c0 = codes[first];
        byte[] c1 = codes[first + 1];
        byte[] c2 = codes[first + 2];
        byte[] c3 = codes[first + 3];
        byte[] c4 = codes[first + 4];
        byte[] c5 = codes[first + 5];
        byte[] c6 = codes[first + 6];
        byte[] c7 = codes[first + 7];
        for (int k = 0; k < cols; k++, at += stride) {
            int word = Bytes.i32(qweight.data(), at);
            c0[k] = (byte) (word & 15);
            c1[k] = (byte) (word >>> 16 & 15);
            c2[k] = (byte) (word >>> 4 & 15);
            c3[k] = (byte) (word >>> 20 & 15);
            c4[k] = (byte) (word >>> 8 & 15);
            c5[k] = (byte) (word >>> 24 & 15);
            c6[k] = (byte) (word >>> 12 & 15);
            c7[k] = (byte) (word >>> 28);
        }
    }

    @Override
    float scale(int row, int group) {
        long index = gemv ? row * scales.shape()[1] + group : (long) group * rows() + row;
        return scale.at(index);
    }

    @Override
    int zero(int row, int group) {
        if (qzeros == null) {
            return 8;
        }
        return gemv
                ? field(row * qzeros.shape()[1] + group / 8, group % 8)
                : field((long) group * (rows() / 8) + row / 8, NIBBLE[row % 8]);
    }

    private int field(long word, int nibble) {
        return Bytes.i32(qzeros.data(), 4 * word) >>> 4 * nibble & 15;
    }
}
