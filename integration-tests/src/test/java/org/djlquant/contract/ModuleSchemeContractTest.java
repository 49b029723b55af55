package org.djlquant.contract;

import static org.djlquant.contract.SchemeContractTest.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.TensorInfo;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.Bnb4;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.StoredModule;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.quantize.Quantizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Schemes of several tensors, against the matrices that {@code reference/modules.py} packed and those
 * that {@code reference/bitsandbytes_modules.py} had the library decode.
 */
class ModuleSchemeContractTest {

    /** form: what the integer form must be; the inputs of "desc" cases are in another order. */
    @ParameterizedTest
    @CsvSource({
        "gptq-b2-g32-asym, GPTQ, min",
        "gptq-b3-g32-asym, GPTQ, min",
        "gptq-b3-g32-desc-asym-v2, GPTQ, min",
        "gptq-b4-g32-sym, GPTQ, zero",
        "gptq-b4-g32-desc-asym-bf16, GPTQ, min",
        "gptq-b4-g64-noindex-asym, GPTQ, min",
        "gptq-b4-g32-asym-f32, GPTQ, none",
        "gptq-b4-gm1-sym-v2, GPTQ, zero",
        "gptq-b8-gm1-asym, GPTQ, min",
        "awq-gemm-g32, AWQ, min",
        "awq-gemv-g32, AWQ, min",
        "nf4, NF4, table",
        "nf4-dq-across-rows, NF4, table",
        "nf4-odd, NF4, none",
        "fp4-dq, FP4, table",
        "int8, INT8, zero",
        "bnb-nf4, NF4, table",
        "bnb-nf4-dq, NF4, table",
        "bnb-fp4, FP4, table",
        "bnb-fp4-dq, FP4, table"
    })
    void decodesAndUnpacksBitForBit(String folder, String scheme, String form) throws URISyntaxException {
        try (Checkpoint checkpoint = open(folder)) {
            WeightMatrix expected = floats(checkpoint, "expected");
            WeightMatrix matrix = checkpoint.matrix("linear");
            assertEquals(scheme, matrix.scheme());
            assertEquals(expected.rows(), matrix.rows());
            assertEquals(expected.cols(), matrix.cols());
            assertEquals(form, describe(matrix.form()));
            int cols = matrix.cols();
            assertTrue(matrix.byteSize() > 0 && matrix.byteSize() < 4L * matrix.rows() * cols);
            assertEquals(folder.contains("desc"), matrix.columnOrder() != null);
            float[] want = new float[cols + 3];
            float[] have = new float[cols + 3];
            float[] x = new float[cols];
            for (int k = 0; k < cols; k++) {
                x[k] = (float) Math.sin(k);
            }
            for (int r = 0; r < matrix.rows(); r++) {
                expected.decodeRow(r, want, 3);
                matrix.decodeRow(r, have, 3);
                assertSameBits(want, have);
                assertEquals(expected.dot(r, x, 0), matrix.dot(r, x, 0));
                assertUnpacksTo(Arrays.copyOfRange(want, 3, want.length), matrix, r);
            }
        }
    }

    /** LLM.int8() is decoded in another order of operations than bitsandbytes has: the last bit may differ. */
    @Test
    void decodesInt8AsBitsandbytesDoesToTheLastBit() throws URISyntaxException {
        try (Checkpoint checkpoint = open("bnb-int8")) {
            assertSameValues(floats(checkpoint, "expected"), checkpoint.matrix("linear"), 1.2e-7f);
        }
    }

    @ParameterizedTest
    @CsvSource({"bnb-nf4, NF4, 0", "bnb-fp4, FP4, 0", "bnb-int8, INT8, 1.2e-7"})
    void quantizesAsBitsandbytesDoes(String folder, String scheme, float relative) throws URISyntaxException {
        try (Checkpoint checkpoint = open(folder)) {
            WeightMatrix quantized = Quantizer.quantize(floats(checkpoint, "source"), scheme);
            assertEquals(scheme, quantized.scheme());
            assertSameValues(floats(checkpoint, "expected"), quantized, relative);
        }
    }

