package org.djlquant.quant;

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
 * <p>Where {@code sym} tells what the zero points must be, a wrong {@code checkpoint_format} is refused.
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
    private final FloatRows scale;

    private Gptq(Tensor qweight, Tensor qzeros, Tensor scales, int bits, boolean minusOne, int[] groupOf, int[] order) {
        super(qweight.dim(1), groupOf.length, scales.dim(0), groupOf, order);
        this.qweight = qweight;
        this.qzeros = qzeros;
        this.scales = scales;
        this.scale = scales.numbers();
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
        Gptq matrix = new Gptq(qweight, qzeros, scales, bits, format.equals("gptq"), groupOf, order(groupOf, groups));
        matrix.findForm(bits, group, scales.type());
        matrix.checkLabel(config, format);
        return matrix;
    }

    /** Symmetric zero points lie in the middle; one beside it, they were written in the other format. */
    private void checkLabel(Settings config, String format) {
        int middle = 1 << bits - 1;
        if (config.bool("sym").orElse(false) && zeroIsAlways(minusOne ? middle + 1 : middle - 1)) {
            throw new IllegalArgumentException("tensor " + qzeros.name() + ": with checkpoint_format " + format
                    + (config.has("checkpoint_format") ? "" : " (none is given)") + " all zero points are "
                    + zero(0, 0) + ", but those of sym " + bits + "-bit codes are " + middle
                    + ": they are stored as " + (minusOne ? "gptq_v2" : "gptq") + " has them; correct checkpoint_format"
                    + " in the quantization settings");
        }
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
    private static int[] order(int[] groupOf, int groups) {
        int[] next = new int[groups + 1]; // where the next input of a group goes
        boolean sorted = true;
        for (int k = 0; k < groupOf.length; k++) {
            next[groupOf[k] + 1]++;
            sorted &= k == 0 || groupOf[k - 1] <= groupOf[k];
        }
        if (sorted) {
            return null;
        }
        for (int g = 0; g < groups; g++) {
            next[g + 1] += next[g];
        }
        int[] order = new int[groupOf.length];
        for (int k = 0; k < groupOf.length; k++) {
            order[next[groupOf[k]]++] = k;
        }
        return order;
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
    void codes(int first, int count, byte[][] codes) {
        long stride = 4L * rows();
        long at = 4L * first;
        int cols = cols();
        if (bits == 3) {
            for (int k = 0; k < cols; k += 32, at += 3 * stride) {
                for (int r = 0; r < count; r++) {
                    threeWords(at + 4L * r, stride, codes[r], k);
                }
            }
            return;
        }
        int fields = 32 / bits;
        for (int k = 0; k < cols; k += fields, at += stride) {
            for (int r = 0; r < count; r++) {
                int word = Bytes.i32(qweight.data(), at + 4L * r);
                switch (bits) {
                    case 8 -> Bytes.putFour(codes[r], k, word);
                    case 4 -> Bytes.putEight(codes[r], k, Long.expand(word, 0x0f0f0f0f0f0f0f0fL));
                    default -> {
                        Bytes.putEight(codes[r], k, Long.expand(word, 0x0303030303030303L));
                        Bytes.putEight(codes[r], k + 8, Long.expand(word >>> 16, 0x0303030303030303L));
                    }
                }
            }
        }
    }

    /** 32 codes of 3 bits; three words are one stream of bits. */
    private void threeWords(long at, long stride, byte[] codes, int k) {
        long low = Bytes.i32(qweight.data(), at) & 0xffff_ffffL
                | (long) Bytes.i32(qweight.data(), at + stride) << 32;
        long high = Bytes.i32(qweight.data(), at + 2 * stride) & 0xffff_ffffL;
        Bytes.putEight(codes, k, Long.expand(low, 0x0707070707070707L));
        Bytes.putEight(codes, k + 8, Long.expand(low >>> 24, 0x0707070707070707L));
        Bytes.putEight(codes, k + 16, Long.expand(low >>> 48 | high << 16, 0x0707070707070707L));
        Bytes.putEight(codes, k + 24, Long.expand(high >>> 8, 0x0707070707070707L));
    }

    @Override
    float scale(int row, int group) {
        return scale.at((long) group * rows() + row);
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
