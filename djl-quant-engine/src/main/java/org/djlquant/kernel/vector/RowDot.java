package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.HALF_BITS;
import static org.djlquant.kernel.vector.Lanes.HALF_FACTOR;
import static org.djlquant.kernel.vector.Lanes.I;
import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Dot products of a row of floating-point numbers with one token, {@code n} columns, a multiple of 2L. Numbers of
 * 16 bits lie two in an int lane: activations come in the order of {@link RowMatMul}, of every 2L columns the even ones
 * first.
 */
final class RowDot {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private RowDot() {}

    static float f32(MemorySegment m, long p, int n, float[] x) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        for (int k = 0; k < n; k += 2 * L, p += 2 * Lanes.SLOT) {
            a = FloatVector.fromMemorySegment(F, m, p, LE).fma(FloatVector.fromArray(F, x, k), a);
            b = FloatVector.fromMemorySegment(F, m, p + Lanes.SLOT, LE).fma(FloatVector.fromArray(F, x, k + L), b);
        }
        return a.add(b).reduceLanes(ADD);
    }

    /** Float16 bits at their place in a float32 are 2^112 too small. */
    static float f16(MemorySegment m, long p, int n, float[] x) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        for (int k = 0; k < n; k += 2 * L, p += Lanes.SLOT) {
            IntVector w = IntVector.fromMemorySegment(I, m, p, LE);
            a = w.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR)
                    .fma(FloatVector.fromArray(F, x, k), a);
            b = w.lanewise(ASHR, 3).and(HALF_BITS).reinterpretAsFloats().mul(HALF_FACTOR)
                    .fma(FloatVector.fromArray(F, x, k + L), b);
        }
        return a.add(b).reduceLanes(ADD);
    }

    static float bf16(MemorySegment m, long p, int n, float[] x) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        for (int k = 0; k < n; k += 2 * L, p += Lanes.SLOT) {
            IntVector w = IntVector.fromMemorySegment(I, m, p, LE);
            a = w.lanewise(LSHL, 16).reinterpretAsFloats().fma(FloatVector.fromArray(F, x, k), a);
            b = w.and(0xffff0000).reinterpretAsFloats().fma(FloatVector.fromArray(F, x, k + L), b);
        }
        return a.add(b).reduceLanes(ADD);
    }
}
