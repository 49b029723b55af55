package org.djlquant.kernel.vector;

import java.util.Locale;
import org.djlquant.kernel.ActivationType;
import org.djlquant.kernel.RoundedActivations;
import org.djlquant.quant.GroupForm;

/**
 * Where the parts of a matrix of integer codes lie in its packed form.
 *
 * <p>A <em>tile</em> is L rows, L being the number of int lanes of the preferred vector: lane r of
 * every vector belongs to row r of the tile, so that sums over columns never cross lanes. A
 * <em>slot</em> is one vector of a tile. A <em>quad</em> is four tiles that a kernel works on at
 * once; slot i of its tiles lie side by side. Columns come in chunks of {@value #CHUNK} (the last
 * may be shorter). First come the codes of all quads, quad after quad and chunk after chunk, then in the same
 * order their scales:
 *
 * <pre>
 * codes    of 2, 4 and 8 bits: word i holds columns i · 32/bits …
 *          of 3 bits in groups of 32: three words for each 32 columns
 *          of other 3, and 5 and 6 bits, for each span of 32/high columns: a word with the 1 or 2 high bits,
 *          then low/high words with the 2 or 4 low bits
 * scales   as {@link ScaleKind} says
 * </pre>
 *
 * so that a kernel reads two streams without a gap. Scales between the codes of two chunks are a gap to the
 * loads of codes, and short streams end before the hardware has begun to prefetch them.
 *
 * <p>Field j of a word stands at bit {@code j · width}. Kernels mask a field and convert the word, a signed
 * integer, to a float.
 *
 * <p>Three words of 3-bit codes hold two codes in the lower six bits of each of their bytes: columns 8·i …
 * 8·i + 7 in word i. The other two bits of a byte, {@link #REST_BITS}, of word 2, 1 and 0 are the six bits
 * of two codes from column 24 on.
 *
 * <p>With high bits a word consists of sets of four codes, one in each byte. Turning a word right by {@code
 * set · width} brings the low bits of a set to the lowest bits of the bytes and its high bits, which are
 * stored turned left by the width of the low ones, right above.
 *
 * <p>A matrix that is to multiply activations of 8 bits ({@link #halves}) has codes of b bits in units of
 * 32 columns, b words each. The lower halves of the words hold columns 0 … 15, the upper ones 16 … 31:
 * n = ⌊16 / b⌋ codes side by side, from bit 0 on, columns i · n … in word i. If they leave a bit over, which
 * they do for 3 and 5 bits, then bit i of the last column is the highest of its half of word i.
 */
final class TileLayout {
    /** Columns of a chunk. */
    static final int CHUNK = 256;

    /** Bits of words of 3-bit codes that no code of its own word has. */
    static final int REST_BITS = 0xc0c0c0c0;

    /** How the scales of a chunk are stored. */
    enum ScaleKind {
        /** Float16 d of groups 2i (low half) and 2i + 1 (high half) in slot i. */
        HALF,
        /** Float16 d (low half) and dmin of group i in slot i. */
        HALF_MIN,
        /** Float16 d (low half) and dmin/d, an integer, of group i in slot i. */
        HALF_ZERO,
        /** Float32 d·sc of group i in slot i. */
        FLOAT,
        /** Float32 d·sc and then dmin·m of group i in slots 2i and 2i + 1. */
        FLOAT_MIN,
        /** Slot 0: float16 d and dmin; then sc of groups 4i … 4i + 3 as bytes of a slot. */
        SUB,
        /** As {@link #SUB}, followed by the m of all groups in the same way. */
        SUB_MIN;

        boolean hasMin() {
            return this == HALF_MIN || this == HALF_ZERO || this == FLOAT_MIN || this == SUB_MIN;
        }

