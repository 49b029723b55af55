package org.djlquant.quantize;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.Bnb4;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.Int8Rows;
import org.djlquant.quant.Int8Tensor;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;

/**
 * Quantizes matrices without calibration data: what loading with {@code load_in_4bit}, replacing the
 * linear layers of a block, and writing GGUF files need. Thread-safe.
 */
public final class Quantizer {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** The least step of DYNAMIC_INT8: the distance of 1 to the next float32. */
    private static final float LEAST_SCALE = 0x1p-23f;

    private static final Map<String, GroupEncoder> ENCODERS = new LinkedHashMap<>();

    static {
        ENCODERS.put("Q4_0", RoundToNearest.symmetric(4));
        ENCODERS.put("Q4_1", RoundToNearest.minMax(4));
        ENCODERS.put("Q5_0", RoundToNearest.symmetric(5));
        ENCODERS.put("Q5_1", RoundToNearest.minMax(5));
        ENCODERS.put("Q8_0", RoundToNearest::q8);
        ENCODERS.put("Q2_K", KMinEncoder.q2(Schemes.block("Q2_K").form()));
        ENCODERS.put("Q3_K", KScaleEncoder.q3());
        ENCODERS.put("Q4_K", KMinEncoder.q4(Schemes.block("Q4_K").form()));
        ENCODERS.put("Q5_K", KMinEncoder.q5(Schemes.block("Q5_K").form()));
        ENCODERS.put("Q6_K", KScaleEncoder.q6());
    }

    private Quantizer() {}

    /** Names of the schemes that {@link #quantize} writes. */
    public static SequencedSet<String> schemes() {
        SequencedSet<String> names = new LinkedHashSet<>(ENCODERS.keySet());
        Collections.addAll(names, "NF4", "FP4", "INT8", "DYNAMIC_INT8", "F16", "BF16", "F32");
        return names;
    }

    /** Like {@link #quantize(WeightMatrix, String, Arena)} with memory that the garbage collector frees. */
    public static WeightMatrix quantize(WeightMatrix weights, String scheme) {
        return quantize(weights, scheme, Arena.ofAuto());
    }

    /**
     * Quantizes a matrix of any scheme, row by row.
     *
     * @param weights the matrix; its rows are decoded one at a time
     * @param scheme one of {@link #schemes()}
     * @param arena owns the memory of the result
     * @return a matrix of the same shape
     * @throws UnsupportedModelException if the scheme cannot be written or the columns do not fill its
     *     blocks
     */
    public static WeightMatrix quantize(WeightMatrix weights, String scheme, Arena arena) {
        if (scheme.equals("NF4") || scheme.equals("FP4")) {
            return CodebookEncoder.encode(weights, scheme, arena);
        }
        if (scheme.equals("INT8")) {
            return int8(weights, arena);
        }
        if (scheme.equals("DYNAMIC_INT8")) {
            return int8Tensor(weights, arena);
        }
        if (!schemes().contains(scheme)) {
            throw new UnsupportedModelException(
                    "Cannot quantize to " + scheme + "; supported are " + String.join(", ", schemes()));
        }
        BlockScheme blocks = Schemes.block(scheme);
        if (weights.cols() % blocks.blockLength() != 0) {
            throw new UnsupportedModelException("Cannot quantize " + weights.rows() + "x" + weights.cols() + " to "
                    + scheme + ": its columns must be a multiple of " + blocks.blockLength());
        }
        long rowBytes = blocks.rowBytes(weights.cols());
        MemorySegment data = arena.allocate(Math.multiplyExact(weights.rows(), rowBytes), 64);
        RowWriter writer = rowWriter(blocks, weights.cols());
        float[] row = new float[weights.cols()];
        for (int r = 0; r < weights.rows(); r++) {
            weights.decodeRow(r, row, 0);
            writer.write(row, data, r * rowBytes);
        }
        return new BlockMatrix(blocks, data, weights.rows(), weights.cols());
    }

