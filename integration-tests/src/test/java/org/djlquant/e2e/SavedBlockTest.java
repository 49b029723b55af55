package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.djlquant.engine.QuantizedLinear;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The swap: a small classifier of drawn shapes, trained and saved by DJL on PyTorch, runs in the same
 * application on engine Quant.
 */
class SavedBlockTest {
    private static final int SIDE = 12;
    private static final List<String> SHAPES = List.of("bar", "cross", "ring");

    @TempDir
    private static Path folder;

    /** The application's own block, as docs/djl.md shows it. */
    public static final class ClassifierFactory implements BlockFactory {
        private static final long serialVersionUID = 1L;

        @Override
        public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
            return new SequentialBlock()
                    .add(Linear.builder().setUnits(96).build())
                    .add(Activation.reluBlock())
                    .add(new SequentialBlock().add(Linear.builder().setUnits(64).build()).add(Activation::relu))
                    .add(Linear.builder().setUnits(SHAPES.size()).build());
        }
    }

    /** The application's own translator: pixels to classes. */
    private static final class ShapeTranslator implements Translator<float[], Classifications> {
        @Override
        public NDList processInput(TranslatorContext ctx, float[] pixels) {
            return new NDList(ctx.getNDManager().create(pixels));
        }

        @Override
        public Classifications processOutput(TranslatorContext ctx, NDList list) {
            return new Classifications(SHAPES, list.singletonOrThrow().softmax(0));
        }

        @Override
        public Batchifier getBatchifier() {
            return Batchifier.STACK;
        }
    }

    /** A noisy drawing of shape {@code kind}. */
    private static float[] draw(int kind, Random random) {
        float[] pixels = new float[SIDE * SIDE];
        int cx = 4 + random.nextInt(4);
        int cy = 4 + random.nextInt(4);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int dx = Math.abs(x - cx);
                int dy = Math.abs(y - cy);
                boolean ink = switch (kind) {
                    case 0 -> dy == 0 && dx <= 3;
                    case 1 -> dx == dy && dx <= 3;
                    default -> Math.max(dx, dy) == 3;
                };
                pixels[y * SIDE + x] = (ink ? 1 : 0) + 0.3f * (float) random.nextGaussian();
            }
        }
        return pixels;
    }

    @BeforeAll
    static void trainAndSave() throws Exception {
        try (Model model = Model.newInstance("shapes", "PyTorch")) {
            model.setBlock(new ClassifierFactory().newBlock(model, folder, Map.of()));
            NDManager manager = model.getNDManager();
            manager.getEngine().setRandomSeed(5);
            int n = 600;
            Random random = new Random(1);
            float[][] images = new float[n][];
            float[] labels = new float[n];
            for (int i = 0; i < n; i++) {
                labels[i] = i % SHAPES.size();
                images[i] = draw(i % SHAPES.size(), random);
            }
            ArrayDataset data = new ArrayDataset.Builder()
                    .setData(manager.create(images))
                    .optLabels(manager.create(labels))
                    .setSampling(60, true)
                    .build();
            DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                    .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.003f)).build());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(1, SIDE * SIDE));
                EasyTrain.fit(trainer, 8, data, null);
            }
            model.save(folder, "shapes");
        }
    }

    private static Criteria.Builder<float[], Classifications> application(Path from) {
        return Criteria.builder()
                .setTypes(float[].class, Classifications.class)
                .optModelPath(from)
                .optModelName("shapes")
                .optArgument("blockFactory", ClassifierFactory.class.getName())
                .optTranslator(new ShapeTranslator());
    }

    /** Probabilities of all classes for the held-out drawings. */
    private static List<double[]> predict(ZooModel<float[], Classifications> model) throws Exception {
        Random random = new Random(99);
        List<float[]> images = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            images.add(draw(i % SHAPES.size(), random));
        }
        List<double[]> answers = new ArrayList<>();
        try (Predictor<float[], Classifications> predictor = model.newPredictor()) {
            for (Classifications c : predictor.batchPredict(images)) {
                answers.add(SHAPES.stream().mapToDouble(s -> c.get(s).getProbability()).toArray());
            }
        }
        return answers;
    }

    private static int best(double[] p) {
        int best = 0;
        for (int i = 1; i < p.length; i++) {
            best = p[i] > p[best] ? i : best;
        }
        return best;
    }

    @ParameterizedTest
    @CsvSource({"none, 1e-5", "F16, 0.005", "Q8_0, 0.02", "INT8, 0.02", "Q4_0, 0.25", "NF4, 0.25", "Q4_K, 0.25"})
    void theSameApplicationGivesTheSameAnswersOnBothEngines(String scheme, double bound) throws Exception {
        Criteria.Builder<float[], Classifications> quant = application(folder).optEngine("Quant");
        if (!scheme.equals("none")) {
            quant.optOption("quantize", scheme);
        }
        try (ZooModel<float[], Classifications> reference = application(folder).optEngine("PyTorch").build().loadModel();
                ZooModel<float[], Classifications> swapped = quant.build().loadModel()) {
            List<double[]> expected = predict(reference);
            List<double[]> found = predict(swapped);
            int right = 0;
            int same = 0;
            int swappedRight = 0;
            double largest = 0;
            for (int i = 0; i < expected.size(); i++) {
                right += best(expected.get(i)) == i % SHAPES.size() ? 1 : 0;
                same += best(expected.get(i)) == best(found.get(i)) ? 1 : 0;
                swappedRight += best(found.get(i)) == i % SHAPES.size() ? 1 : 0;
                for (int c = 0; c < SHAPES.size(); c++) {
                    largest = Math.max(largest, Math.abs(expected.get(i)[c] - found.get(i)[c]));
                }
            }
            assertTrue(right > 120, "the classifier learnt something: " + right + " of 150");
            assertTrue(swappedRight >= right - 3, swappedRight + " right answers where floats have " + right);
            assertTrue(same >= 147, "same answers: " + same + " of 150");
            assertTrue(largest < bound, "largest difference of a probability: " + largest);
            Block last = swapped.getBlock().getChildren().valueAt(3);
            assertEquals(scheme.equals("none") ? Linear.class : QuantizedLinear.class, last.getClass());
        }
    }

    @ParameterizedTest
    @CsvSource({"INT8, 3", "Q8_0, 3", "Q4_0, 4", "NF4, 4", "Q4_K, 3"}) // rows of 144 are padded to 256 for Q4_K
    void aQuantizedBlockIsSavedPackedAndLoadsAsItWas(String scheme, int smaller, @TempDir Path saved) throws Exception {
        List<double[]> expected;
        try (ZooModel<float[], Classifications> model =
                application(folder).optEngine("Quant").optOption("quantize", scheme).build().loadModel()) {
            expected = predict(model);
            model.getWrappedModel().save(saved, "shapes");
        }
        long floats = Files.size(folder.resolve("shapes-0000.params"));
        long packed = Files.size(saved.resolve("shapes-0000.params"));
        assertTrue(packed < floats / smaller, packed + " of " + floats + " bytes");
        // no option needed: the file says how its Linears are stored
        try (ZooModel<float[], Classifications> model = application(saved).optEngine("Quant").build().loadModel()) {
            Block first = model.getBlock().getChildren().valueAt(0);
            assertEquals(scheme, assertInstanceOf(QuantizedLinear.class, first).scheme());
            List<double[]> found = predict(model);
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(best(expected.get(i)), best(found.get(i)));
                assertEquals(expected.get(i)[0], found.get(i)[0], 1e-5);
            }
        }
    }

    @Test
    void theQuantEngineTrainsAndSavesTheSameBlock(@TempDir Path saved) throws Exception {
        try (Model model = Model.newInstance("shapes", "Quant")) {
            model.setBlock(new ClassifierFactory().newBlock(model, saved, Map.of()));
            try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()))) {
                trainer.initialize(new Shape(1, SIDE * SIDE));
                NDManager manager = trainer.getManager();
                NDArray image = manager.create(draw(0, new Random(3)), new Shape(1, SIDE * SIDE));
                ArrayDataset one = new ArrayDataset.Builder()
                        .setData(image)
                        .optLabels(manager.create(new float[] {0}))
                        .setSampling(1, false)
                        .build();
                EasyTrain.fit(trainer, 1, one, null);
            }
            model.save(saved, "shapes");
        }
        try (ZooModel<float[], Classifications> model = application(saved).optEngine("PyTorch").build().loadModel()) {
            assertFalse(predict(model).isEmpty());
        }
    }

    @Test
    void damagedParametersAreRefused(@TempDir Path damaged) throws Exception {
        byte[] good = Files.readAllBytes(folder.resolve("shapes-0000.params"));
        Files.write(damaged.resolve("shapes-0000.params"), Arrays.copyOf(good, good.length / 2));
        for (String scheme : List.of("Q8_0", "INT8")) {
            Criteria<float[], Classifications> criteria =
                    application(damaged).optEngine("Quant").optOption("quantize", scheme).build();
            Exception e = assertThrows(Exception.class, criteria::loadModel);
            assertTrue(e instanceof IOException || e instanceof MalformedModelException, e.toString());
        }
    }
}
