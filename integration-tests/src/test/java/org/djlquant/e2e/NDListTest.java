package org.djlquant.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.InputStreamReader;
import java.io.Reader;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** As DJL's TextGenerator asks: positions beside the mask, here those that count unmasked tokens. */
    @ParameterizedTest
    @MethodSource("cases")
    void positionsBesideThePaddingChangeNothing(String name) throws Exception {
        int[] prompt = GoldenModels.reference(name).prompt();
        float[] expected = GoldenModels.logits(name);
        int vocabulary = expected.length / prompt.length;
        int columns = prompt.length + 4;
        long[] ids = new long[columns];
        long[] mask = new long[columns];
        long[] positions = new long[columns];
        Arrays.fill(positions, -1);
        for (int i = 0; i < prompt.length; i++) {
            ids[4 + i] = prompt[i];
            mask[4 + i] = 1;
            positions[4 + i] = i;
        }
        float[] found = firstOf(name, ids, positions, mask);
        for (int i = 0; i < prompt.length; i++) {
            assertRow(expected, i, found, 4 + i, vocabulary);
        }
    }

    private record AtPositions(long[] tokens, long[] positions, float[] logits) {}

    static Map<String, AtPositions> atPositions() throws Exception {
        try (Reader json = new InputStreamReader(NDListTest.class.getResourceAsStream("/golden/positions.json"), UTF_8)) {
            return new Gson().fromJson(json, new TypeToken<Map<String, AtPositions>>() {}.getType());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-f32", "opt-f16", "mistral-f32-window", "gemma3-bf16", "glm4-f16"})
    void positionsMayCountOtherwise(String name) throws Exception {
        AtPositions reference = atPositions().get(name);
        int tokens = reference.tokens().length;
        long[] mask = new long[tokens];
        Arrays.fill(mask, 1);
        float[] found = firstOf(name, reference.tokens(), reference.positions(), mask);
        assertRow(reference.logits(), 0, found, tokens - 1, reference.logits().length);
    }

    /** The logits of one row, from the form of input with positions. */
    private static float[] firstOf(String name, long[] ids, long[] positions, long[] mask) throws Exception {
        Shape shape = new Shape(1, ids.length);
        try (ZooModel<NDList, NDList> model = load(name);
                Predictor<NDList, NDList> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            NDList input = new NDList(
                    manager.create(ids, shape), manager.create(positions, shape), manager.create(mask, shape));
            try (NDList output = predictor.predict(input)) {
                return output.head().toFloatArray();
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
            NDArray far = manager.create(new long[] {0, 100_000}, new Shape(1, 2));
            assertMessage(predictor, new NDList(ids, far, ids), "position 100000 in row 0, column 1");
            assertMessage(predictor, new NDList(ids, ids.reshape(2).get("0:1"), ids), "the positions must be (1, 2)");
            NDArray tooLong = manager.ones(new Shape(1, 100_000), DataType.INT64);
            assertMessage(predictor, new NDList(tooLong), "context length");
        }
    }

    private static void assertMessage(Predictor<NDList, NDList> predictor, NDList input, String part) {
        String message = assertThrows(TranslateException.class, () -> predictor.predict(input)).getMessage();
        assertTrue(message.contains(part), message);
    }
}
