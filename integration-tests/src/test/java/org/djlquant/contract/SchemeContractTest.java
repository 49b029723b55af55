package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.Schemes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every block scheme of the registry must keep. A new scheme only adds its golden file. */
class SchemeContractTest {

    static Stream<BlockScheme> schemes() {
        return Schemes.blocks().values().stream();
    }

    static Stream<BlockScheme> groupedSchemes() {
        return schemes().filter(s -> s.form() != null);
    }

    /** Without those that only ggml's quantizers make: lattice, 4-bit float, activation and legacy blocks. */
    static Stream<BlockScheme> writableSchemes() {
        return groupedSchemes().filter(s -> !s.name().matches("IQ[123].*|Q[12]_0|TQ1_0|..FP4|Q8_1|Q8_K|.*_GGJT."));
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void isRegisteredUnderItsName(BlockScheme scheme) {
        assertEquals(scheme, Schemes.block(scheme.name()));
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void hasAPage(BlockScheme scheme) {
        Path page = Path.of("..", "docs", "formats", scheme.name().replaceFirst(".*_GGJT.", "GGJT") + ".md");
        assertTrue(Files.isRegularFile(page), page + " is missing");
    }

    @Test
    void findsTheLayoutThatALegacyFileMeant() {
        assertEquals("Q4_0_GGJT1", Schemes.legacy("Q4_0", 0).name());
        assertEquals("Q5_1_GGJT1", Schemes.legacy("Q5_1", 1).name());
        assertEquals("Q8_0_GGJT2", Schemes.legacy("Q8_0", 1).name());
        assertEquals("Q4_1_GGJT2", Schemes.legacy("Q4_1", 2).name());
        assertEquals("Q5_0", Schemes.legacy("Q5_0", 2).name());
        assertEquals("Q4_0", Schemes.legacy("Q4_0", 3).name());
        assertEquals("F16", Schemes.legacy("F16", 0).name());
        assertNull(Schemes.legacy("Q4_3", 1));
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void decodesAsTheReferenceLibraryBitForBit(BlockScheme scheme) {
        GoldenBlocks golden = GoldenBlocks.of(scheme);
        float[] values = new float[golden.decoded().length];
        byte[] packed = golden.packed().toArray(ValueLayout.JAVA_BYTE);
        for (int b = 0; b < golden.count(); b++) {
            scheme.decode(packed, b * scheme.blockBytes(), values, b * scheme.blockLength());
        }
        assertSameBits(golden.decoded(), values);
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void decodesManyBlocksAsOneByOne(BlockScheme scheme) {
        GoldenBlocks golden = GoldenBlocks.of(scheme);
        float[] values = new float[golden.decoded().length + 3];
        scheme.decode(golden.packed().toArray(ValueLayout.JAVA_BYTE), 0, golden.count(), values, 3);
        assertSameBits(golden.decoded(), Arrays.copyOfRange(values, 3, values.length));
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void decodesRowsOfAMatrixFromNativeMemoryAtOddAddresses(BlockScheme scheme) {
        GoldenBlocks golden = GoldenBlocks.of(scheme);
        int perRow = golden.count() / 4;
        int cols = perRow * scheme.blockLength();
        long size = 4L * perRow * scheme.blockBytes();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(size + 1).asSlice(1);
            data.copyFrom(golden.packed().asSlice(0, size));
            BlockMatrix matrix = new BlockMatrix(scheme, data, 4, cols);
            assertEquals(size, matrix.byteSize());
            float[] row = new float[cols + 5];
            for (int r = 0; r < 4; r++) {
                matrix.decodeRow(r, row, 5);
                assertSameBits(
                        Arrays.copyOfRange(golden.decoded(), r * cols, (r + 1) * cols),
                        Arrays.copyOfRange(row, 5, row.length));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void refusesDataOfAnotherSize(BlockScheme scheme) {
        int cols = 3 * scheme.blockLength();
        MemorySegment oneShort = MemorySegment.ofArray(new byte[Math.toIntExact(2 * scheme.rowBytes(cols)) - 1]);
        assertThrows(IllegalArgumentException.class, () -> new BlockMatrix(scheme, oneShort, 2, cols));
        if (scheme.blockLength() > 1) {
            assertThrows(IllegalArgumentException.class, () -> new BlockMatrix(scheme, oneShort, 2, cols + 1));
        }
    }

    @ParameterizedTest
    @MethodSource("groupedSchemes")
    void unpacksToTheValuesItDecodesToBitForBit(BlockScheme scheme) {
        GoldenBlocks golden = GoldenBlocks.of(scheme);
        int cols = golden.decoded().length;
        GroupForm form = scheme.form();
        GroupedRow row = new GroupedRow(form, cols);
        new BlockMatrix(scheme, golden.packed(), 1, cols).unpackRow(0, row);
        float[] values = new float[cols];
        for (int k = 0; k < cols; k++) {
            assertTrue((row.codes[k] & 0xff) < 1 << form.bits(), "code " + k + " needs more than the stated bits");
            values[k] = row.value(form, k);
        }
        assertSameBits(golden.decoded(), values);
    }

    @ParameterizedTest
    @MethodSource("writableSchemes")
    void packsWhatItUnpackedByteForByte(BlockScheme scheme) {
        GoldenBlocks golden = GoldenBlocks.of(scheme);
        int cols = golden.decoded().length;
        GroupedRow row = new GroupedRow(scheme.form(), cols);
        new BlockMatrix(scheme, golden.packed(), 1, cols).unpackRow(0, row);
        byte[] packed = new byte[(int) golden.packed().byteSize()];
        for (int b = 0; b < golden.count(); b++) {
            scheme.pack(row, b, packed, b * scheme.blockBytes());
        }
        assertEquals(-1, golden.packed().mismatch(MemorySegment.ofArray(packed)), "first byte that differs");
    }

    @ParameterizedTest
    @MethodSource("groupedSchemes")
    void saysWhetherItsScalesAreHalves(BlockScheme scheme) {
        GoldenBlocks golden = GoldenBlocks.of(scheme);
        int cols = golden.decoded().length;
        GroupedRow row = new GroupedRow(scheme.form(), cols);
        new BlockMatrix(scheme, golden.packed(), 1, cols).unpackRow(0, row);
        boolean exact = allHalves(row.d) && allHalves(row.dmin);
        assertTrue(exact || !scheme.form().halfScales());
    }

    @ParameterizedTest
    @MethodSource("schemes")
    void dotIsTheDoubleSumOfTheDecodedRow(BlockScheme scheme) {
        GoldenBlocks golden = GoldenBlocks.of(scheme);
        // the second half holds no extreme scales
        int first = golden.count() / 2;
        int cols = (golden.count() - first) * scheme.blockLength();
        MemorySegment data = golden.packed().asSlice((long) first * scheme.blockBytes());
        float[] x = new float[cols + 2];
        Random random = new Random(7);
        double expected = 0;
        for (int k = 0; k < cols; k++) {
            x[k + 2] = (float) random.nextGaussian();
            expected += (double) golden.decoded()[first * scheme.blockLength() + k] * x[k + 2];
        }
        double dot = new BlockMatrix(scheme, data, 1, cols).dot(0, x, 2);
        assertEquals(expected, dot, 1e-12 * Math.abs(expected));
    }

    private static boolean allHalves(float[] values) {
        for (float v : values) {
            if (Float.compare(v, Float.float16ToFloat(Float.floatToFloat16(v))) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Equal bits, where one NaN is as good as another: hardware does not agree on their payloads. */
    static void assertSameBits(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int k = 0; k < expected.length; k++) {
            if (Float.floatToIntBits(expected[k]) != Float.floatToIntBits(actual[k])) {
                throw new AssertionError("value " + k + ": expected " + expected[k] + " (0x"
                        + Integer.toHexString(Float.floatToIntBits(expected[k])) + "), found " + actual[k] + " (0x"
                        + Integer.toHexString(Float.floatToIntBits(actual[k])) + ")");
            }
        }
    }
}
