package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.WeightMatrix;

/** Brings rows into the slots of {@link TileLayout}; one packer serves one thread. */
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
    private final byte[] codes;
    private final int[] words;

    TilePacker(TileLayout layout, WeightMatrix weight, MemorySegment packed) {
        this.layout = layout;
        this.weight = weight;
        this.packed = packed;
        for (int lane = 0; lane < L; lane++) {
            rows[lane] = new GroupedRow(layout.form, layout.cols);
        }
        codes = new byte[layout.paddedCols];
        words = new int[Math.toIntExact(layout.slotsPerTile() * STRIDE)];
    }

    /** Packs the four tiles of a quad; rows beyond the matrix stay zero. */
    void pack(int quad) {
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
                System.arraycopy(row.codes, 0, codes, 0, layout.cols);
                packLane(t * L + lane);
            }
        }
        MemorySegment.copy(words, 0, packed, ValueLayout.JAVA_INT_UNALIGNED, 4L * quad * words.length, words.length);
    }

    private void packLane(int lane) {
        int at = lane;
        for (int chunk = 0; chunk < layout.chunks(); chunk++) {
            int cols = layout.chunkCols(chunk);
            int k = chunk * TileLayout.CHUNK;
            int groups = layout.groups(cols);
            int known = Math.min(groups, Math.ceilDiv(layout.cols - k, layout.group));
            int codesAt = at + layout.scaleSlots(cols) * STRIDE;
            for (int i = at; known < groups && i < codesAt; i += STRIDE) {
                words[i] = 0; // groups of padding get no scale below
            }
            packScales(at, k, known, groups);
            at = codesAt;
            if (layout.high == 0) {
                packPlane(at, k, k + cols);
            } else {
                packSpans(at, k, k + cols);
            }
            at += layout.codeSlots(cols) * STRIDE;
        }
    }

    private void packPlane(int at, int k, int end) {
        if (layout.low == 8) {
            // 8-bit codes need no compressing, only the turn to the top of the mantissa
            for (; k < end; k += 4, at += STRIDE) {
                words[at] = Integer.rotateLeft((int) INTS.get(codes, k), 15);
            }
        } else if (layout.low == 4) {
            int turn = layout.form.table() != null ? 0 : 19;
            for (; k < end; k += 8, at += STRIDE) {
                int word = (int) Long.compress((long) LONGS.get(codes, k), 0x0f0f0f0f0f0f0f0fL);
                words[at] = Integer.rotateLeft(word, turn);
            }
        } else if (layout.low == 3) {
            packThreeBits(at, k, end);
        } else {
            for (; k < end; k += 16, at += STRIDE) {
                long first = Long.compress((long) LONGS.get(codes, k), 0x0303030303030303L);
                long second = Long.compress((long) LONGS.get(codes, k + 8), 0x0303030303030303L);
                words[at] = Integer.rotateLeft((int) (first | second << 16), 21);
            }
        }
    }

    private void packThreeBits(int at, int k, int end) {
        for (; k < end; k += 32, at += 3 * STRIDE) {
            int rest = pairs((long) LONGS.get(codes, k + 24)); // six bits a byte
            for (int i = 0; i < 3; i++) {
                int word = Integer.rotateLeft(pairs((long) LONGS.get(codes, k + 8 * i)), 4);
                words[at + i * STRIDE] = word | (rest >>> 4 - 2 * i & 0x03030303) << 2;
            }
        }
    }

    /** Eight 3-bit codes as two in the lower six bits of each byte. */
    private static int pairs(long codes) {
        return Integer.expand((int) Long.compress(codes, 0x0707070707070707L), 0x3f3f3f3f);
    }

    private void packSpans(int at, int k, int end) {
        int low = layout.low;
        int high = layout.high;
        int lowTurn = TileLayout.setTurn(low + high);
        int highTurn = TileLayout.setTurn(high);
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
                    words[at] = Integer.rotateLeft(lowWord, lowTurn);
                    lowWord = 0;
                }
            }
            words[top] = Integer.rotateLeft(highWord, highTurn);
        }
    }

    private void packScales(int at, int k, int known, int groups) {
        for (int g = 0; g < known; g++, k += layout.group) {
            int own = k / layout.form.group();
            int sup = k / layout.form.superGroup();
            switch (layout.scales) {
                case HALF -> {
                    int bits = half(row.d[own]);
                    if ((g & 1) == 0) {
                        words[at + g / 2 * STRIDE] = bits;
                    } else {
                        words[at + g / 2 * STRIDE] |= bits << 16;
                    }
                }
                case HALF_MIN -> words[at + g * STRIDE] = half(row.d[own]) | half(row.dmin[own]) << 16;
                case FLOAT -> words[at + g * STRIDE] = Float.floatToRawIntBits(scale(own, sup));
                case FLOAT_MIN -> {
                    words[at + 2 * g * STRIDE] = Float.floatToRawIntBits(scale(own, sup));
                    words[at + (2 * g + 1) * STRIDE] = Float.floatToRawIntBits(minimum(own, sup));
                }
                case SUB, SUB_MIN -> {
                    if (g == 0) {
                        boolean min = layout.scales.hasMin();
                        words[at] = half(row.d[sup]) | (min ? half(row.dmin[sup]) << 16 : 0);
                    }
                    putByte(at + (1 + g / 4) * STRIDE, g, row.sc[own]);
                    if (layout.scales.hasMin()) {
                        putByte(at + (1 + (groups + 3) / 4 + g / 4) * STRIDE, g, row.m[own]);
                    }
                }
            }
        }
    }

    private void putByte(int slot, int group, byte value) {
        int bits = (value & 0xff) << 8 * (group & 3);
        words[slot] = (group & 3) == 0 ? bits : words[slot] | bits;
    }

    private float scale(int own, int sup) {
        return layout.form.subScales() ? row.d[sup] * row.sc[own] : row.d[own];
    }

    private float minimum(int own, int sup) {
        return layout.form.subScales() ? row.dmin[sup] * row.m[own] : row.dmin[own];
    }

    private static int half(float value) {
        return Float.floatToFloat16(value) & 0xffff;
    }
}
