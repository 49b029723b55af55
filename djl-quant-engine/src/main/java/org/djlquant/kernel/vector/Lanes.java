package org.djlquant.kernel.vector;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** The vector shape all kernels use: the widest this processor prefers. */
final class Lanes {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;

    /** Lanes of a vector and rows of a tile. */
    static final int L = F.length();

    /** Bytes of a slot of one tile, and of the four tiles of a quad. */
    static final long SLOT = 4L * L;

    static final long QUAD_SLOT = 4 * SLOT;

    /** Bits of 1.0f: the exponent under which a code in the mantissa is 1 + code/2^bits. */
    static final int ONE = 0x3f800000;

    /** Mask for a float16 in the upper half of an int, shifted right by 3: its bits of a float32 … */
    static final int HALF_BITS = 0x8fffe000;

    /** … whose exponent is then 112 too small; exact for zeros and subnormals as well. */
    static final float HALF_FACTOR = 0x1p112f;

    private Lanes() {}

    /**
     * The same memory for vector loads. Files in memory are of a class of their own; once loads have met that and the
     * class of other memory, C2 compiles every one of them with a question which it is: kernels become a quarter slower.
     */
    static MemorySegment plain(MemorySegment m) {
        boolean fits = m.byteSize() <= Integer.MAX_VALUE && m.byteSize() % Short.BYTES == 0;
        return m.isMapped() && fits ? MemorySegment.ofBuffer(m.asByteBuffer().asShortBuffer()) : m;
    }
}
