package org.djlquant.quantize;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.djlquant.quant.Bnb4;
import org.djlquant.quant.WeightMatrix;

/**
 * {@code NF4} and {@code FP4}: each value, divided by the largest magnitude of its block of 64, becomes
 * the nearest entry of the codebook (the first of two equally near). The arithmetic is that of
 * bitsandbytes' quantize_4bit for float32 weights, so that codes and maxima are the same as its.
 */
final class CodebookEncoder {
    private static final int BLOCK = 64;

    private CodebookEncoder() {}

    /** Encodes a matrix of any scheme; one row is decoded at a time. */
    static Bnb4 encode(WeightMatrix weights, String scheme, Arena arena) {
        int rows = weights.rows();
        int cols = weights.cols();
        long elements = (long) rows * cols;
        float[] table = Bnb4.table(scheme);
        float[] absmax = new float[Math.toIntExact(Math.ceilDiv(elements, (long) BLOCK))];
        MemorySegment codes = arena.allocate(Math.ceilDiv(elements, 2L), 64);
        float[] row = new float[cols];
        // blocks run across the ends of rows, so they are collected element by element
        float[] block = new float[BLOCK];
        long element = 0;
        for (int r = 0; r < rows; r++) {
            weights.decodeRow(r, row, 0);
            for (int k = 0; k < cols; k++, element++) {
                int at = (int) (element % BLOCK);
                block[at] = row[k];
                if (at == BLOCK - 1 || element == elements - 1) {
                    absmax[(int) (element / BLOCK)] = encodeBlock(block, at + 1, table, codes, (element - at) / 2);
                }
            }
        }
        return Bnb4.of(scheme, codes, absmax, BLOCK, rows, cols);
    }

    private static float encodeBlock(float[] block, int n, float[] table, MemorySegment codes, long offset) {
        float largest = 0;
        for (int i = 0; i < n; i++) {
            largest = Math.max(largest, Math.abs(block[i]));
        }
        // in a block of zeros this makes NaN, for which bitsandbytes has code 0 as well
        float inverse = 1 / largest;
        for (int i = 0; i < n; i += 2) {
            int high = nearest(Math.clamp(block[i] * inverse, -1, 1), table);
            int low = i + 1 < n ? nearest(Math.clamp(block[i + 1] * inverse, -1, 1), table) : 0;
            codes.set(ValueLayout.JAVA_BYTE, offset + i / 2, (byte) (high << 4 | low));
        }
        return largest;
    }

    private static int nearest(float v, float[] table) {
        int best = 0;
        for (int c = 1; c < table.length; c++) {
            if (Math.abs(v - table[c]) < Math.abs(v - table[best])) {
                best = c;
            }
        }
        return best;
    }
}
