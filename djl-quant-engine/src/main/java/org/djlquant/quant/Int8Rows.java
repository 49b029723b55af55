package org.djlquant.quant;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.djlquant.quant.StoredModule.Tensor;

/**
 * {@code INT8}: signed 8-bit codes with one float32 scale per row, symmetric around zero.
 *
 * <pre>w[r, k] = scale[r] · code[r, k]</pre>
 *
 * Weights of bitsandbytes' LLM.int8() have this form with {@code scale = SCB / 127}.
 *
 * @param codes row-major int8 codes
 * @param scales one scale per row
 * @param rows output features
 * @param cols input features
 */
public record Int8Rows(MemorySegment codes, float[] scales, int rows, int cols) implements WeightMatrix {

    /**
     * Opens a module of bitsandbytes' LLM.int8(): int8 {@code weight} and float32 {@code SCB} with the
     * absolute maximum of each row.
     */
    static Int8Rows of(StoredModule module) {
        Tensor weight = module.require("weight").ofType("I8");
        Tensor format = module.tensor("weight_format");
        if (format != null && (format.data().byteSize() == 0 || Bytes.u8(format.data(), 0) != 0)) {
            throw new UnsupportedOperationException("tensor " + format.name()
                    + ": the weight is stored in a GPU tile order; save the model again with row order");
        }
        float[] scales = module.require("SCB").ofShape(weight.dim(0)).floats();
        for (int r = 0; r < scales.length; r++) {
            scales[r] /= 127;
        }
        return new Int8Rows(weight.data(), scales, weight.dim(0), weight.dim(1));
    }

    /** Checks that the parts have the sizes the shape asks for. */
    public Int8Rows {
        if (codes.byteSize() != (long) rows * cols || scales.length != rows) {
            throw new IllegalArgumentException("INT8 " + rows + "x" + cols + " needs as many bytes and " + rows
                    + " scales, found " + codes.byteSize() + " and " + scales.length);
        }
    }

    @Override
    public String scheme() {
        return "INT8";
    }

    @Override
    public long byteSize() {
        return codes.byteSize() + 4L * rows;
    }

    @Override
    public void decodeRow(int row, float[] dst, int dstOffset) {
        for (int k = 0; k < cols; k++) {
            dst[dstOffset + k] = scales[row] * Bytes.s8(codes, (long) row * cols + k);
        }
    }

    @Override
    public Optional<String> remark() {
        OddScales odd = new OddScales();
        for (float each : scales) {
            odd.see(each);
        }
        return odd.remark(false);
    }

    @Override
    public GroupForm form() {
        return new GroupForm(8, cols, cols, 128, false, false, false, null);
    }

    @Override
    public void unpackRow(int row, GroupedRow into) {
        into.d[0] = scales[row];
        long first = (long) row * cols;
        int k = 0;
        for (; k + 8 <= cols; k += 8) {
            Bytes.putEight(into.codes, k, Bytes.i64(codes, first + k) ^ 0x8080808080808080L);
        }
        for (; k < cols; k++) {
            into.codes[k] = (byte) (Bytes.s8(codes, first + k) + 128);
        }
    }
}
