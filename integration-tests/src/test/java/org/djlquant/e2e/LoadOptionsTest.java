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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.djlquant.engine.QuantModel;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Generator;
import org.djlquant.generate.Request;
import org.djlquant.runtime.LoadReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the options of a load do, and a model in many threads. */
class LoadOptionsTest {
    private static final String NAME = "gguf-mistral-f32";

    private static QuantModel load(Map<String, String> options) throws Exception {
        return load(NAME, options);
    }

    private static QuantModel load(String name, Map<String, String> options) throws Exception {
        QuantModel model = (QuantModel) Model.newInstance(name, Device.cpu(), "Quant");
        model.load(GoldenModels.checkpoint(name), null, options);
        return model;
    }

    private static int count(QuantModel model, String scheme) {
        return model.causalLM().report().schemes().getOrDefault(scheme, 0);
    }

    /** The largest difference from the reference logits. */
    private static double difference(QuantModel model) throws Exception {
        int[] prompt = GoldenModels.reference(model.getName()).prompt();
        float[] expected = GoldenModels.logits(model.getName());
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
    void theCachesOfAllRequestsAreBoundAndPrefixesKeptUnlessToldOtherwise() throws Exception {
        int[] prompt = new int[24];
        Arrays.setAll(prompt, i -> i);
        try (QuantModel usual = load(Map.of());
                QuantModel bound = load(Map.of("kv_cache_memory_bytes", "3000000", "enable_prefix_caching", "false"))) {
            for (QuantModel model : List.of(usual, bound)) {
                Generator.generate(model.causalLM(), new Request(prompt, GenerationConfig.greedy(3)));
            }
            assertTrue(usual.causalLM().pool().stats().prefixBytes() > 0);
            assertEquals(0, bound.causalLM().pool().stats().prefixBytes());
            assertEquals(3_000_000, bound.causalLM().pool().stats().limitBytes());
        }
        for (String bad : new String[] {"0", "-5", "1.5", "2GB", "99999999999999999999"}) {
            String message = assertThrows(
                            MalformedModelException.class, () -> load(Map.of("kv_cache_memory_bytes", bad)).close())
                    .getMessage();
            assertTrue(message.contains("kv_cache_memory_bytes") && message.contains(bad), message);
        }
    }

    @Test
    void aCacheOfBytesRoundsMore() throws Exception {
        try (QuantModel model = load(Map.of("kv_cache_dtype", "int8"))) {
            double found = difference(model);
            assertTrue(found > 1e-3 && found < 0.3, () -> "difference " + found);
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
    void loadIn4bitIsWhatQuantizeMakes() throws Exception {
        try (QuantModel named = load(Map.of("quantize", "NF4"));
                QuantModel nf4 = load(Map.of(
                        "load_in_4bit", "true", "bnb_4bit_quant_type", "nf4", "bnb_4bit_compute_dtype", "bfloat16"));
                QuantModel nested = load(Map.of(
                        "load_in_4bit", "true", "bnb_4bit_quant_type", "nf4", "bnb_4bit_use_double_quant", "true"));
                QuantModel plain = load(Map.of("load_in_4bit", "true"))) {
            assertEquals(difference(named), difference(nf4));
            assertTrue(count(nf4, "NF4") > 0 && count(nf4, "F32") <= 2, nf4.causalLM().report().toString());
            assertEquals(count(nf4, "NF4"), count(nested, "NF4"));
            assertTrue(difference(nested) != difference(nf4) && difference(nested) < 2 * difference(nf4));
            assertEquals(count(nf4, "NF4"), count(plain, "FP4"));
            assertTrue(nested.checkpoint().recognised().contains("NF4 with double quantization"));
        }
    }

    @Test
    void loadIn8bitSkipsModulesAndRoundsActivationsIfTold() throws Exception {
        try (QuantModel weights = load(Map.of("load_in_8bit", "true"));
                QuantModel skipping = load(Map.of("load_in_8bit", "true", "llm_int8_skip_modules", "attn_v, blk.0"));
                QuantModel mixed = load(Map.of("load_in_8bit", "true", "llm_int8_threshold", "6.0"))) {
            assertTrue(difference(weights) > 1e-3 && difference(weights) < 1, "difference " + difference(weights));
            assertTrue(count(weights, "F32") <= 2, weights.causalLM().report().toString());
            // seven matrices in block 0, and attn_v in every other
            int blocks = count(weights, "INT8") / 7;
            assertEquals(7 * blocks - 7 - (blocks - 1), count(skipping, "INT8"));
            assertTrue(difference(mixed) != difference(weights) && difference(mixed) < 1, "difference " + difference(mixed));
            String layouts = mixed.causalLM().report().layouts().toString();
            assertTrue(layouts.contains("8-bit activations below 6.0"), layouts);
        }
    }

    @Test
    void serializedInt8TakesTheThreshold() throws Exception {
        try (QuantModel weights = load("qwen2-int8", Map.of());
                QuantModel mixed = load("qwen2-int8", Map.of("llm_int8_threshold", "6"))) {
            assertTrue(difference(weights) < 2e-3);
            assertTrue(difference(mixed) > 2e-3 && difference(mixed) < 1, "difference " + difference(mixed));
        }
        String message = assertThrows(MalformedModelException.class, () -> load(Map.of("llm_int8_threshold", "6")))
                .getMessage();
        assertTrue(message.contains("give load_in_8bit=true too"), message);
    }

    /** Random weights amplify rounding: torch's quantize_dynamic is 2.202 off on this model and prompt. */
    @Test
    void dynamicInt8TakesWhatTorchDoes() throws Exception {
        try (QuantModel model = load("mistral-f32-window", Map.of("dynamic_int8", "true"))) {
            assertTrue(count(model, "DYNAMIC_INT8") > 0 && count(model, "F32") <= 1, model.causalLM().report().toString());
            assertTrue(Math.abs(difference(model) - 2.202) < 0.1, "difference " + difference(model));
        }
    }

    /** GPT-2 stores its layers [in, out]: bitsandbytes turns them, torch's dynamic quantization lets them be. */
    @Test
    void layersStoredTheOtherWayRoundAreTurned() throws Exception {
        try (QuantModel int8 = load("gpt2-f32", Map.of("load_in_8bit", "true"));
                QuantModel q8 = load("gpt2-f32", Map.of("quantize", "Q8_0"));
                QuantModel dynamic = load("gpt2-f32", Map.of("dynamic_int8", "true"))) {
            assertEquals(8, count(int8, "INT8"));
            assertTrue(difference(int8) < 1, "difference " + difference(int8));
            assertEquals(8, count(q8, "Q8_0"));
            assertTrue(difference(q8) < 1, "difference " + difference(q8));
            assertEquals(8, count(dynamic, "F32") - (count(int8, "F32")));
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
