package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ids in, logits out, through Criteria and Predictor. */
class NDListTest {
    private static final double MAX = 2e-3;

    static List<String> cases() {
        return GoldenModels.names();
    }

    private static ZooModel<NDList, NDList> load(String name) throws Exception {
        return Criteria.builder()
                .setTypes(NDList.class, NDList.class)
                .optModelPath(GoldenModels.checkpoint(name))
                .optEngine("Quant")
                .build()
                .loadModel();
    }

    private static void assertRow(float[] expected, int from, float[] found, int at, int vocabulary) {
        for (int v = 0; v < vocabulary; v++) {
            assertEquals(expected[from * vocabulary + v], found[at * vocabulary + v], MAX, "row " + at + ", token " + v);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void paddingOnAnySideChangesNothing(String name) throws Exception {
        int[] prompt = GoldenModels.reference(name).prompt();
        float[] expected = GoldenModels.logits(name);
        int vocabulary = expected.length / prompt.length;
        int columns = prompt.length + 3;
        // the whole prompt padded left, a shorter one padded right, and one with holes
        int[][] starts = {{3, prompt.length}, {0, 7}, {-1, 9}};
        long[] ids = new long[3 * columns];
        long[] mask = new long[ids.length];
        int[][] place = new int[3][prompt.length];
        for (int row = 0; row < 3; row++) {
            for (int i = 0; i < starts[row][1]; i++) {
                int column = starts[row][0] < 0 ? 2 * i : starts[row][0] + i;
                place[row][i] = row * columns + column;
                ids[place[row][i]] = prompt[i];
                mask[place[row][i]] = 1;
            }
        }
        try (ZooModel<NDList, NDList> model = load(name);
                Predictor<NDList, NDList> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            Shape shape = new Shape(3, columns);
            NDArray logits = predictor
                    .predict(new NDList(manager.create(ids, shape), manager.create(mask, shape)))
                    .singletonOrThrow();
            assertEquals(new Shape(3, columns, vocabulary), logits.getShape());
            assertEquals(DataType.FLOAT32, logits.getDataType());
            float[] found = logits.toFloatArray();
            logits.close();
            for (int row = 0; row < 3; row++) {
                for (int i = 0; i < starts[row][1]; i++) {
                    assertRow(expected, i, found, place[row][i], vocabulary);
                }
            }
            for (int i = 0; i < mask.length; i++) {
                if (mask[i] == 0) {
                    assertArrayEquals(new float[vocabulary], Arrays.copyOfRange(found, i * vocabulary, (i + 1) * vocabulary));
                }
            }
        }
    }

    @Test
    void idsAloneAreOneSequenceARow() throws Exception {
        String name = "gguf-mistral-f32";
        int[] prompt = GoldenModels.reference(name).prompt();
        float[] expected = GoldenModels.logits(name);
        try (ZooModel<NDList, NDList> model = load(name);
                Predictor<NDList, NDList> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            NDArray ids = manager.create(prompt, new Shape(1, prompt.length));
            NDArray logits = predictor.predict(new NDList(ids)).singletonOrThrow();
            assertArrayEquals(expected, logits.toFloatArray(), (float) MAX);
            logits.close();
        }
    }

    @Test
    void badInputIsNamed() throws Exception {
        try (ZooModel<NDList, NDList> model = load("gguf-mistral-f32");
                Predictor<NDList, NDList> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            NDArray outside = manager.create(new long[] {1, 100_000}, new Shape(1, 2));
            assertMessage(predictor, new NDList(outside), "token id 100000 in row 0, column 1");
            assertMessage(predictor, new NDList(manager.create(new long[] {1, 2})), "must be (batch, tokens)");
            assertMessage(predictor, new NDList(manager.ones(new Shape(1, 2))), "must be INT64");
            NDArray ids = manager.ones(new Shape(1, 2), DataType.INT64);
            assertMessage(predictor, new NDList(ids, manager.ones(new Shape(1, 3), DataType.INT64)), "must be (1, 2)");
            NDArray tooLong = manager.ones(new Shape(1, 100_000), DataType.INT64);
            assertMessage(predictor, new NDList(tooLong), "context length");
        }
    }

    private static void assertMessage(Predictor<NDList, NDList> predictor, NDList input, String part) {
        String message = assertThrows(TranslateException.class, () -> predictor.predict(input)).getMessage();
        assertTrue(message.contains(part), message);
    }
}
