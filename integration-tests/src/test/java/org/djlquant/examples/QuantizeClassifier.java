package org.djlquant.examples;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.djlquant.engine.QuantizedLinear;

/**
 * Trains a small classifier with DJL, quantizes it in each of several ways, saves and loads the result,
 * and prints how many digits each of them recognizes. docs/djl.md has the command and its output.
 */
public final class QuantizeClassifier {
    /** The ways to quantize that are tried. */
    static final List<String> SCHEMES = List.of("INT8", "Q8_0", "Q4_0", "NF4", "Q4_K");

    private static final String NAME = "digits";
    private static final int SIDE = 16;
    private static final int TRAINING = 5000;
    private static final int HELD_OUT = 1000;

    /** The segments of a seven-segment display that each digit lights, from bit 0: top, right ×2, bottom, left ×2, middle. */
    private static final int[] SEGMENTS = {0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F};

    /**
     * What became of the network.
     *
     * @param before share of the held-out digits that the float network recognizes
     * @param after the same, of the quantized one
     * @param loaded the same, after it was saved and loaded
     * @param bytesBefore size of the float parameters as a file
     * @param bytesAfter size of the quantized parameters as a file
     */
    record Result(String scheme, double before, double after, double loaded, long bytesBefore, long bytesAfter) {}

    private QuantizeClassifier() {}

    /** Runs the example in a temporary folder; takes no arguments. */
    public static void main(String[] args) throws IOException, MalformedModelException, TranslateException {
        Path folder = Files.createTempDirectory("quantize-classifier");
        try {
            train(folder);
            System.out.println("scheme   float  quantized  loaded   bytes before   after");
            for (String scheme : SCHEMES) {
                Result r = quantize(folder, scheme);
                System.out.printf("%-6s  %5.1f%%     %5.1f%%  %5.1f%%       %,8d %,7d%n", r.scheme(),
                        100 * r.before(), 100 * r.after(), 100 * r.loaded(), r.bytesBefore(), r.bytesAfter());
            }
        } finally {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    /** An ordinary network of DJL. */
    private static Block network() {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(256).build())
                .add(Activation.reluBlock())
                .add(Linear.builder().setUnits(256).build())
                .add(Activation.reluBlock())
                .add(Linear.builder().setUnits(10).build());
    }

    /** Trains the network on PyTorch and saves it as {@code .params}. */
    static void train(Path folder) throws IOException, TranslateException {
        try (Model model = Model.newInstance(NAME, "PyTorch")) {
            NDManager manager = model.getNDManager();
            manager.getEngine().setRandomSeed(1);
            model.setBlock(network());
            NDList digits = digits(manager, TRAINING, 1);
            ArrayDataset data = new ArrayDataset.Builder()
                    .setData(digits.get(0))
                    .optLabels(digits.get(1))
                    .setSampling(100, true)
                    .build();
            DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                    .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.001f)).build());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(1, SIDE * SIDE));
                EasyTrain.fit(trainer, 10, data, null);
            }
            model.save(folder, NAME);
        }
    }

    /** Loads the float network, quantizes it, saves that beside it and loads it again. */
    static Result quantize(Path folder, String scheme) throws IOException, MalformedModelException, TranslateException {
        String quantized = NAME + "-" + scheme;
        double before;
        double after;
        try (Model model = Model.newInstance(NAME, "Quant")) {
            model.setBlock(network());
            model.load(folder, NAME);
            before = accuracy(model);
            QuantizedLinear.replaceIn(model.getBlock(), scheme);
            after = accuracy(model);
            model.save(folder, quantized);
        }
        try (Model model = Model.newInstance(quantized, "Quant")) {
            model.setBlock(network()); // the same, unquantized: the file says what its Linears are
            model.load(folder, quantized);
            return new Result(scheme, before, after, accuracy(model), bytes(folder, NAME), bytes(folder, quantized));
        }
    }

    private static long bytes(Path folder, String name) throws IOException {
        return Files.size(folder.resolve(name + "-0000.params"));
    }

    /** Share of the held-out digits that a model recognizes. */
    private static double accuracy(Model model) throws TranslateException {
        try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
                NDManager manager = model.getNDManager().newSubManager()) {
            NDList digits = digits(manager, HELD_OUT, 2);
            NDArray found = predictor.predict(new NDList(digits.get(0))).singletonOrThrow().argMax(1);
            NDArray right = found.toType(DataType.FLOAT32, false).eq(digits.get(1));
            return right.toType(DataType.FLOAT32, false).mean().getFloat();
        }
    }

    /** Noisy pictures (n, 256) of digits somewhere in the picture, and which digits (n) they are. */
    private static NDList digits(NDManager manager, int n, long seed) {
        Random random = new Random(seed);
        float[][] pictures = new float[n][];
        float[] labels = new float[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i % 10;
            pictures[i] = draw(i % 10, random);
        }
        return new NDList(manager.create(pictures), manager.create(labels));
    }

    private static float[] draw(int digit, Random random) {
        boolean[] ink = new boolean[SIDE * SIDE];
        int left = 4 + random.nextInt(3);
        int top = 2 + random.nextInt(3);
        for (int i = 0; i <= 5; i++) {
            int[][] segments = {
                {left + i, top}, {left + 5, top + i}, {left + 5, top + 5 + i}, {left + i, top + 10},
                {left, top + 5 + i}, {left, top + i}, {left + i, top + 5}
            };
            for (int s = 0; s < segments.length; s++) {
                ink[segments[s][1] * SIDE + segments[s][0]] |= (SEGMENTS[digit] >> s & 1) != 0;
            }
        }
        float[] pixels = new float[SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (ink[i] ? 1 : 0) + 0.25f * (float) random.nextGaussian();
        }
        return pixels;
    }
}
