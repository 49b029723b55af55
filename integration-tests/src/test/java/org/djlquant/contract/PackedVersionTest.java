package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.djlquant.kernel.ActivationType;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.MatMul;
import org.djlquant.kernel.vector.VectorKernels;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.quantize.Quantizer;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Keeps {@link MatMul#PACKED_VERSION} true. If {@link #packedBytesBelongToTheirVersion} fails, packed bytes are not
 * what they were: raise the version there and here, and take over the checksums of the message. Those of narrower
 * vectors come from {@code -Dtest.jvm.flags=-XX:UseAVX=2} and {@code -XX:MaxVectorSize=16}. A new scheme adds to the
 * checksums without need of a new version.
 */
@Tag("vector")
class PackedVersionTest {
    private static final int VERSION = 3;

    /** Checksum of everything below, for each width of vectors. */
    private static final Map<String, Integer> CHECKSUMS = Map.of(
            "vector-512", -1182271895, "vector-512, 8-bit activations", 2075859203,
            "vector-256", -343703511, "vector-256, 8-bit activations", -1421179155,
            "vector-128", 652022379, "vector-128, 8-bit activations", 125560975);

    private final Kernels kernels = new VectorKernels();

    @ParameterizedTest
    @EnumSource(ActivationType.class)
    void packedBytesBelongToTheirVersion(ActivationType activations) {
        Kernels kernels = this.kernels.withActivations(activations);
        CRC32C sum = new CRC32C();
        try (Arena arena = Arena.ofShared();
                Workers workers = Workers.of(1)) {
            for (BlockScheme scheme : Schemes.blocks().values()) {
                add(kernels, sum, RandomMatrix.of(scheme, 19, scheme.blockLength() * Math.max(2, 320 / scheme.blockLength()), 7, arena), arena, workers);
            }
            KernelsContract.forms().filter(form -> form.group() != 24).forEach(form -> {
                int cols = form.group() == 512 ? 1536 : 704;
                int[] order = new Random(5).ints(0, cols).distinct().limit(cols).toArray();
                add(kernels, sum, new GroupedMatrix(form, 35, cols, null, 11), arena, workers);
                add(kernels, sum, new GroupedMatrix(form, 35, cols, order, 12), arena, workers);
            });
            WeightMatrix floats = RandomMatrix.of(Schemes.block("F32"), 19, 512, 3, arena);
            for (String scheme : Quantizer.schemes()) {
                add(kernels, sum, Quantizer.quantize(floats, scheme), arena, workers);
            }
        }
        assertEquals(
                "version " + VERSION + ", " + CHECKSUMS.get(kernels.name()),
                "version " + MatMul.PACKED_VERSION + ", " + (int) sum.getValue(),
                "packed bytes of " + kernels.name());
    }

    private static void add(Kernels kernels, CRC32C sum, WeightMatrix matrix, Arena arena, Workers workers) {
        kernels.pack(matrix, arena, workers).packed().ifPresent(bytes -> sum.update(bytes.asByteBuffer()));
    }

    @Test
    void packedBytesOfAnotherSizeAreRefused() {
        try (Arena arena = Arena.ofShared();
                Workers workers = Workers.of(1)) {
            WeightMatrix matrix = new GroupedMatrix(new GroupForm(4, 32, 32, 8, false, false, true, null), 35, 96, null, 1);
            MemorySegment packed = kernels.pack(matrix, arena, workers).packed().orElseThrow();
            kernels.open(matrix, packed);
            MemorySegment shorter = packed.asSlice(0, packed.byteSize() - 1);
            assertThrows(IllegalArgumentException.class, () -> kernels.open(matrix, shorter));
            WeightMatrix floats = RandomMatrix.of(Schemes.block("F32"), 3, 32, 3, arena);
            assertThrows(IllegalArgumentException.class, () -> kernels.open(floats, packed));
        }
    }
}
