package org.djlquant.contract;

import static org.djlquant.contract.SchemeContractTest.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.MatMul;
import org.djlquant.quant.Bnb4;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every combination of settings that GPTQ, AWQ and bitsandbytes know, packed here from integers bit by bit:
 * decoding gives what the formula gives for the integers, and packing for the kernels loses nothing of it.
 */
class ModuleGridTest {
    private static final int OUT = 40;

    record Gptq(int bits, int group, boolean actOrder, boolean symmetric, boolean v2) {}

    static Stream<Gptq> gptq() {
        List<Gptq> all = new ArrayList<>();
        for (int bits : new int[] {2, 3, 4, 8}) {
            for (int group : new int[] {32, 64, 128, 1024, -1}) {
                for (int flags = 0; flags < 8; flags++) {
                    all.add(new Gptq(bits, group, (flags & 1) > 0, (flags & 2) > 0, (flags & 4) > 0));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("gptq")
    void gptqMeansWhatItsIntegersMean(Gptq c) {
        Random random = new Random(c.hashCode());
        int out = 32;
        int in = c.group == 1024 ? 2048 : 256;
        int group = c.group < 0 ? in : c.group;
        int groups = in / group;
        int top = 1 << c.bits;
        List<Integer> groupOf = new ArrayList<>(IntStream.range(0, in).mapToObj(k -> k / group).toList());
        if (c.actOrder) {
            Collections.shuffle(groupOf, random);
        }
        int[][] codes = new int[out][in];
        int[][] zeros = new int[groups][out];
        MemorySegment scales = bytes(2L * groups * out);
        Bits qweight = new Bits(in, out, c.bits);
        Bits qzeros = new Bits(out, groups, c.bits);
        for (int g = 0; g < groups; g++) {
            for (int r = 0; r < out; r++) {
                scales.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, g * out + r, half(random));
                zeros[g][r] = c.symmetric ? top / 2 : c.v2 ? random.nextInt(top) : 1 + random.nextInt(top - 1);
                qzeros.put(r, g, zeros[g][r] - (c.v2 ? 0 : 1));
            }
        }
        float[][] expected = new float[out][in];
        for (int r = 0; r < out; r++) {
            for (int k = 0; k < in; k++) {
                int g = groupOf.get(k);
                codes[r][k] = random.nextInt(top);
                qweight.put(k, r, codes[r][k]);
                float scale = Float.float16ToFloat(scales.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, g * out + r));
                expected[r][k] = scale * (codes[r][k] - zeros[g][r]);
            }
        }
        MemorySegment index = bytes(4L * in);
        for (int k = 0; k < in; k++) {
            index.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, k, groupOf.get(k));
        }
        FakeModule module = new FakeModule()
                .with("qweight", "I32", qweight.downColumns(), in * c.bits / 32, out)
                .with("qzeros", "I32", qzeros.alongRows(), groups, out * c.bits / 32)
                .with("scales", "F16", scales, groups, out)
                .with("g_idx", "I32", index, in)
                .set("quant_method", "gptq").set("bits", (long) c.bits).set("group_size", (long) c.group)
                .set("sym", c.symmetric).set("desc_act", c.actOrder)
                .set("checkpoint_format", c.v2 ? "gptq_v2" : "gptq");
        check(expected, Schemes.open(module));
    }

    @ParameterizedTest
    @CsvSource({
        "gemm, 32, true", "gemm, 64, true", "gemm, 128, true", "gemm, -1, true", "gemm, 128, false", "gemm, -1, false",
        "gemv, 32, true", "gemv, 64, true", "gemv, 128, true", "gemv, -1, true", "gemv, 64, false"
    })
    void awqMeansWhatItsIntegersMean(String version, int groupSize, boolean zeroPoint) {
        Random random = new Random(groupSize);
        int in = 256;
        int group = groupSize < 0 ? in : groupSize;
        int groups = in / group;
        boolean gemm = version.equals("gemm");
        int width = gemm || !zeroPoint ? groups : 8 * Math.ceilDiv(groups, 8); // scales of a gemv row
        int[] place = {0, 2, 4, 6, 1, 3, 5, 7};
        Bits qweight = gemm ? new Bits(OUT, in, 4) : new Bits(in, OUT, 4);
        Bits qzeros = gemm ? new Bits(OUT, groups, 4) : new Bits(8 * Math.ceilDiv(groups, 8), OUT, 4);
        MemorySegment scales = bytes(2L * OUT * width);
        float[][] expected = new float[OUT][in];
        for (int r = 0; r < OUT; r++) {
            int column = r / 8 * 8; // where the output's nibble is within its word
            for (int i = 0; i < 8; i++) {
                column += place[i] == r % 8 ? i : 0;
            }
            for (int g = 0; g < groups; g++) {
                short bits = half(random);
                int zero = zeroPoint ? random.nextInt(16) : 8;
                scales.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, gemm ? g * OUT + r : r * width + g, bits);
                qzeros.put(gemm ? column : g, gemm ? g : r, zero);
                for (int k = g * group; k < (g + 1) * group; k++) {
                    int code = random.nextInt(16);
                    qweight.put(gemm ? column : k, gemm ? k : r, code);
                    expected[r][k] = Float.float16ToFloat(bits) * (code - zero);
                }
            }
        }
        FakeModule module = new FakeModule().set("quant_method", "awq").set("bits", 4L).set("version", version)
                .set("group_size", (long) groupSize).set("zero_point", zeroPoint)
                .with("qweight", "I32", qweight.alongRows(), gemm ? in : OUT, (gemm ? OUT : in) / 8)
                .with("scales", "F16", scales, gemm ? groups : OUT, gemm ? OUT : width);
        if (zeroPoint) {
            module.with("qzeros", "I32", qzeros.alongRows(), gemm ? groups : OUT, gemm ? OUT / 8 : width / 8);
        }
        check(expected, Schemes.open(module));
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 128, 256, 512, 1024, 2048, 4096})
    void blocksOfEverySizeOfBitsandbytes(int block) {
        Random random = new Random(block);
        int in = 384; // larger blocks cross the ends of rows
        byte[] bytes = new byte[OUT * in / 2];
        random.nextBytes(bytes);
        float[] absmax = new float[Math.ceilDiv(OUT * in, block)];
        for (int i = 0; i < absmax.length; i++) {
            absmax[i] = random.nextFloat();
        }
        float[] table = Bnb4.table("NF4");
        float[][] expected = new float[OUT][in];
        for (int i = 0; i < OUT * in; i++) {
            int code = bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
            expected[i / in][i % in] = table[code] * absmax[i / block];
        }
        check(expected, Bnb4.of("NF4", MemorySegment.ofArray(bytes), absmax, block, OUT, in));
    }

    private static void check(float[][] expected, WeightMatrix matrix) {
        assertEquals(expected.length, matrix.rows());
        assertEquals(expected[0].length, matrix.cols());
        assertNotNull(matrix.form(), "an integer form");
        try (Arena arena = Arena.ofShared(); Workers workers = Workers.of(1)) {
            MatMul packed = KernelsProvider.get().kernels().pack(matrix, arena, workers);
            float[] row = new float[matrix.cols()];
            for (int r = 0; r < expected.length; r++) {
                matrix.decodeRow(r, row, 0);
                assertSameBits(expected[r], row);
                packed.decodeRow(r, row, 0);
                assertSameBits(expected[r], row);
            }
        }
    }

    private static short half(Random random) {
        return Float.floatToFloat16(0.001f + random.nextFloat() * 0.01f);
    }

    private static MemorySegment bytes(long n) {
        return MemorySegment.ofArray(new byte[(int) n]);
    }

    /** Streams of fields, each in 32-bit words from the lowest bit on. */
    private static final class Bits {
        private final int streams;
        private final int words;
        private final int width;
        private final int[] data;

        Bits(int fields, int streams, int width) {
            this.streams = streams;
            this.width = width;
            words = fields * width / 32;
            data = new int[words * streams];
        }

        void put(int field, int stream, int value) {
            for (int b = 0; b < width; b++) {
                int at = field * width + b;
                data[stream * words + at / 32] |= (value >> b & 1) << at % 32;
            }
        }

        MemorySegment alongRows() {
            return MemorySegment.ofArray(data);
        }

        MemorySegment downColumns() {
            int[] turned = new int[data.length];
            for (int i = 0; i < data.length; i++) {
                turned[i % words * streams + i / words] = data[i];
            }
            return MemorySegment.ofArray(turned);
        }
    }
}
