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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory and mappings after many loads and predictions. In a JVM of its own whose heap has its full size
 * from the start, so that what grows is memory outside of it.
 */
class LeakTest {
    private static final Path STATUS = Path.of("/proc/self/status");

    @Test
    void loadsAndPredictionsGiveEverythingBack(@TempDir Path folder) throws Exception {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc");
        String text = OtherJvm.run(
                Application.class,
                folder,
                List.of("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch"),
                Map.of("MALLOC_ARENA_MAX", "2"),
                entry -> true);
        assertTrue(text.contains("all good"), text);
    }

    /** Runs in the other JVM; any exception ends it with exit code 1. */
    static final class Application {
        /** The model has 4 MB: one load in three that stays is seen. Compiled code still grows a little. */
        private static final long ALLOWED_MEGABYTES = 40;

        public static void main(String[] args) throws Exception {
            String url = "djl://org.djlquant/zephyr-tiny";
            check("loads with logits", 15, 30, () -> {
                try (ZooModel<NDList, NDList> model = arrays(url).loadModel()) {
                    predict(model);
                }
            });
            check("loads with a chat", 10, 30, () -> chat(url));
            try (ZooModel<NDList, NDList> model = arrays(url).loadModel()) {
                check("predictions", 100, 400, () -> predict(model));
                if (!model.getNDManager().getManagedArrays().isEmpty()) {
                    throw new IllegalStateException("arrays stay with the model");
                }
            }
            System.out.println("all good");
        }

        private interface Step {
            void run() throws Exception;
        }

        private static void check(String what, int before, int times, Step step) throws Exception {
            for (int i = 0; i < before; i++) {
                step.run();
            }
            long resident = residentMegabytes();
            long mappings = mappings();
            for (int i = 0; i < times; i++) {
                step.run();
            }
            long grown = residentMegabytes() - resident;
            System.out.println(times + " " + what + " left " + grown + " MB");
            if (grown > ALLOWED_MEGABYTES) {
                throw new IllegalStateException(times + " " + what + " left " + grown + " MB");
            }
            if (mappings() != mappings) {
                throw new IllegalStateException(what + ": the model file was mapped " + mappings + " times, now " + mappings());
            }
        }

        private static Criteria<NDList, NDList> arrays(String url) {
            return Criteria.builder().setTypes(NDList.class, NDList.class).optModelUrls(url).build();
        }

        private static void predict(ZooModel<NDList, NDList> model) throws Exception {
            try (Predictor<NDList, NDList> predictor = model.newPredictor();
                    NDManager manager = model.getNDManager().newSubManager();
                    NDArray ids = manager.ones(new Shape(1, 2), DataType.INT64)) {
                predictor.predict(new NDList(ids)).close();
            }
        }

        private static void chat(String url) throws Exception {
            Criteria<String, String> criteria = Criteria.builder()
                    .setTypes(String.class, String.class)
                    .optModelUrls(url)
                    .optArgument("max_new_tokens", "2")
                    .build();
            try (ZooModel<String, String> model = criteria.loadModel();
                    Predictor<String, String> predictor = model.newPredictor()) {
                predictor.predict("Hello");
            }
        }

        private static long mappings() throws IOException {
            try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
                return lines.filter(line -> line.endsWith("zephyr-tiny.gguf")).count();
            }
        }

        private static long residentMegabytes() throws IOException {
            System.gc();
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
                }
            }
            throw new IOException("no VmRSS in " + STATUS);
        }

        private Application() {}
    }
}
