package org.djlquant.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.quantize.Quantizer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizedLinearTest {
    /** The order of a vector sum may change when the JVM compiles it. */
    private static final float ROUNDING = 1e-4f;

    private NDManager manager;
    private ParameterStore store;

    @BeforeEach
    void open() {
        manager = Engine.getEngine("Quant").newBaseManager();
        store = new ParameterStore(manager, false);
        Engine.getEngine("PyTorch").setRandomSeed(7);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private Linear linear(int in, int out, boolean bias) {
        Linear linear = Linear.builder().setUnits(out).optBias(bias).build();
        linear.initialize(manager, DataType.FLOAT32, new Shape(1, in));
        if (bias) {
            linear.getDirectParameters().get("bias").getArray().set(random(out));
        }
        return linear;
    }

    private static float[] random(int n) {
        Random random = new Random(n);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private float[] run(Block block, NDArray input) {
        return block.forward(store, new NDList(input), false).singletonOrThrow().toFloatArray();
    }

    /** y[t, r] = Σ_k W[r, k] · x[t, k] + b[r] in double precision, by the scheme's own decoder. */
    private static float[] expected(WeightMatrix w, float[] x, int inputs, float[] bias) {
        int tokens = x.length / inputs;
        float[] y = new float[tokens * w.rows()];
        float[] padded = new float[w.cols()];
        for (int t = 0; t < tokens; t++) {
            System.arraycopy(x, t * inputs, padded, 0, inputs);
            for (int r = 0; r < w.rows(); r++) {
                y[t * w.rows() + r] = (float) (w.dot(r, padded, 0) + (bias == null ? 0 : bias[r]));
            }
        }
        return y;
    }

    private static double error(float[] found, float[] wanted) {
        double squares = 0;
        double norm = 0;
        for (int i = 0; i < wanted.length; i++) {
            squares += Math.pow(found[i] - wanted[i], 2);
            norm += Math.pow(wanted[i], 2);
        }
        return Math.sqrt(squares / norm);
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "F16", "BF16", "Q8_0", "INT8", "Q5_1", "Q5_0", "Q4_1", "Q4_0", "Q6_K", "Q4_K", "NF4"})
    void everySchemeMultipliesAsItDecodes(String scheme) {
        // 70 inputs do not fill blocks of 32: rows are padded
        Linear linear = linear(70, 9, true);
        float[] x = random(2 * 3 * 70);
        NDArray input = manager.create(x, new Shape(2, 3, 70));
        float[] floats = run(linear, input);
        QuantizedLinear quantized = QuantizedLinear.of(linear, scheme);
        NDArray output = quantized.forward(store, new NDList(input), false).singletonOrThrow();
        assertEquals(new Shape(2, 3, 9), output.getShape());
        float[] bias = linear.getDirectParameters().get("bias").getArray().toFloatArray();
        assertArrayEquals(expected(quantized.weight(), x, 70, bias), output.toFloatArray(), 1e-4f);
        double bound = scheme.contains("4") ? 0.12 : scheme.startsWith("Q5") || scheme.startsWith("Q6") ? 0.05 : 0.01;
        assertTrue(error(output.toFloatArray(), floats) < bound, "error " + error(output.toFloatArray(), floats));
    }

    @Test
    void worksOnHeapArraysAndKeepsTheInputType() {
        QuantizedLinear quantized = QuantizedLinear.of(linear(64, 5, false), "Q8_0");
        float[] x = random(64);
        float[] wanted = run(quantized, manager.create(x, new Shape(1, 64)));
        try (NDManager heap = JvmNDManager.system().newSubManager(Device.cpu())) {
            NDArray output = quantized
                    .forward(new ParameterStore(heap, false), new NDList(heap.create(x, new Shape(64))), false)
                    .singletonOrThrow();
            assertEquals(new Shape(5), output.getShape());
            assertArrayEquals(wanted, output.toFloatArray(), ROUNDING);
        }
        NDArray half = manager.create(x, new Shape(1, 64)).toType(DataType.FLOAT16, false);
        NDArray output = quantized.forward(store, new NDList(half), false).singletonOrThrow();
        assertEquals(DataType.FLOAT16, output.getDataType());
        assertArrayEquals(wanted, output.toType(DataType.FLOAT32, false).toFloatArray(), 0.01f);
    }

    @Test
    void takesWeightsOfACheckpointsScheme() {
        WeightMatrix weight = QuantizedLinear.of(linear(256, 6, false), "Q4_1").weight();
        SequentialBlock users = new SequentialBlock().add(new QuantizedLinear(weight, new float[6])).add(Activation.reluBlock());
        float[] x = random(256);
        float[] y = run(users, manager.create(x, new Shape(1, 256)));
        float[] wanted = expected(weight, x, 256, null);
        for (int i = 0; i < 6; i++) {
            assertEquals(Math.max(0, wanted[i]), y[i], 1e-4);
        }
        assertThrows(IllegalArgumentException.class, () -> new QuantizedLinear(weight, new float[5]));
    }

    @Test
    void refusesWhatItCannotDo() {
        QuantizedLinear quantized = QuantizedLinear.of(linear(64, 5, false), "Q8_0");
        NDList wrong = new NDList(manager.ones(new Shape(2, 65)));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> quantized.forward(store, wrong, false))
                .getMessage().contains("must be 64"));
        NDList ids = new NDList(manager.ones(new Shape(2, 64), DataType.INT64));
        assertThrows(IllegalArgumentException.class, () -> quantized.forward(store, ids, false));
        NDList good = new NDList(manager.ones(new Shape(2, 64)));
        assertTrue(assertThrows(UnsupportedOperationException.class, () -> quantized.forward(store, good, true))
                .getMessage().contains("train"));
        assertTrue(assertThrows(UnsupportedModelException.class, () -> QuantizedLinear.of(linear(1, 1, false), "Q9"))
                .getMessage().contains("Q4_0"));
        Block empty = QuantizedLinear.of(Linear.builder().setUnits(3).build(), "Q8_0");
        assertTrue(assertThrows(IllegalStateException.class, () -> empty.forward(store, good, false))
                .getMessage().contains("load the parameters"));
    }

    @Test
    void savedWeightsComeBackBitForBit() throws Exception {
        for (String scheme : List.of("Q4_0", "Q8_0", "Q4_K", "INT8", "DYNAMIC_INT8", "NF4", "FP4", "F16")) {
            Block block = QuantizedLinear.replaceIn(new SequentialBlock().add(linear(70, 4, true)), scheme);
            // a SequentialBlock is initialized by its first input
            NDArray input = manager.create(random(70), new Shape(1, 70));
            block.initialize(manager, DataType.FLOAT32, input.getShape());
            byte[] saved = save(block);
            Block again = QuantizedLinear.replaceIn(
                    new SequentialBlock().add(Linear.builder().setUnits(4).build()), scheme);
            again.loadParameters(manager, new DataInputStream(new ByteArrayInputStream(saved)));
            assertArrayEquals(run(block, input), run(again, input), ROUNDING);
            assertArrayEquals(saved, save(again));

            Block other = QuantizedLinear.replaceIn(new SequentialBlock().add(Linear.builder().setUnits(4).build()), "Q5_0");
            assertThrows(MalformedModelException.class,
                    () -> other.loadParameters(manager, new DataInputStream(new ByteArrayInputStream(saved))));
            byte[] cut = Arrays.copyOf(saved, saved.length - 60);
            Block target = QuantizedLinear.replaceIn(new SequentialBlock().add(Linear.builder().setUnits(4).build()), scheme);
            assertThrows(Exception.class,
                    () -> target.loadParameters(manager, new DataInputStream(new ByteArrayInputStream(cut))));
        }
    }

    private static byte[] save(Block block) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        block.saveParameters(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    @Test
    void takesTheParametersOfALinear() throws Exception {
        SequentialBlock floats = new SequentialBlock().add(linear(64, 4, true));
        NDArray input = manager.create(random(64), new Shape(1, 64));
        floats.initialize(manager, DataType.FLOAT32, input.getShape());
        byte[] saved = save(floats);
        Block loaded = QuantizedLinear.replaceIn(new SequentialBlock().add(Linear.builder().setUnits(4).build()), "Q8_0");
        loaded.loadParameters(manager, new DataInputStream(new ByteArrayInputStream(saved)));
        assertArrayEquals(run(QuantizedLinear.replaceIn(floats, "Q8_0"), input), run(loaded, input), ROUNDING);
    }

    /** A user's block in the usual style: children in fields, used directly. */
    private static final class Net extends AbstractBlock {
        private final Linear first;
        private final List<Block> middle = new ArrayList<>();
        private final Block[] last = new Block[1];

        Net() {
            super((byte) 1);
            first = addChildBlock("first", Linear.builder().setUnits(64).build());
            middle.add(addChildBlock("middle", Linear.builder().setUnits(64).build()));
            last[0] = addChildBlock("last", new SequentialBlock().add(Activation.reluBlock()).add(Linear.builder().setUnits(3).build()));
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList in, boolean training, PairList<String, Object> params) {
            NDList x = middle.getFirst().forward(store, first.forward(store, in, training), training);
            return last[0].forward(store, x, training);
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
            Shape wide = new Shape(1, 64);
            first.initialize(manager, type, shapes);
            middle.getFirst().initialize(manager, type, wide);
            last[0].initialize(manager, type, wide);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return new Shape[] {new Shape(shapes[0].get(0), 3)};
        }
    }

    @Test
    void replacesChildrenInFieldsListsAndArrays() {
        Net net = new Net();
        net.initialize(manager, DataType.FLOAT32, new Shape(1, 64));
        NDArray input = manager.create(random(128), new Shape(2, 64));
        float[] floats = run(net, input);
        assertSame(net, QuantizedLinear.replaceIn(net, "Q4_0"));
        assertInstanceOf(QuantizedLinear.class, net.first);
        assertInstanceOf(QuantizedLinear.class, net.middle.getFirst());
        assertEquals(List.of("01first", "02middle", "03last"), net.getChildren().keys());
        assertInstanceOf(QuantizedLinear.class, ((SequentialBlock) net.last[0]).getChildren().valueAt(1));
        assertTrue(net.getParameters().isEmpty(), "float parameters are gone");
        double error = error(run(net, input), floats);
        assertTrue(error > 1e-3 && error < 0.2, "error " + error);
    }

    @Test
    void replacesInParallelAndAttentionBlocks() {
        Linear shared = Linear.builder().setUnits(4).build();
        ParallelBlock parallel = new ParallelBlock(lists -> new NDList(lists.get(0).head().add(lists.get(1).head())))
                .addAll(shared, shared);
        NDArray input = manager.create(random(64), new Shape(1, 64));
        parallel.initialize(manager, DataType.FLOAT32, input.getShape());
        float[] floats = run(parallel, input);
        QuantizedLinear.replaceIn(parallel, "Q8_0");
        List<Block> children = parallel.getChildren().values();
        assertInstanceOf(QuantizedLinear.class, children.get(0));
        assertSame(children.get(0), children.get(1), "what was shared stays shared");
        assertTrue(error(run(parallel, input), floats) < 0.01);

        ScaledDotProductAttentionBlock attention =
                ScaledDotProductAttentionBlock.builder().setEmbeddingSize(64).setHeadCount(2).build();
        NDArray sequence = manager.create(random(3 * 64), new Shape(1, 3, 64));
        attention.initialize(manager, DataType.FLOAT32, sequence.getShape());
        float[] wanted = run(attention, sequence);
        QuantizedLinear.replaceIn(attention, "Q8_0");
        assertTrue(attention.getChildren().values().stream().filter(QuantizedLinear.class::isInstance).count() == 4);
        double error = error(run(attention, sequence), wanted);
        assertTrue(error > 1e-5 && error < 0.02, "error " + error);
    }

    @Test
    void aFieldThatCannotChangeIsNamed() {
        Block fixed = new FixedList(List.of(linear(32, 2, false)));
        String message = assertThrows(IllegalStateException.class, () -> QuantizedLinear.replaceIn(fixed, "Q8_0")).getMessage();
        assertTrue(message.contains("field fixed of " + FixedList.class.getName()), message);
    }

    /** Its list is immutable. */
    private static final class FixedList extends AbstractBlock {
        private final List<Block> fixed;

        FixedList(List<Block> blocks) {
            super((byte) 1);
            fixed = blocks;
            blocks.forEach(b -> addChildBlock("child", b));
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList in, boolean training, PairList<String, Object> params) {
            return fixed.getFirst().forward(store, in, training);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return fixed.getFirst().getOutputShapes(shapes);
        }
    }

    @Test
    void everySchemeOfTheQuantizerIsOffered() {
        for (String scheme : Quantizer.schemes()) {
            assertEquals(scheme, ((QuantizedLinear) QuantizedLinear.replaceIn(linear(32, 2, false), scheme)).scheme());
        }
    }
}