    /**
     * The double quantization of bitsandbytes: the maxima of the blocks become 8-bit codes as well.
     * What they stand for is what the result holds.
     *
     * @return a matrix that shares the codes of {@code weights}
     */
    public static Bnb4 nestMaxima(Bnb4 weights) {
        float[] absmax = NestedMaxima.rounded(weights.absmax());
        return Bnb4.of(weights.scheme(), weights.codes(), absmax, weights.blockLength(), weights.rows(), weights.cols());
    }

    private interface RowWriter {
        void write(float[] row, MemorySegment data, long offset);
    }

    private static RowWriter rowWriter(BlockScheme blocks, int cols) {
        return switch (blocks.name()) {
            case "F32" -> (row, data, offset) ->
                MemorySegment.copy(row, 0, data, FLOAT, offset, row.length);
            case "F16" -> (row, data, offset) -> {
                for (int k = 0; k < row.length; k++) {
                    data.set(SHORT, offset + 2L * k, Float.floatToFloat16(row[k]));
                }
            };
            case "BF16" -> (row, data, offset) -> {
                for (int k = 0; k < row.length; k++) {
                    data.set(SHORT, offset + 2L * k, bfloat16(row[k]));
                }
            };
            default -> groupWriter(blocks, ENCODERS.get(blocks.name()), cols);
        };
    }

    private static RowWriter groupWriter(BlockScheme blocks, GroupEncoder encoder, int cols) {
        GroupedRow parts = new GroupedRow(blocks.form(), cols);
        byte[] bytes = new byte[Math.toIntExact(blocks.rowBytes(cols))];
        return (row, data, offset) -> {
            for (int b = 0; b < cols / blocks.blockLength(); b++) {
                encoder.encode(row, b * blocks.blockLength(), parts, b);
                blocks.pack(parts, b, bytes, b * blocks.blockBytes());
            }
            MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, offset, bytes.length);
        };
    }

    /** Rounds to nearest even; a NaN becomes quiet so that cutting its payload leaves a NaN. */
    private static short bfloat16(float v) {
        int bits = Float.floatToRawIntBits(v);
        if (Float.isNaN(v)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /** The row-wise weight quantization of LLM.int8(): {@code round(w · 127 / absmax)}, ties to even. */
    private static Int8Rows int8(WeightMatrix weights, Arena arena) {
        int cols = weights.cols();
        MemorySegment codes = arena.allocate((long) weights.rows() * cols, 64);
        float[] scales = new float[weights.rows()];
        float[] row = new float[cols];
        for (int r = 0; r < weights.rows(); r++) {
            weights.decodeRow(r, row, 0);
            float largest = largest(row);
            scales[r] = largest / 127;
            // torch divides a number by a tensor so: 127 / largest would round differently now and then
            float inverse = largest == 0 ? 0 : 1 / largest * 127;
            for (int k = 0; k < cols; k++) {
                codes.set(ValueLayout.JAVA_BYTE, (long) r * cols + k, (byte) Math.rint(row[k] * inverse));
            }
        }
        return new Int8Rows(codes, scales, weights.rows(), cols);
    }

    /** What quantize_dynamic of PyTorch makes of Linear weights: {@code round(w / scale)}, 255 steps in all. */
    private static Int8Tensor int8Tensor(WeightMatrix weights, Arena arena) {
        int cols = weights.cols();
        float[] row = new float[cols];
        float largest = 0;
        for (int r = 0; r < weights.rows(); r++) {
            weights.decodeRow(r, row, 0);
            largest = Math.max(largest, largest(row));
        }
        float scale = Math.max(largest / 127.5f, LEAST_SCALE);
        float inverse = 1 / scale;
        MemorySegment codes = arena.allocate((long) weights.rows() * cols, 64);
        for (int r = 0; r < weights.rows(); r++) {
            weights.decodeRow(r, row, 0);
            for (int k = 0; k < cols; k++) {
                byte code = (byte) Math.clamp(Math.rint(row[k] * inverse), -128, 127);
                codes.set(ValueLayout.JAVA_BYTE, (long) r * cols + k, code);
            }
        }
        return new Int8Tensor(codes, scale, weights.rows(), cols);
    }

    private static float largest(float[] row) {
        float largest = 0;
        for (float v : row) {
            largest = Math.max(largest, Math.abs(v));
        }
        return largest;
    }
}
