package org.djlquant.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The figures that docs/djl.md gives for its example. */
class QuantizeClassifierTest {
    @TempDir
    private static Path folder;

    @BeforeAll
    static void train() throws Exception {
        QuantizeClassifier.train(folder);
    }

    @ParameterizedTest
    @CsvSource({"INT8, 8.2, 0.005", "Q8_0, 8.6, 0.005", "Q4_0, 4.6, 0.015", "NF4, 4.6, 0.015", "Q4_K, 4.6, 0.015"})
    void quantizingSavingAndLoadingKeepsTheAccuracy(String scheme, double bitsPerWeight, double loss) throws Exception {
        QuantizeClassifier.Result result = QuantizeClassifier.quantize(folder, scheme);
        assertTrue(result.before() > 0.9 && result.before() < 1, "not what training should give: " + result);
        assertTrue(result.after() > result.before() - loss, result.toString());
        // a sum whose order changed while the JVM compiled may tip a digit that is between two
        assertEquals(result.after(), result.loaded(), 0.002);
        long weights = 256 * 256 + 256 * 256 + 256 * 10;
        long rest = 4 * (256 + 256 + 10) + 500; // biases, headers
        assertTrue(result.bytesBefore() > 4 * weights, result.toString());
        assertTrue(result.bytesAfter() < weights * bitsPerWeight / 8 + rest, result.toString());
    }
}
