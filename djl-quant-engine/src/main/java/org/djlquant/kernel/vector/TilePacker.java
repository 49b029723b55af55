package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * Brings rows into the slots of {@link TileLayout}; one packer serves one thread. Plain array code
 * throughout, since most of a first model is packed before any of this is compiled.
 */
final class TilePacker {
    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** From a slot of a tile to its next one, in words: between them lie those of the other tiles. */
    private static final int STRIDE = 4 * L;

    private final TileLayout layout;
    private final WeightMatrix weight;
    private final MemorySegment packed;
    private final GroupedRow[] rows = new GroupedRow[L];
    private GroupedRow row;
    private final byte[] padded;
    private byte[] codes;
    private final int[] words;
    private final int scaleWords;

    private TilePacker(TileLayout layout, WeightMatrix weight, MemorySegment packed) {
        this.layout = layout;
        this.weight = weight;
        this.packed = packed;
        for (int lane = 0; lane < L; lane++) {
            rows[lane] = new GroupedRow(layout.form, layout.cols);
        }
        padded = layout.cols == layout.paddedCols ? null : new byte[layout.paddedCols];
        scaleWords = layout.codeSlots * STRIDE;
        words = new int[scaleWords + layout.scaleSlots * STRIDE];
    }

    /** Packs a matrix in parallel. */
    static MemorySegment pack(WeightMatrix weight, TileLayout layout, Arena arena, Workers workers) {
        int quads = layout.quads();
        MemorySegment packed = arena.allocate(layout.bytes(), 64);
        workers.run((part, parts) -> {
            TilePacker packer = new TilePacker(layout, weight, packed);
            int end = (int) ((long) quads * (part + 1) / parts);
            for (int quad = (int) ((long) quads * part / parts); quad < end; quad++) {
                packer.pack(quad);
            }
        });
        return packed;
    }

    /**
     * A packed form that somebody else has kept.
     *
     * @throws IllegalArgumentException if it has another size than the layout says
     */
    static MemorySegment checked(TileLayout layout, MemorySegment packed) {
        if (packed.byteSize() != layout.bytes()) {
            throw new IllegalArgumentException("a matrix of " + layout.rows + "x" + layout.cols + " in " + layout.name()
                    + " takes " + layout.bytes() + " bytes, found " + packed.byteSize());
        }
        return packed;
    }

    /** Packs the four tiles of a quad; rows beyond the matrix stay zero. */
    private void pack(int quad) {
        if (layout.rows < (quad + 1) * STRIDE) {
            Arrays.fill(words, 0);
        }
        for (int t = 0; t < 4; t++) {
            int first = (4 * quad + t) * L;
            int count = Math.min(L, layout.rows - first);
            if (count <= 0) {
                break;
            }
            weight.unpackRows(first, count, rows);
            for (int lane = 0; lane < count; lane++) {
                row = rows[lane];
                codes = row.codes;
                if (padded != null) {
                    System.arraycopy(row.codes, 0, padded, 0, layout.cols);
                    codes = padded;
                }
                packLane(t * L + lane);
            }
        }
        copy(0, scaleWords, layout.codesAt(quad, 0));
        copy(scaleWords, words.length, layout.scalesAt(quad, 0));
    }

    private void copy(int from, int to, long at) {
        MemorySegment.copy(words, from, packed, ValueLayout.JAVA_INT_UNALIGNED, at, to - from);
    }

    private void packLane(int lane) {
        for (int chunk = 0; chunk < layout.chunks(); chunk++) {
            int cols = layout.chunkCols(chunk);
            int k = chunk * TileLayout.CHUNK;
            int groups = layout.groups(cols);
            int known = Math.min(groups, Math.ceilDiv(layout.cols - k, layout.group));
            int scales = lane + scaleWords + (int) ((layout.scalesAt(0, chunk) - layout.scalesAt(0, 0)) / Integer.BYTES);
            for (int i = scales; known < groups && i < words.length; i += STRIDE) {
                words[i] = 0; // groups of padding, which are in the last chunk, get no scale below
            }
            packScales(scales, k, known, groups);
            int at = lane + (int) (layout.codesAt(0, chunk) / Integer.BYTES);
            if (layout.halves) {
                packHalves(at, k, k + cols);
            } else if (layout.high == 0) {
                packPlane(at, k, k + cols);
            } else {
                packSpans(at, k, k + cols);
            }
        }
    }

    private void packPlane(int at, int k, int end) {
        int low = layout.low;
        if (low == 8) {
            for (; k < end; k += 4, at += STRIDE) {
                words[at] = (int) INTS.get(codes, k);
            }
        } else if (low == 4) {
            for (; k < end; k += 8, at += STRIDE) {
                words[at] = squeeze((long) LONGS.get(codes, k), 4);
            }
        } else if (low == 3) {
            packThreeBits(at, k, end);
        } else {
            for (; k < end; k += 16, at += STRIDE) {
                int first = squeeze((long) LONGS.get(codes, k), 2);
                words[at] = first | squeeze((long) LONGS.get(codes, k + 8), 2) << 16;
            }
        }
    }

    private void packThreeBits(int at, int k, int end) {
        for (; k < end; k += 32, at += 3 * STRIDE) {
            int rest = pairs((long) LONGS.get(codes, k + 24)); // six bits a byte
            for (int i = 0; i < 3; i++) {
                int word = pairs((long) LONGS.get(codes, k + 8 * i));
                words[at + i * STRIDE] = word | (rest >>> 4 - 2 * i & 0x03030303) << 6;
            }
        }
    }

