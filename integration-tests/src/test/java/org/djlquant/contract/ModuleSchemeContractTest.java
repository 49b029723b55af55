package org.djlquant.contract;

import static org.djlquant.contract.SchemeContractTest.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.TensorInfo;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.Settings;
import org.djlquant.quant.StoredModule;
import org.djlquant.quant.WeightMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Schemes of several tensors, against the matrices that {@code reference/modules.py} packed. */
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
        "int8, INT8, zero"
    })
    void decodesAndUnpacksBitForBit(String folder, String scheme, String form) throws URISyntaxException {
        Path path = Path.of(getClass().getResource("/golden/modules/" + folder).toURI());
        try (Checkpoint checkpoint = Checkpoints.open(path)) {
            long[] shape = checkpoint.tensors().get("expected").shape();
            WeightMatrix expected = expected(checkpoint, shape);
            WeightMatrix matrix = checkpoint.matrix("linear");
            assertEquals(scheme, matrix.scheme());
            assertEquals(shape[0], matrix.rows());
            assertEquals(shape[1], matrix.cols());
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

    /** The tensor as a module of its own: the contents of "expected" without the suffix ".weight". */
    private static WeightMatrix expected(Checkpoint checkpoint, long[] shape) {
        float[] all = new float[Math.toIntExact(shape[0] * shape[1])];
        TensorInfo info = checkpoint.tensors().get("expected");
        try (FileChannel file = FileChannel.open(info.file())) {
            ByteBuffer bytes = ByteBuffer.allocate(4 * all.length).order(ByteOrder.LITTLE_ENDIAN);
            file.read(bytes, info.offset());
            bytes.flip().asFloatBuffer().get(all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return BlockMatrix.ofFloats(all, (int) shape[0], (int) shape[1]);
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

    /** A module of zeros; its settings serve as configuration and as JSON of every tensor. */
    private static final class FakeModule implements StoredModule {
        private final Map<String, Tensor> tensors = new HashMap<>();
        private final Map<String, Object> settings = new HashMap<>();

        FakeModule with(String part, String type, long... shape) {
            long bytes = Arrays.stream(shape).reduce(switch (type) {
                case "U8", "I8" -> 1;
                case "F16" -> 2;
                case "I64" -> 8;
                default -> 4;
            }, (a, b) -> a * b);
            tensors.put(part, new Tensor("q." + part, type, shape, MemorySegment.ofArray(new byte[(int) bytes])));
            return this;
        }

        FakeModule without(String part) {
            tensors.remove(part);
            return this;
        }

        FakeModule fill(String part, int value) {
            tensors.get(part).data().fill((byte) value);
            return this;
        }

        FakeModule set(String key, Object value) {
            settings.put(key, value);
            return this;
        }

        FakeModule unset(String key) {
            settings.remove(key);
            return this;
        }

        @Override
        public String name() {
            return "q";
        }

        @Override
        public Tensor tensor(String part) {
            return tensors.get(part);
        }

        @Override
        public Settings json(Tensor tensor) {
            return config();
        }

        @Override
        public Settings config() {
            return new Settings() {
                @Override
                public boolean has(String key) {
                    return settings.containsKey(key);
                }

                @Override
                public Optional<String> string(String key) {
                    return Optional.ofNullable((String) settings.get(key));
                }

                @Override
                public Optional<Long> integer(String key) {
                    return Optional.ofNullable((Long) settings.get(key));
                }

                @Override
                public Optional<Double> number(String key) {
                    return Optional.ofNullable((Double) settings.get(key));
                }

                @Override
                public Optional<Boolean> bool(String key) {
                    return Optional.ofNullable((Boolean) settings.get(key));
                }

                @Override
                public Optional<long[]> integers(String key) {
                    return Optional.ofNullable((long[]) settings.get(key));
                }
            };
        }
    }
}
