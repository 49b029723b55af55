package org.djlquant.contract;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.WeightMatrix;

/** Matrices with random codes in every scheme, with scales as real models have them. */
public final class RandomMatrix {
    private RandomMatrix() {}

    /** A matrix of a block scheme; every code, sub-scale and minimum that the scheme can store occurs. */
    public static WeightMatrix of(BlockScheme scheme, int rows, int cols, long seed, Arena arena) {
        Random random = new Random(seed);
        long rowBytes = scheme.rowBytes(cols);
        MemorySegment data = arena.allocate(rows * rowBytes, 64);
        if (scheme.floatType() != null) {
            fillFloats(scheme, data, random);
        } else if (!writable(scheme)) {
            fillBytes(scheme, data, random);
        } else {
            GroupedRow row = new GroupedRow(scheme.form(), cols);
            byte[] block = new byte[scheme.blockBytes()];
            for (int r = 0; r < rows; r++) {
                fill(scheme.form(), row, random);
                for (int b = 0; b < cols / scheme.blockLength(); b++) {
                    scheme.pack(row, b, block, 0);
                    MemorySegment.copy(
                            block, 0, data, ValueLayout.JAVA_BYTE, r * rowBytes + (long) b * block.length, block.length);
                }
            }
        }
        return new BlockMatrix(scheme, data, rows, cols);
    }

    private static boolean writable(BlockScheme scheme) {
        if (scheme.form() == null) {
            return false;
        }
        try {
            GroupedRow zeros = new GroupedRow(scheme.form(), scheme.blockLength());
            scheme.pack(zeros, 0, new byte[scheme.blockBytes()], 0);
            return true;
        } catch (UnsupportedOperationException e) {
            return false;
        }
    }

    /** Random bytes, drawn again until the block decodes to numbers of a usual size. */
    private static void fillBytes(BlockScheme scheme, MemorySegment data, Random random) {
        byte[] block = new byte[scheme.blockBytes()];
        float[] values = new float[scheme.blockLength()];
        for (long at = 0; at < data.byteSize(); at += block.length) {
            boolean usual;
            do {
                random.nextBytes(block);
                MemorySegment.copy(block, 0, data, ValueLayout.JAVA_BYTE, at, block.length);
                scheme.decode(block, 0, values, 0);
                usual = true;
                for (float value : values) {
                    usual &= Math.abs(value) < 10;
                }
            } while (!usual);
        }
    }

    private static void fillFloats(BlockScheme scheme, MemorySegment data, Random random) {
        int bytes = scheme.blockBytes();
        for (long i = 0; i < data.byteSize(); i += bytes) {
            float value = (float) random.nextGaussian() * 0.02f;
            if (bytes == 4) {
                data.set(ValueLayout.JAVA_FLOAT, i, value);
            } else if (scheme.name().equals("F16")) {
                data.set(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
            } else {
                data.set(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(value) >>> 16));
            }
        }
    }

    /** Fills a row with random parts of a form. */
    public static void fill(GroupForm form, GroupedRow row, Random random) {
        for (int k = 0; k < row.codes.length; k++) {
            row.codes[k] = (byte) random.nextInt(1 << form.bits());
        }
        for (int i = 0; i < row.d.length; i++) {
            row.d[i] = half(random, form.halfScales() || form.zeroPoints());
        }
        for (int i = 0; i < row.dmin.length; i++) {
            row.dmin[i] = form.zeroPoints()
                    ? row.d[i] * random.nextInt((1 << form.bits()) + 1)
                    : half(random, form.halfScales());
        }
        // the narrowest sub-scales in use have 4 bits, unsigned
        for (int i = 0; i < row.sc.length; i++) {
            row.sc[i] = (byte) random.nextInt(16);
        }
        for (int i = 0; i < row.m.length; i++) {
            row.m[i] = (byte) random.nextInt(16);
        }
    }

    private static float half(Random random, boolean half) {
        float value = (random.nextFloat() + 0.1f) * 0.01f * (random.nextInt(8) == 0 ? -1 : 1);
        return half ? Float.float16ToFloat(Float.floatToFloat16(value)) : value;
    }
}
