package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.djlquant.engine.QuantModel;
import org.djlquant.runtime.LoadReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the options of a load do, and a model in many threads. */
class LoadOptionsTest {
    private static final String NAME = "gguf-mistral-f32";

    private static QuantModel load(Map<String, String> options) throws Exception {
        QuantModel model = (QuantModel) Model.newInstance(NAME, Device.cpu(), "Quant");
        model.load(GoldenModels.checkpoint(NAME), null, options);
        return model;
    }

    /** The largest difference from the reference logits. */
    private static double difference(QuantModel model) throws Exception {
        int[] prompt = GoldenModels.reference(NAME).prompt();
        float[] expected = GoldenModels.logits(NAME);
        double largest = 0;
        try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
                NDManager manager = model.getNDManager().newSubManager();
                NDArray ids = manager.create(prompt, new Shape(1, prompt.length));
                NDList logits = predictor.predict(new NDList(ids))) {
            float[] found = logits.singletonOrThrow().toFloatArray();
            for (int i = 0; i < expected.length; i++) {
                largest = Math.max(largest, Math.abs(expected[i] - found[i]));
            }
        }
        return largest;
    }

    @Test
    void threadsAndContextAreTaken() throws Exception {
        try (QuantModel model = load(Map.of("threads", "3", "n_ctx", "48"))) {
            assertEquals(3, model.causalLM().report().threads());
            assertEquals(48, model.causalLM().contextLength());
            assertTrue(difference(model) < 2e-3);
        }
    }

    @Test
    void aHalfCacheRounds() throws Exception {
        try (QuantModel whole = load(Map.of("kv_cache_dtype", "float32"));
                QuantModel half = load(Map.of("kv_cache_dtype", "float16"))) {
            double rounded = difference(half);
            assertTrue(rounded > difference(whole) && rounded < 0.05, "difference " + rounded);
        }
    }

    @Test
    void quantizingOnLoadLeavesTheVocabulary() throws Exception {
        try (QuantModel model = load(Map.of("quantize", "q8_0"))) {
            LoadReport report = model.causalLM().report();
            assertTrue(report.schemes().get("Q8_0") > 0, report.toString());
            assertTrue(report.schemes().get("F32") <= 2, report.toString());
            // random weights amplify rounding; the logits have a standard deviation of 3
            double difference = difference(model);
            assertTrue(difference > 0.1 && difference < 1, "difference " + difference);
        }
        try (QuantModel model = load(Map.of("quantize", "F16"))) {
            double difference = difference(model);
            assertTrue(difference > 1e-3 && difference < 0.05, "difference " + difference);
        }
    }

    @Test
    void aPrefixNamesAFileInTheFolder(@TempDir Path folder) throws Exception {
        Path file = GoldenModels.checkpoint(NAME);
        Files.copy(file, folder.resolve("one.gguf"));
        Files.copy(file, folder.resolve("two.gguf"));
        try (Model model = Model.newInstance("m", "Quant")) {
            model.load(folder, "two");
            assertEquals(folder.resolve("two.gguf"), ((QuantModel) model).checkpoint().path());
            assertEquals(folder, model.getModelPath());
            assertThrows(IllegalStateException.class, () -> model.load(folder, "one"));
        }
        try (Model model = Model.newInstance("m", "Quant")) {
            String message = assertThrows(MalformedModelException.class, () -> model.load(folder)).getMessage();
            assertTrue(message.contains("one.gguf, two.gguf"), message);
        }
    }

    @Test
    void aModelServesManyThreads() throws Exception {
        try (QuantModel model = load(Map.of());
                ExecutorService pool = Executors.newFixedThreadPool(6)) {
            List<Future<Double>> differences = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                differences.add(pool.submit(() -> difference(model)));
            }
            for (Future<Double> difference : differences) {
                assertTrue(difference.get() < 2e-3);
            }
        }
    }

    @Test
    void aClosedModelSaysSo() throws Exception {
        QuantModel model = load(Map.of());
        Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
        try (NDManager manager = NDManager.newBaseManager("Quant")) {
            NDList ids = new NDList(manager.create(new long[] {1, 2}, new Shape(1, 2)));
            model.close();
            Exception e = assertThrows(Exception.class, () -> predictor.predict(ids));
            assertFalse(e.getMessage() == null || !e.getMessage().contains("closed"), e.toString());
        }
    }
}
