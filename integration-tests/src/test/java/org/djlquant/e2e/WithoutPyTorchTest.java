package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.djlquant.engine.QuantModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What works with no PyTorch on the class path, and what the rest says; in a JVM of its own, offline. */
class WithoutPyTorchTest {
    private static final String HUB_MODEL = "mistral-f32-window";

    @Test
    void textAndLogitsNeedNoPyTorch(@TempDir Path folder) throws Exception {
        String text = OtherJvm.run(
                Application.class,
                folder,
                List.of(),
                Map.of("DJL_DEFAULT_ENGINE", "Quant", "HF_HUB_CACHE", hubCache(folder).toString()),
                entry -> !entry.contains("pytorch"));
        assertTrue(text.contains("all good"), text);
    }

    /** A cache as the hub's clients leave it, with a tiny model in the place of Zephyr. */
    private static Path hubCache(Path folder) throws IOException {
        Path cache = folder.resolve("hub");
        Path repository = cache.resolve("models--HuggingFaceH4--zephyr-7b-beta");
        Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve("0".repeat(40)));
        Path model = GoldenModels.checkpoint(HUB_MODEL);
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(model.resolve(file), snapshot.resolve(file));
        }
        Files.createDirectories(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), "0".repeat(40));
        return cache;
    }

    /** Runs in the other JVM; any exception ends it with exit code 1. */
    static final class Application {
        public static void main(String[] args) throws Exception {
            check(!Engine.hasEngine("PyTorch"), "PyTorch is on the class path");
            check(Engine.getInstance().getEngineName().equals("Quant"), "DJL_DEFAULT_ENGINE is not honoured");
            answerText();
            logits("gguf-mistral-f32", b -> b.optModelPath(GoldenModels.checkpoint("gguf-mistral-f32")));
            logits(HUB_MODEL, b -> b.optModelUrls("djl://org.djlquant/zephyr-7b-beta"));
            logits(HUB_MODEL, b -> b.optGroupId("org.djlquant").optArtifactId("zephyr-7b-beta"));
            logits(HUB_MODEL, b -> b.optModelUrls("hf://HuggingFaceH4/zephyr-7b-beta"));
            nf4();
            plainModel();
            System.out.println("all good");
        }

        private static void check(boolean ok, String problem) {
            if (!ok) {
                throw new IllegalStateException(problem);
            }
        }

        private static void answerText() throws Exception {
            Criteria<String, String> criteria = Criteria.builder()
                    .setTypes(String.class, String.class)
                    .optModelUrls("djl://org.djlquant/zephyr-tiny")
                    .build();
            try (ZooModel<String, String> model = criteria.loadModel();
                    Predictor<String, String> chat = model.newPredictor()) {
                check(!chat.predict("Hello").isBlank(), "no answer");
                check(model.getNDManager().getManagedArrays().isEmpty(), "the text path made arrays");
            }
        }

        private static void logits(String name, UnaryOperator<Criteria.Builder<NDList, NDList>> where) throws Exception {
            Criteria<NDList, NDList> criteria =
                    where.apply(Criteria.builder().setTypes(NDList.class, NDList.class)).build();
            int[] prompt = GoldenModels.reference(name).prompt();
            float[] expected = GoldenModels.logits(name);
            try (ZooModel<NDList, NDList> model = criteria.loadModel();
                    Predictor<NDList, NDList> predictor = model.newPredictor();
                    NDManager manager = NDManager.newBaseManager()) {
                check(model.getWrappedModel() instanceof QuantModel, "another engine's model");
                NDArray ids = manager.create(prompt, new Shape(1, prompt.length));
                NDArray logits = predictor.predict(new NDList(ids)).singletonOrThrow();
                float[] found = logits.toFloatArray();
                check(found.length == expected.length, "shape " + logits.getShape());
                for (int i = 0; i < found.length; i++) {
                    check(Math.abs(found[i] - expected[i]) < 2e-3, "logit " + i);
                }
                try {
                    logits.argMax(2);
                    throw new IllegalStateException("argMax without PyTorch");
                } catch (UnsupportedOperationException e) {
                    check(e.getMessage().contains("ai.djl.pytorch:pytorch-engine"), e.getMessage());
                }
            }
        }

        /** The name's own option quantizes on loading, unless the Criteria has another. */
        private static void nf4() throws Exception {
            for (String quantize : new String[] {"NF4", "Q8_0"}) {
                Criteria.Builder<NDList, NDList> criteria = Criteria.builder()
                        .setTypes(NDList.class, NDList.class)
                        .optModelUrls("djl://org.djlquant/zephyr-7b-beta-nf4");
                if (!quantize.equals("NF4")) {
                    criteria.optOption("quantize", quantize);
                }
                try (ZooModel<NDList, NDList> model = criteria.build().loadModel()) {
                    var schemes = ((QuantModel) model.getWrappedModel()).causalLM().report().schemes();
                    check(schemes.containsKey(quantize), schemes.toString());
                }
            }
        }

        /** A block cannot be initialized, and says what is missing. */
        private static void plainModel() throws Exception {
            try (Model model = Model.newInstance("plain", Device.cpu(), "Quant");
                    NDManager manager = NDManager.newBaseManager()) {
                SequentialBlock block = new SequentialBlock().add(Linear.builder().setUnits(2).build());
                model.setBlock(block);
                try {
                    block.initialize(manager, DataType.FLOAT32, new Shape(1, 3));
                    throw new IllegalStateException("random weights without PyTorch");
                } catch (UnsupportedOperationException e) {
                    check(e.getMessage().contains("ai.djl.pytorch:pytorch-engine"), e.getMessage());
                }
            }
        }

        private Application() {}
    }
}