    /** Eight 3-bit codes as two in the lower six bits of each byte. */
    private static int pairs(long codes) {
        codes = (codes | codes >>> 5) & 0x003f003f003f003fL;
        codes = (codes | codes >>> 8) & 0x0000ffff0000ffffL;
        return (int) (codes | codes >>> 16);
    }

    /** Eight codes of {@code width} bits, one in each byte, side by side. */
    private static int squeeze(long codes, int width) {
        codes = (codes | codes >>> 8 - width) & 0x00ff00ff00ff00ffL;
        codes = (codes | codes >>> 16 - 2 * width) & 0x0000ffff0000ffffL;
        return (int) (codes | codes >>> 32 - 4 * width);
    }

    private void packHalves(int at, int k, int end) {
        int bits = layout.low;
        int count = layout.halfCodes();
        for (; k < end; k += 32) {
            for (int i = 0; i < bits; i++, at += STRIDE) {
                int first = k + i * count;
                if (bits == 4) {
                    words[at] = squeeze((int) INTS.get(codes, first) | (long) (int) INTS.get(codes, first + 16) << 32, 4);
                } else {
                    words[at] = sixteenBits(first, count, k + 15, i) | sixteenBits(first + 16, count, k + 31, i) << 16;
                }
            }
        }
    }

    /** Codes side by side and, in a bit that they leave over, bit {@code i} of the code at {@code last}. */
    private int sixteenBits(int first, int count, int last, int i) {
        int bits = layout.low;
        int half = count * bits == 16 ? 0 : (codes[last] >>> i & 1) << 15;
        for (int j = 0; j < count; j++) {
            half |= codes[first + j] << j * bits;
        }
        return half;
    }

    private void packSpans(int at, int k, int end) {
        int low = layout.low;
        int high = layout.high;
        int lowMask = ((1 << low) - 1) * 0x01010101;
        int highMask = ((1 << high) - 1) * 0x01010101;
        int span = layout.span();
        for (; k < end; at += STRIDE) {
            int top = at;
            int highWord = 0;
            int lowWord = 0;
            for (int i = 0; i < span; i += 4, k += 4) {
                int set = (int) INTS.get(codes, k);
                highWord |= (set >>> low & highMask) << i / 4 * high;
                int turn = i / 4 * low & 7;
                lowWord |= (set & lowMask) << turn;
                if (turn + low == 8) {
                    at += STRIDE;
                    words[at] = lowWord;
                    lowWord = 0;
                }
            }
            words[top] = Integer.rotateLeft(highWord, low);
        }
    }

    private void packScales(int at, int k, int known, int groups) {
        int own = k / layout.form.group();
        int sup = k / layout.form.superGroup();
        switch (layout.scales) {
            case HALF -> {
                for (int g = 0; g < known; g += 2, at += STRIDE) {
                    int second = g + 1 < known ? half(row.d[own + g + 1]) : 0;
                    words[at] = half(row.d[own + g]) | second << 16;
                }
            }
            case HALF_MIN -> {
                for (int g = 0; g < known; g++, at += STRIDE) {
                    words[at] = half(row.d[own + g]) | half(row.dmin[own + g]) << 16;
                }
            }
            case HALF_ZERO -> {
                for (int g = 0; g < known; g++, at += STRIDE) {
                    float d = row.d[own + g];
                    words[at] = half(d) | (d == 0 ? 0 : Math.round(row.dmin[own + g] / d) << 16);
                }
            }
            case FLOAT -> {
                for (int g = 0; g < known; g++, at += STRIDE) {
                    words[at] = Float.floatToRawIntBits(scale(own + g));
                }
            }
            case FLOAT_MIN -> {
                for (int g = 0; g < known; g++, at += 2 * STRIDE) {
                    words[at] = Float.floatToRawIntBits(scale(own + g));
                    words[at + STRIDE] = Float.floatToRawIntBits(minimum(own + g));
                }
            }
            case SUB, SUB_MIN -> {
                boolean min = layout.scales.hasMin();
                words[at] = half(row.d[sup]) | (min ? half(row.dmin[sup]) << 16 : 0);
                packBytes(row.sc, own, known, at + STRIDE);
                if (min) {
                    packBytes(row.m, own, known, at + STRIDE + (groups + 3) / 4 * STRIDE);
                }
            }
        }
    }

    private void packBytes(byte[] values, int from, int count, int at) {
        for (int g = 0; g < count; g += 4, at += STRIDE) {
            int word = 0;
            for (int i = Math.min(3, count - 1 - g); i >= 0; i--) {
                word = word << 8 | values[from + g + i] & 0xff;
            }
            words[at] = word;
        }
    }

    private float scale(int own) {
        return layout.form.subScales() ? row.d[superGroup(own)] * row.sc[own] : row.d[own];
    }

    private float minimum(int own) {
        return layout.form.subScales() ? row.dmin[superGroup(own)] * row.m[own] : row.dmin[own];
    }

    private int superGroup(int own) {
        return own / (layout.form.superGroup() / layout.form.group());
    }

    private static int half(float value) {
        return Float.floatToFloat16(value) & 0xffff;
    }
}
