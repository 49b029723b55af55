package org.djlquant.quant;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.djlquant.quant.StoredModule.Tensor;

/**
 * GPTQ as AutoGPTQ and GPTQModel store it: 2, 3, 4 or 8-bit codes with a scale and zero point for each
 * group of inputs of each output.
 *
 * <pre>
 * qweight  int32 [in · bits / 32, out]      codes of an output as a little-endian bit stream down a column
 * qzeros   int32 [groups, out · bits / 32]  zero points as a bit stream along a row
 * scales   float [groups, out]
 * g_idx    int32 [in]                       group of each input; absent or empty: runs of group_size
 *
 * w[o, i] = scales[g_idx[i], o] · (code[o, i] − zero[g_idx[i], o])
 * </pre>
 *
 * <p>With {@code checkpoint_format} {@code gptq} (or none) the stored zero points are one too small.
 * For 2, 4 and 8 bits the one was subtracted with borrow across the fields of a word, so it is added
 * to whole words; for 3 bits to single fields, where 7 becomes 8. {@code gptq_v2} stores true values.
 * With {@code desc_act} the inputs of a group are scattered ("act-order").
 *
 * <p>Source: the packing code of AutoGPTQ 0.7.1 and GPTQModel 2.2.0.
 */
final class Gptq extends ZeroPointMatrix {
    private final int bits;
    private final boolean minusOne;
    private final int zeroWords;
    private final Tensor qweight;
    private final Tensor qzeros;
    private final Tensor scales;

    private Gptq(Tensor qweight, Tensor qzeros, Tensor scales, int bits, boolean minusOne, int[] groupOf, int[] order) {
        super(qweight.dim(1), groupOf.length, scales.dim(0), groupOf, order);
        this.qweight = qweight;
        this.qzeros = qzeros;
        this.scales = scales;
        this.bits = bits;
        this.minusOne = minusOne;
        this.zeroWords = qzeros.dim(1);
    }

    /** Opens a module that has a {@code qweight}. */
    static Gptq of(StoredModule module) {
        Settings config = module.config();
        String format = config.string("checkpoint_format").orElse("gptq");
        if (!format.equals("gptq") && !format.equals("gptq_v2")) {
            throw new UnsupportedOperationException(
                    "GPTQ checkpoint_format " + format + " is not supported; supported: gptq, gptq_v2");
        }
        Tensor qweight = module.require("qweight").ofType("I32");
        Tensor scales = module.require("scales").ofType("F16", "BF16", "F32");
        Tensor qzeros = module.require("qzeros").ofType("I32");
        int out = qweight.dim(1);
        int groups = scales.dim(0);
        scales.ofShape(groups, out);
        int bits = bits(qzeros, out, config);
        qzeros.ofShape(groups, Math.ceilDiv((long) out * bits, 32));
        long in = qweight.dim(0) * 32L / bits;
        if (qweight.dim(0) * 32L % bits != 0 || in > Integer.MAX_VALUE) {
            throw qweight.wrong("whole inputs of " + bits + " bits");
        }
        int group = group(scales, (int) in, config);
        int[] groupOf = groupOf(module.tensor("g_idx"), (int) in, group, groups);
        Gptq matrix = new Gptq(qweight, qzeros, scales, bits, format.equals("gptq"), groupOf, order(groupOf));
        matrix.findForm(bits, group, scales.type());
        return matrix;
    }

    /** Bits of a code follow from the shapes: single modules may differ from the settings. */
    private static int bits(Tensor qzeros, int out, Settings config) {
        long bits = qzeros.dim(1) * 32L / out;
        if (bits != 2 && bits != 3 && bits != 4 && bits != 8) {
            throw qzeros.wrong("zero points of 2, 3, 4 or 8 bits for " + out + " outputs");
        }
        long stated = config.integer("bits").orElse(bits);
        if (stated != bits && !config.has("dynamic")) {
            throw qzeros.wrong("zero points of " + stated + " bits, as the quantization settings say, for " + out
                    + " outputs");
        }
        return (int) bits;
    }

    private static int group(Tensor scales, int in, Settings config) {
        int groups = scales.dim(0);
        long stated = config.integer("group_size").orElse(-1L);
        if (stated > 0 && Math.ceilDiv((long) in, stated) == groups) {
            return (int) Math.min(stated, in);
        }
        if (in % groups != 0 || groups > 1 && !config.has("dynamic") && stated != in / groups) {
            throw scales.wrong("scales for groups of " + stated + " among " + in + " inputs");
        }
        return in / groups;
    }

    private static int[] groupOf(Tensor index, int in, int group, int groups) {
        if (index == null || index.elements() == 0) {
            return runs(in, group);
        }
        index.ofType("I32").ofShape(in);
        int[] groupOf = new int[in];
        for (int k = 0; k < in; k++) {
            groupOf[k] = Bytes.i32(index.data(), 4L * k);
            if (groupOf[k] < 0 || groupOf[k] >= groups) {
                throw new IllegalArgumentException("tensor " + index.name() + ": input " + k + " is in group "
                        + groupOf[k] + ", but there are " + groups);
            }
        }
        return groupOf;
    }

    /** Inputs sorted by group, those of a group in their order; {@code null} if they are already. */
    private static int[] order(int[] groupOf) {
        int[] order = IntStream.range(0, groupOf.length)
                .boxed()
                .sorted(Comparator.comparingInt(k -> groupOf[k]))
                .mapToInt(Integer::intValue)
                .toArray();
        return Arrays.equals(order, IntStream.range(0, order.length).toArray()) ? null : order;
    }

    @Override
    public String scheme() {
        return "GPTQ";
    }

    @Override
    public long byteSize() {
        return qweight.data().byteSize() + qzeros.data().byteSize() + scales.data().byteSize();
    }

    @Override
    void codes(int row, byte[] codes) {
        int mask = (1 << bits) - 1;
        long at = 4L * row;
        long stride = 4L * rows();
        long buffer = 0;
        int filled = 0;
        for (int k = 0; k < codes.length; k++) {
            if (filled < bits) {
                buffer |= (Bytes.i32(qweight.data(), at) & 0xffff_ffffL) << filled;
                filled += 32;
                at += stride;
            }
            codes[k] = (byte) (buffer & mask);
            buffer >>>= bits;
            filled -= bits;
        }
    }

    @Override
    float scale(int row, int group) {
        return scales.element((long) group * rows() + row);
    }

    @Override
    int zero(int row, int group) {
        long bit = (long) row * bits;
        int shift = (int) (bit % 32);
        int word = word(group, (int) (bit / 32));
        int field = word >>> shift;
        if (shift + bits > 32) {
            field |= word(group, (int) (bit / 32) + 1) << 32 - shift;
        }
        field &= (1 << bits) - 1;
        return bits == 3 && minusOne ? field + 1 : field;
    }

    private int word(int group, int index) {
        int word = Bytes.i32(qzeros.data(), 4L * ((long) group * zeroWords + index));
        if (!minusOne) {
            return word;
        }
        return switch (bits) {
            case 2 -> word + 0x5555_5555;
            case 4 -> word + 0x1111_1111;
            case 8 -> word + 0x0101_0101;
            default -> word;
        };
    }
}