        int slots(int groups) {
            return switch (this) {
                case HALF -> (groups + 1) / 2;
                case HALF_MIN, HALF_ZERO, FLOAT -> groups;
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

    /** {@code 2^−n} for column k mod 16, n being the bit where its code stands when kernels mask it. */
    final float[] place = new float[16];

    /** Whether codes lie in halves of words, for {@link ByteDot}. */
    final boolean halves;

    /** Slots with the codes and with the scales of a tile. */
    final int codeSlots;

    final int scaleSlots;

    private final int chunkCodeSlots;
    private final int chunkScaleSlots;

    private TileLayout(GroupForm form, int rows, int cols, boolean halves) {
        this.halves = halves;
        this.form = form;
        this.rows = rows;
        this.cols = cols;
        group = form.group() >= cols ? CHUNK : Math.min(CHUNK, form.group());
        low = halves ? form.bits() : form.table() != null || form.bits() == 4 ? 4 : switch (form.bits()) {
            case 1, 2 -> 2;
            case 3 -> group % 32 == 0 ? 3 : 2;
            case 5, 6 -> 4;
            default -> 8;
        };
        high = form.table() != null ? 0 : Math.max(0, form.bits() - low);
        unit = halves ? RoundedActivations.BLOCK : high == 2 || group % 32 != 0 ? 16 : 32;
        paddedCols = Math.ceilDiv(cols, 32) * 32;
        if (form.subScales() && form.superGroup() == CHUNK && form.halfScales()) {
            scales = form.hasMin() ? ScaleKind.SUB_MIN : ScaleKind.SUB;
        } else if (form.halfScales() && !form.subScales()) {
            scales = form.hasMin() ? ScaleKind.HALF_MIN : ScaleKind.HALF;
        } else if (form.zeroPoints()) {
            scales = ScaleKind.HALF_ZERO;
        } else {
            scales = form.hasMin() ? ScaleKind.FLOAT_MIN : ScaleKind.FLOAT;
        }
        for (int k = 0; k < place.length; k++) {
            int bit = high > 0 ? k % 4 * 8 : low == 3 ? k % 8 / 2 * 8 + k % 2 * 3 : k * low % 8;
            place[k] = form.table() != null ? 1 : 1f / (1 << bit);
        }
        int rest = paddedCols % CHUNK;
        chunkCodeSlots = codeSlots(CHUNK);
        chunkScaleSlots = scales.slots(groups(CHUNK));
        codeSlots = paddedCols / CHUNK * chunkCodeSlots + codeSlots(rest);
        scaleSlots = paddedCols / CHUNK * chunkScaleSlots + (rest == 0 ? 0 : scales.slots(groups(rest)));
    }

    /** The layout of a matrix, or {@code null} if its form fits none. */
    static TileLayout of(GroupForm form, int rows, int cols, ActivationType activations) {
        int group = form.group();
        boolean fits = group % 16 == 0 && (group % CHUNK == 0 || CHUNK % group == 0)
                || group >= cols;
        boolean table = form.bits() <= 4 && Lanes.L >= 8; // kernels look up in one vector or two
        return fits && (form.table() == null || table)
                ? new TileLayout(form, rows, cols, activations.rounds(form, cols))
                : null;
    }

    /** Codes of a half of a word, in a layout of halves. */
    int halfCodes() {
        return 16 / low;
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

    /** Columns whose high bits share a word. */
    int span() {
        return 32 / high;
    }

    /** Slots of a span: its word of the high plane and those of the low plane. */
    int spanSlots() {
        return 1 + low / high;
    }

    /** Bytes of the codes of a quad in a chunk of {@code cols} columns. */
    int codeBytes(int cols) {
        return (int) (codeSlots(cols) * Lanes.QUAD_SLOT);
    }

    private int codeSlots(int cols) {
        return high == 0 ? cols * low / 32 : cols / span() * spanSlots();
    }

    int quads() {
        return Math.ceilDiv(rows, 4 * Lanes.L);
    }

    /** Where the codes of a chunk begin, in bytes; kernels that load from within a slot read a few behind the last one. */
    long codesAt(int quad, int chunk) {
        return ((long) quad * codeSlots + chunk * chunkCodeSlots) * Lanes.QUAD_SLOT;
    }

    /** Where the scales of a chunk begin, in bytes. */
    long scalesAt(int quad, int chunk) {
        return codesAt(quads(), 0) + ((long) quad * scaleSlots + chunk * chunkScaleSlots) * Lanes.QUAD_SLOT;
    }

    /** Bytes of the packed form. */
    long bytes() {
        return scalesAt(quads(), 0);
    }

    /** For the load report. */
    String name() {
        String kernel = " vector-" + 32 * Lanes.L + (halves ? ", 8-bit activations" : "");
        String codes = form.table() != null ? "codebook" + form.bits() : "affine" + form.bits();
        return codes + "/g" + form.group() + " " + scales.name().toLowerCase(Locale.ROOT).replace('_', '+') + kernel;
    }
}