    @ParameterizedTest
    @CsvSource({"bnb-nf4-dq, NF4", "bnb-fp4-dq, FP4"})
    void quantizesTheMaximaAsBitsandbytesDoes(String folder, String scheme) throws URISyntaxException {
        try (Checkpoint checkpoint = open(folder)) {
            Bnb4 once = (Bnb4) Quantizer.quantize(floats(checkpoint, "source"), scheme);
            Bnb4 twice = Quantizer.nestMaxima(once);
            Bnb4 stored = (Bnb4) checkpoint.matrix("linear");
            assertArrayEquals(stored.absmax(), twice.absmax());
            assertEquals(-1, stored.codes().mismatch(twice.codes()));
            assertSameValues(floats(checkpoint, "expected"), twice, 0);
        }
    }

    /** More than 256 blocks have more than one scale, and equal maxima none. */
    @Test
    void quantizesManyMaximaAndEqualOnes() {
        float[] values = new float[300 * 64];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i / 64 + 1) * (i % 2 == 0 ? 1 : -0.5f);
        }
        float[] absmax = Quantizer.nestMaxima((Bnb4) Quantizer.quantize(BlockMatrix.ofFloats(values, 300, 64), "NF4")).absmax();
        for (int b = 0; b < absmax.length; b++) {
            // the widest gap of the map is 0.0141 of the largest distance to the mean, 149.5
            assertEquals(b + 1, absmax[b], 149.5f * 0.0141f);
        }
        Arrays.fill(values, 0.25f);
        absmax = Quantizer.nestMaxima((Bnb4) Quantizer.quantize(BlockMatrix.ofFloats(values, 300, 64), "FP4")).absmax();
        for (float each : absmax) {
            assertEquals(0.25f, each);
        }
    }

    @Test
    void quantizesBlocksThatCrossTheEndsOfRows() {
        float[] values = new float[5 * 37];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i) * (1 + i / 64);
        }
        WeightMatrix quantized = Quantizer.quantize(BlockMatrix.ofFloats(values, 5, 37), "NF4");
        float[] row = new float[37];
        for (int r = 0; r < 5; r++) {
            quantized.decodeRow(r, row, 0);
            for (int k = 0; k < 37; k++) {
                int i = r * 37 + k;
                // half of the widest gap of the codebook, times the largest magnitude of the block
                assertEquals(values[i], row[k], 0.152f * (1 + i / 64));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"gptq-b4-g32-sym, quantize_config.json", "awq-gemm-g32, quant_config.json"})
    void findsTheSettingsBesideTheConfig(String golden, String file, @TempDir Path folder) throws Exception {
        Path source = folder(golden);
        Files.copy(source.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        String config = Files.readString(source.resolve("config.json"));
        Files.writeString(folder.resolve("config.json"), "{}");
        String settings = config.substring(config.indexOf('{', 1), config.lastIndexOf('}'));
        Files.writeString(folder.resolve(file), settings);
        try (Checkpoint checkpoint = Checkpoints.open(folder)) {
            assertSameValues(floats(checkpoint, "expected"), checkpoint.matrix("linear"), 0);
        }
        Files.writeString(folder.resolve(file), settings.replace("32", "48"));
        try (Checkpoint checkpoint = Checkpoints.open(folder)) {
            String message = assertThrows(ModelFormatException.class, () -> checkpoint.matrix("linear"))
                    .getMessage();
            assertTrue(message.contains("module linear") && message.contains("linear."), message);
        }
    }

    private Checkpoint open(String golden) throws URISyntaxException {
        return Checkpoints.open(folder(golden));
    }

    private Path folder(String golden) throws URISyntaxException {
        return Path.of(getClass().getResource("/golden/modules/" + golden).toURI());
    }

    private static void assertSameValues(WeightMatrix expected, WeightMatrix matrix, float relative) {
        float[] want = new float[expected.cols()];
        float[] have = new float[expected.cols()];
        for (int r = 0; r < expected.rows(); r++) {
            expected.decodeRow(r, want, 0);
            matrix.decodeRow(r, have, 0);
            for (int k = 0; k < want.length; k++) {
                assertTrue(
                        Math.abs(want[k] - have[k]) <= relative * Math.abs(want[k]),
                        "row " + r + ", column " + k + ": expected " + want[k] + ", found " + have[k]);
            }
        }
    }

    /** A float32 tensor of the checkpoint as a matrix. */
    private static WeightMatrix floats(Checkpoint checkpoint, String name) {
        TensorInfo info = checkpoint.tensors().get(name);
        float[] all = new float[Math.toIntExact(info.elements())];
        try (FileChannel file = FileChannel.open(info.file())) {
            ByteBuffer bytes = ByteBuffer.allocate(4 * all.length).order(ByteOrder.LITTLE_ENDIAN);
            file.read(bytes, info.offset());
            bytes.flip().asFloatBuffer().get(all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return BlockMatrix.ofFloats(all, (int) info.shape()[0], (int) info.shape()[1]);
    }

    private static String describe(GroupForm form) {
        return form == null ? "none" : form.table() != null ? "table" : form.hasMin() ? "min" : "zero";
    }

    private static void assertUnpacksTo(float[] want, WeightMatrix matrix, int r) {
        GroupForm form = matrix.form();
        if (form == null) {
            return;
        }
        GroupedRow row = new GroupedRow(form, matrix.cols());
        matrix.unpackRow(r, row);
        int[] order = matrix.columnOrder();
        float[] have = new float[want.length];
        for (int k = 0; k < want.length; k++) {
            assertTrue((row.codes[k] & 0xff) < 1 << form.bits());
            have[order == null ? k : order[k]] = row.value(form, k);
        }
        assertSameBits(want, have);
    }

    @Test
    void namesTheTensorThatIsMissing() {
        assertFails("q.scales is missing", gptq().without("scales"));
        assertFails("q.qzeros is missing", gptq().without("qzeros"));
    }

    @Test
    void namesTheTensorThatDoesNotFit() {
        assertFails("q.scales: expected the shape [2, 32]", gptq().with("scales", "F16", 2, 16));
        assertFails("q.qzeros: expected zero points of 2, 3, 4 or 8 bits", gptq().with("qzeros", "I32", 2, 5));
        assertFails("q.qzeros: expected zero points of 4 bits", gptq().with("qzeros", "I32", 2, 8));
        assertFails("q.qweight: expected type I32", gptq().with("qweight", "I64", 8, 32));
        assertFails("q.qweight: expected a matrix", gptq().with("qweight", "I32", 8));
        assertFails("q.g_idx: expected the shape [64]", gptq().with("g_idx", "I32", 63));
        assertFails("q.scales: expected scales for groups of 128", gptq().set("group_size", 128L));
    }

    @Test
    void refusesGroupsThatDoNotExist() {
        FakeModule module = gptq().with("g_idx", "I32", 64);
        module.tensor("g_idx").data().set(ValueLayout.JAVA_INT_UNALIGNED, 4L * 7, 2);
        assertFails("q.g_idx: input 7 is in group 2, but there are 2", module);
    }

    @Test
    void takesGroupsThatAreNotRunsWithoutIntegerForm() {
        FakeModule module = gptq().with("g_idx", "I32", 64); // all inputs in group 0 of 2
        assertNull(Schemes.open(module).form());
    }

    @Test
    void readsSettingsOfOldFiles() {
        FakeModule module = new FakeModule().with("qweight", "I32", 64, 4).with("qzeros", "I32", 2, 4)
                .with("scales", "F16", 2, 32).set("w_bit", 4L).set("q_group_size", 32L).set("version", "GEMM");
        assertEquals("AWQ", Schemes.open(module).scheme());
        assertEquals("GPTQ", Schemes.open(gptq()).scheme());
    }

    @Test
    void saysWhichVariantsAreSupported() {
        assertUnsupported("gptq, gptq_v2", gptq().set("checkpoint_format", "marlin"));
        assertUnsupported("gemm and gemv", gptq().set("quant_method", "awq").set("version", "gemv_fast"));
        assertUnsupported("GPU tile order", new FakeModule().with("weight", "I8", 4, 4).with("SCB", "F32", 4)
                .with("weight_format", "U8", 1).fill("weight_format", 1));
        assertNull(Schemes.open(gptq().set("quant_method", "magic")));
        assertNull(Schemes.open(new FakeModule().with("weight", "F16", 4, 4)));
    }

    @Test
    void namesZeroPointsThatBelongToTheOtherFormat() {
        FakeModule module = gptq().set("sym", true);
        // 8 is 8 in gptq_v2, and 9 less one in gptq
        assertFails("stored as gptq_v2 has them", module.fill("qzeros", 0x88));
        assertFails("none is given", module);
        assertNotNull(Schemes.open(module.set("checkpoint_format", "gptq_v2")));
        assertFails("stored as gptq has them", module.fill("qzeros", 0x77));
        assertNotNull(Schemes.open(module.set("checkpoint_format", "gptq")));
        assertNotNull(Schemes.open(module.fill("qzeros", 0x88).set("sym", false))); // any zero point may be meant
    }

    @Test
    void takesSymmetricAwqWithoutZeroPoints() {
        FakeModule module = new FakeModule().with("qweight", "I32", 64, 4).with("scales", "F16", 2, 32)
                .fill("scales", 0x3c).set("quant_method", "awq").set("group_size", 32L);
        assertFails("q.qzeros is missing", module);
        WeightMatrix matrix = Schemes.open(module.set("zero_point", false));
        float[] row = new float[64];
        matrix.decodeRow(1, row, 0);
        assertEquals(-8 * Float.float16ToFloat((short) 0x3c3c), row[63]);
        assertEquals(8, matrix.form().zero());
    }

    @Test
    void reportsOddScales() {
        assertEquals("64 of 64 scales are zero", Schemes.open(gptq()).remark().orElseThrow());
        assertTrue(Schemes.open(gptq().fill("scales", 0x3c)).remark().isEmpty());
        FakeModule module = gptq().fill("scales", 0x3c);
        module.tensor("scales").data().set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * 9, (short) 0x7c00);
        module.tensor("scales").data().set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * 10, (short) 0);
        assertEquals(
                "1 of 64 scales are not finite, 1 of 64 scales are zero", Schemes.open(module).remark().orElseThrow());
        assertTrue(Schemes.open(nf4()).remark().isEmpty(), "blocks of zeros are usual there");
        assertEquals("4 of 4 scales are not finite",
                Schemes.open(nf4().fill("weight.absmax", 0xff)).remark().orElseThrow());
    }

    @Test
    void checksTheStateOfFourBitWeights() {
        assertNotNull(Schemes.open(nf4()));
        assertFails("key shape is missing", nf4().unset("shape"));
        assertFails("key blocksize is missing", nf4().unset("blocksize"));
        assertFails("do not describe a matrix", nf4().set("blocksize", 0L));
        assertFails("do not describe a matrix", nf4().set("shape", new long[] {256}));
        assertFails("q.weight: expected 256 bytes", nf4().set("shape", new long[] {8, 64}));
        assertFails("q.weight.absmax: expected 4 blocks", nf4().with("weight.absmax", "F32", 3));
        assertFails("key nested_offset is missing", nf4().with("weight.absmax", "U8", 4)
                .with("weight.nested_quant_map", "F32", 256).with("weight.nested_absmax", "F32", 1));
    }

    private static void assertFails(String message, StoredModule module) {
        String found = assertThrows(IllegalArgumentException.class, () -> Schemes.open(module)).getMessage();
        assertTrue(found.contains(message), found);
    }

    private static void assertUnsupported(String message, StoredModule module) {
        String found =
                assertThrows(UnsupportedOperationException.class, () -> Schemes.open(module)).getMessage();
        assertTrue(found.contains(message), found);
    }

    /** 64 inputs in two groups, 32 outputs, 4 bits. */
    private static FakeModule gptq() {
        return new FakeModule().with("qweight", "I32", 8, 32).with("qzeros", "I32", 2, 4)
                .with("scales", "F16", 2, 32).set("bits", 4L).set("group_size", 32L);
    }

    /** 8 outputs, 32 inputs, in blocks of 64. */
    private static FakeModule nf4() {
        return new FakeModule().with("weight", "U8", 128, 1).with("weight.absmax", "F32", 4)
                .with("weight.quant_map", "F32", 16).with("weight.quant_state.bitsandbytes__nf4", "U8", 1)
                .set("shape", new long[] {8, 32}).set("blocksize", 64L);
    }
}
