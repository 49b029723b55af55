package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.djlquant.zoo.QuantModelZoo;
import org.junit.jupiter.api.Test;

/** Memory and mappings after many loads and predictions. */
class LeakTest {
    /** The model is 4 MB, so that a leak of one in five loads is seen; noise of the JVM is below 30 MB. */
    private static final long ALLOWED_BYTES = 60L << 20;

    private static final Path STATUS = Path.of("/proc/self/status");

    @Test
    void loadingAndClosingGivesEverythingBack() throws Exception {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc");
        cycle(20);
        long before = residentBytes();
        long maps = mappings();
        cycle(80);
        long grown = residentBytes() - before;
        assertTrue(grown < ALLOWED_BYTES, "80 loads of a 4 MB model left " + (grown >> 20) + " MB");
        assertTrue(mappings() - maps < 5, "mappings of the model file left: " + (mappings() - maps));
    }

    @Test
    void predictionsGiveEverythingBack() throws Exception {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc");
        try (ZooModel<NDList, NDList> model = load()) {
            predict(model, 100);
            int arrays = model.getNDManager().getManagedArrays().size();
            long before = residentBytes();
            predict(model, 400);
            long grown = residentBytes() - before;
            assertTrue(grown < ALLOWED_BYTES, "400 predictions left " + (grown >> 20) + " MB");
            assertTrue(model.getNDManager().getManagedArrays().size() == arrays, "arrays stay with the model");
        }
    }

    private static ZooModel<NDList, NDList> load() throws Exception {
        return Criteria.builder()
                .setTypes(NDList.class, NDList.class)
                .optModelPath(QuantModelZoo.file("zephyr-tiny").orElseThrow())
                .optEngine("Quant")
                .build()
                .loadModel();
    }

    private static void cycle(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            try (ZooModel<NDList, NDList> model = load()) {
                predict(model, 1);
            }
        }
    }

    private static void predict(ZooModel<NDList, NDList> model, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            try (Predictor<NDList, NDList> predictor = model.newPredictor();
                    NDManager manager = model.getNDManager().newSubManager();
                    NDArray ids = manager.ones(new Shape(1, 2), DataType.INT64)) {
                predictor.predict(new NDList(ids)).close();
            }
        }
    }

    private static long mappings() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.endsWith("zephyr-tiny.gguf")).count();
        }
    }

    private static long residentBytes() throws IOException {
        System.gc();
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("no VmRSS in " + STATUS);
    }
}
