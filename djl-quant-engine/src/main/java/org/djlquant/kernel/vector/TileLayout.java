package org.djlquant.kernel.vector;

import java.util.Locale;
import org.djlquant.quant.GroupForm;

/**
 * Where the parts of a matrix of integer codes lie in its packed form.
 *
 * <p>A <em>tile</em> is L rows, L being the number of int lanes of the preferred vector: lane r of
 * every vector belongs to row r of the tile, so that sums over columns never cross lanes. A
 * <em>slot</em> is one vector of a tile. A <em>quad</em> is four tiles that a kernel works on at
 * once; slot i of its tiles lie side by side. Columns come in chunks of {@value #CHUNK} (the last
 * may be shorter); the slots of a chunk are
 *
 * <pre>
 * scales   as {@link ScaleKind} says
 * codes    of 2, 4 and 8 bits: word i holds columns i · 32/bits …
 *          of 3 bits in groups of 32: three words for each 32 columns
 *          of other 3, and 5 and 6 bits, for each span of 32/high columns: a word with the 1 or 2 high bits,
 *          then low/high words with the 2 or 4 low bits
 * </pre>
 *
 * so that a kernel reads a quad from its first to its last byte: separate planes are several short
 * streams, which the hardware prefetches badly.
 *
 * Field j of a word stands where rotating the word right by {@code j · width} brings it to its place
 * at the top of a float's 23-bit mantissa: kernels mask it there, set the exponent of 1.0 and have
 * {@code 1 + code / 2^bits} as a float. Codes of a codebook stand at bit {@code 4 · j} instead.
 *
 * <p>Three words of 3-bit codes hold two codes in each of their bytes, in bits 4 … 9 of the word turned
 * right by the byte: columns 8·i … 8·i + 7 in word i. The other two bits of a byte, {@link #REST_BITS},
 * of word 2, 1 and 0 are the six bits of two codes from column 24 on.
 *
 * <p>With high bits a word consists of sets of four codes, one in each byte. Rotating by {@code set ·
 * width} brings the bits of a set, in both planes, to the same bits of the bytes; there they are
 * merged, and rotating by 8 brings code after code to the top of the mantissa.
 */
final class TileLayout {
    /** Columns of a chunk. */
    static final int CHUNK = 256;

    /** Bits of words of 3-bit codes that no code of its own word has. */
    static final int REST_BITS = 0x0c0c0c0c;

    /** How the scales of a chunk are stored. */
    enum ScaleKind {
        /** Float16 d of groups 2i (low half) and 2i + 1 (high half) in slot i. */
        HALF,
        /** Float16 d (low half) and dmin of group i in slot i. */
        HALF_MIN,
        /** Float32 d·sc of group i in slot i. */
        FLOAT,
        /** Float32 d·sc and then dmin·m of group i in slots 2i and 2i + 1. */
        FLOAT_MIN,
        /** Slot 0: float16 d and dmin; then sc of groups 4i … 4i + 3 as bytes of a slot. */
        SUB,
        /** As {@link #SUB}, followed by the m of all groups in the same way. */
        SUB_MIN;

        boolean hasMin() {
            return this == HALF_MIN || this == FLOAT_MIN || this == SUB_MIN;
        }

        int slots(int groups) {
            return switch (this) {
                case HALF -> (groups + 1) / 2;
                case HALF_MIN, FLOAT -> groups;
                case FLOAT_MIN -> 2 * groups;
                case SUB -> 1 + (groups + 3) / 4;
                case SUB_MIN -> 1 + 2 * ((groups + 3) / 4);
            };
        }
    }

    final GroupForm form;
    final int rows;
    final int cols;

    /** Columns with padding up to whole units; padding has code 0 and meets activations of 0. */
    final int paddedCols;

    /** Bits of a code in a word of the low and of the high plane; high may be 0. */
    final int low;

    final int high;

