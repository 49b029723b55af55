package org.djlquant.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.WeightMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizerTest {
    private static final int COLS = 256;
    private final float[] values = floats(resource("values"));
    private final WeightMatrix matrix = BlockMatrix.ofFloats(values, values.length / COLS, COLS);

    @ParameterizedTest
    @ValueSource(strings = {
        "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"
    })
    void writesTheBytesOfTheReferenceLibrary(String scheme) {
        BlockMatrix quantized = (BlockMatrix) Quantizer.quantize(matrix, scheme);
        assertEquals(scheme, quantized.scheme());
        MemorySegment expected = MemorySegment.ofArray(resource(scheme));
        assertEquals(expected.byteSize(), quantized.byteSize());
        int block = quantized.blocks().blockBytes();
        StringBuilder wrong = new StringBuilder();
        for (long at = 0; at < expected.byteSize(); at += block) {
            if (expected.asSlice(at, block).mismatch(quantized.data().asSlice(at, block)) >= 0) {
                wrong.append(' ').append(at / block);
            }
        }
        assertEquals("", wrong.toString(), "blocks that differ, of " + expected.byteSize() / block);
    }

    @Test
    void keepsFloat32() {
        BlockMatrix quantized = (BlockMatrix) Quantizer.quantize(matrix, "F32");
        assertArrayEquals(values, floats(quantized.data().toArray(ValueLayout.JAVA_BYTE)));
    }

    @Test
    void roundsInt8RowsToTheNearestOf255Steps() {
        WeightMatrix quantized = Quantizer.quantize(matrix, "INT8");
        assertEquals("INT8", quantized.scheme());
        assertEquals(values.length + 4L * matrix.rows(), quantized.byteSize());
        float[] row = new float[COLS];
        GroupedRow parts = new GroupedRow(quantized.form(), COLS);
        for (int r = 0; r < matrix.rows(); r++) {
            float largest = 0;
            for (int k = 0; k < COLS; k++) {
                largest = Math.max(largest, Math.abs(values[r * COLS + k]));
            }
            quantized.decodeRow(r, row, 0);
            quantized.unpackRow(r, parts);
            for (int k = 0; k < COLS; k++) {
                assertEquals(values[r * COLS + k], row[k], largest / 127 * 0.5001f);
                assertEquals(row[k], parts.value(quantized.form(), k));
            }
        }
    }

    @Test
    void quantizesWhatIsQuantizedAlready() {
        WeightMatrix once = Quantizer.quantize(matrix, "Q8_0");
        WeightMatrix twice = Quantizer.quantize(once, "Q4_0");
        float[] a = new float[COLS];
        float[] b = new float[COLS];
        once.decodeRow(3, a, 0);
        twice.decodeRow(3, b, 0);
        float largest = 0;
        for (float v : a) {
            largest = Math.max(largest, Math.abs(v));
        }
        for (int k = 0; k < COLS; k++) {
            assertEquals(a[k], b[k], largest / 7);
        }
    }

    @Test
    void putsTheResultInTheGivenArena() {
        WeightMatrix quantized;
        try (Arena arena = Arena.ofConfined()) {
            quantized = Quantizer.quantize(matrix, "Q4_K", arena);
        }
        assertThrows(IllegalStateException.class, () -> quantized.decodeRow(0, new float[COLS], 0));
    }

    @Test
    void acceptsValuesThatAreNotNumbers() {
        float[] odd = new float[COLS];
        odd[0] = Float.NaN;
        odd[1] = Float.POSITIVE_INFINITY;
        odd[40] = Float.MAX_VALUE;
        odd[80] = Float.MIN_VALUE;
        for (String scheme : Quantizer.schemes()) {
            assertEquals(scheme, Quantizer.quantize(BlockMatrix.ofFloats(odd, 1, COLS), scheme).scheme());
        }
    }

    @Test
    void namesWhatItCanWrite() {
        String message = assertThrows(UnsupportedModelException.class, () -> Quantizer.quantize(matrix, "Q9_9"))
                .getMessage();
        assertTrue(message.contains("Q9_9") && message.contains("Q4_K"), message);
        WeightMatrix narrow = BlockMatrix.ofFloats(new float[96], 1, 96);
        message = assertThrows(UnsupportedModelException.class, () -> Quantizer.quantize(narrow, "Q4_K"))
                .getMessage();
        assertTrue(message.contains("256"), message);
    }

    private static byte[] resource(String name) {
        String path = "/golden/quantize/" + name + ".bin";
        try (InputStream in = Objects.requireNonNull(QuantizerTest.class.getResourceAsStream(path), path)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static float[] floats(byte[] bytes) {
        float[] floats = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }
}