    /** Columns that share a scale, at most a chunk; a longer group of the scheme repeats its scale. */
    final int group;

    /** Columns a kernel sums before it applies the scale, 16 or 32; divides group. */
    final int unit;

    final ScaleKind scales;

    /** Σ(code − zero)·x = (Σ(1 + code/factor)·x − bias·Σx) · factor. */
    final float factor;

    final float bias;

    private TileLayout(GroupForm form, int rows, int cols) {
        this.form = form;
        this.rows = rows;
        this.cols = cols;
        group = form.group() >= cols ? CHUNK : Math.min(CHUNK, form.group());
        low = form.table() != null || form.bits() == 4 ? 4 : switch (form.bits()) {
            case 1, 2 -> 2;
            case 3 -> group % 32 == 0 ? 3 : 2;
            case 5, 6 -> 4;
            default -> 8;
        };
        high = form.table() != null ? 0 : Math.max(0, form.bits() - low);
        unit = high == 2 || group % 32 != 0 ? 16 : 32;
        paddedCols = Math.ceilDiv(cols, 32) * 32;
        if (form.subScales() && form.superGroup() == CHUNK && form.halfScales()) {
            scales = form.hasMin() ? ScaleKind.SUB_MIN : ScaleKind.SUB;
        } else if (form.halfScales() && !form.subScales()) {
            scales = form.hasMin() ? ScaleKind.HALF_MIN : ScaleKind.HALF;
        } else {
            scales = form.hasMin() ? ScaleKind.FLOAT_MIN : ScaleKind.FLOAT;
        }
        factor = form.table() != null ? 1 : 1 << low + high;
        bias = form.table() != null ? 0 : 1 + form.zero() / factor;
    }

    /** The layout of a matrix, or {@code null} if its form fits none. */
    static TileLayout of(GroupForm form, int rows, int cols) {
        int group = form.group();
        boolean fits = group % 16 == 0 && (group % CHUNK == 0 || CHUNK % group == 0)
                || group >= cols;
        return fits && (form.table() == null || form.bits() <= 4) ? new TileLayout(form, rows, cols) : null;
    }

    /**
     * How far words of sets are turned: the first code of a set lies in byte 2, and {@code bits} bits
     * of it end at bit 6 of their byte, which is the top of the mantissa in byte 2.
     */
    static int setTurn(int bits) {
        return 16 + 7 - bits;
    }

    int chunks() {
        return Math.ceilDiv(paddedCols, CHUNK);
    }

    /** Columns of a chunk, padding included. */
    int chunkCols(int chunk) {
        return Math.min(CHUNK, paddedCols - chunk * CHUNK);
    }

    /** Scale groups of a chunk of {@code cols} columns. */
    int groups(int cols) {
        return Math.ceilDiv(cols, group);
    }

    int scaleSlots(int cols) {
        return scales.slots(groups(cols));
    }

    /** Columns whose high bits share a word. */
    int span() {
        return 32 / high;
    }

    /** Slots of a span: its word of the high plane and those of the low plane. */
    int spanSlots() {
        return 1 + low / high;
    }

    int codeSlots(int cols) {
        return high == 0 ? cols * low / 32 : cols / span() * spanSlots();
    }

    int slots(int cols) {
        return scaleSlots(cols) + codeSlots(cols);
    }

    /** Slots of a tile. */
    long slotsPerTile() {
        int full = paddedCols / CHUNK;
        int rest = paddedCols % CHUNK;
        return (long) full * slots(CHUNK) + (rest == 0 ? 0 : slots(rest));
    }

    int quads(int lanes) {
        return Math.ceilDiv(rows, 4 * lanes);
    }

    /** For the load report. */
    String name() {
        String codes = form.table() != null ? "codebook" + form.bits() : "affine" + form.bits();
        return codes + "/g" + form.group() + " " + scales.name().toLowerCase(Locale.ROOT).replace('_', '+');
    }
}
