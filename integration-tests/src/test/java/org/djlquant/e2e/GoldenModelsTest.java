package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlquant.format.Checkpoints;
import org.djlquant.generate.Generation;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Generator;
import org.djlquant.generate.Request;
import org.djlquant.generate.TokenStream;
import org.djlquant.kernel.LayerCache;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.djlquant.model.Sequence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Logits and greedy tokens of every golden model, reached in every way a sequence can be fed. */
class GoldenModelsTest {
    private static final double MAX = 2e-3;
    private static final double RMS = 2e-4;

    static List<String> cases() {
        return GoldenModels.names();
    }

    private static CausalLM load(String name) {
        return Models.load(GoldenModels.open(name), ModelOptions.defaults());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aPromptGivesTheReferenceLogits(String name) {
        int[] prompt = GoldenModels.reference(name).prompt();
        try (CausalLM model = load(name);
                Sequence sequence = model.newSequence()) {
            Batch batch = new Batch();
            batch.add(sequence, prompt, 0, prompt.length, Batch.Logits.ALL);
            model.forward(batch);
            assertEquals(prompt.length, sequence.length());
            assertClose(GoldenModels.logits(name), 0, batch.logits(), 0, prompt.length * model.vocabularySize());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tokensOneByOneGiveTheReferenceLogits(String name) {
        int[] prompt = GoldenModels.reference(name).prompt();
        float[] expected = GoldenModels.logits(name);
        try (CausalLM model = load(name);
                Sequence sequence = model.newSequence()) {
            Batch batch = new Batch();
            sequence.expect(prompt.length); // the reference saw the whole prompt at once
            for (int t = 0; t < prompt.length; t++) {
                batch.clear();
                batch.add(sequence, prompt, t, 1, Batch.Logits.LAST);
                model.forward(batch);
                assertClose(expected, t * model.vocabularySize(), batch.logits(), 0, model.vocabularySize());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void chunksTruncationAndForksGiveTheReferenceLogits(String name) {
        int[] prompt = GoldenModels.reference(name).prompt();
        float[] expected = GoldenModels.logits(name);
        try (CausalLM model = load(name);
                Sequence sequence = model.newSequence()) {
            int vocabulary = model.vocabularySize();
            Batch batch = new Batch();
            batch.add(sequence, prompt, 0, 17, Batch.Logits.NONE);
            model.forward(batch);
            batch.clear();
            // Tokens that do not belong here, to be forgotten again.
            batch.add(sequence, prompt, 0, 9, Batch.Logits.NONE);
            model.forward(batch);
            sequence.truncate(17);
            try (Sequence fork = sequence.fork()) {
                sequence.truncate(3); // must not touch the fork
                fork.expect(prompt.length);
                batch.clear();
                int row = batch.add(fork, prompt, 17, prompt.length - 17, Batch.Logits.ALL);
                model.forward(batch);
                assertClose(expected, 17 * vocabulary, batch.logits(), row * vocabulary, (prompt.length - 17) * vocabulary);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void sequencesOfDifferentLengthShareAPass(String name) {
        int[] prompt = GoldenModels.reference(name).prompt();
        float[] expected = GoldenModels.logits(name);
        try (CausalLM model = load(name)) {
            int vocabulary = model.vocabularySize();
            int[] lengths = {40, 1, 23, 8, 31};
            Batch first = new Batch();
            Batch second = new Batch();
            List<Sequence> sequences = new ArrayList<>();
            for (int length : lengths) {
                Sequence sequence = model.newSequence();
                sequences.add(sequence);
                sequence.expect(prompt.length); // as transformers, where the longest row decides for all
                if (length > 1) {
                    first.add(sequence, prompt, 0, length - 1, Batch.Logits.NONE);
                }
                second.add(sequence, prompt, length - 1, 1, Batch.Logits.LAST);
            }
            model.forward(first);
            model.forward(second);
            for (int i = 0; i < lengths.length; i++) {
                assertClose(expected, (lengths[i] - 1) * vocabulary, second.logits(), i * vocabulary, vocabulary);
                assertEquals(lengths[i], sequences.get(i).length());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void greedyTokensAreTheReferenceTokens(String name) {
        GoldenModels.Reference reference = GoldenModels.reference(name);
        int n = reference.greedy().length;
        try (CausalLM model = load(name)) {
            Request whole = new Request(reference.prompt(), greedy(n));
            assertArrayEquals(reference.greedy(), Generator.generate(model, whole).tokens());

            // The same answer from the middle of itself, in one batch with others.
            int[] longer = Arrays.copyOf(reference.prompt(), reference.prompt().length + 5);
            System.arraycopy(reference.greedy(), 0, longer, reference.prompt().length, 5);
            List<Generation> batch = Generator.generate(
                    model, List.of(whole, new Request(longer, greedy(n - 5)), new Request(new int[] {1}, greedy(3)), whole));
            assertArrayEquals(reference.greedy(), batch.get(0).tokens());
            assertArrayEquals(Arrays.copyOfRange(reference.greedy(), 5, n), batch.get(1).tokens());
            assertEquals(3, batch.get(2).tokens().length);
            assertArrayEquals(reference.greedy(), batch.get(3).tokens());

            List<Integer> pulled = new ArrayList<>();
            try (TokenStream stream = TokenStream.open(model, whole)) {
                stream.forEachRemaining((int token) -> pulled.add(token));
            }
            assertArrayEquals(reference.greedy(), pulled.stream().mapToInt(i -> i).toArray());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aHalfCacheStaysWithinItsRounding(String name) {
        int[] prompt = GoldenModels.reference(name).prompt();
        float[] expected = GoldenModels.logits(name);
        ModelOptions half = ModelOptions.defaults().withKvCacheType(LayerCache.Type.F16);
        try (CausalLM model = Models.load(GoldenModels.open(name), half);
                Sequence sequence = model.newSequence()) {
            Batch batch = new Batch();
            batch.add(sequence, prompt, 0, prompt.length, Batch.Logits.ALL);
            model.forward(batch);
            double rms = rms(expected, 0, batch.logits(), 0, expected.length);
            // Rounding keys and values to 11 bits moves logits of standard deviation 3 by about this.
            assertTrue(rms < 5e-3, () -> name + ": rms " + rms);
        }
    }

    /** Its rotation changes beyond 47 positions, for the earlier ones too. */
    @Test
    void aSequenceIsComputedAnewWhenItsRotationChanges() {
        String name = "phi3-f16-longrope-later";
        GoldenModels.Reference reference = GoldenModels.reference(name);
        int[] all = Arrays.copyOf(reference.prompt(), 50);
        System.arraycopy(reference.greedy(), 0, all, 40, 10);
        try (CausalLM model = load(name);
                Sequence whole = model.newSequence();
                Sequence grown = model.newSequence()) {
            int vocabulary = model.vocabularySize();
            float[] atOnce = run(model, whole, all, 0, 50, Batch.Logits.LAST);
            run(model, grown, all, 0, 40, Batch.Logits.NONE);
            run(model, grown, all, 40, 7, Batch.Logits.NONE);
            Sequence fork = grown.fork();
            assertClose(atOnce, 0, run(model, grown, all, 47, 3, Batch.Logits.LAST), 0, vocabulary);
            assertClose(atOnce, 0, run(model, fork, all, 47, 3, Batch.Logits.LAST), 0, vocabulary);
            assertEquals(50, grown.length());
            // and back within reach
            grown.truncate(25);
            assertClose(
                    GoldenModels.logits(name), 25 * vocabulary,
                    run(model, grown, all, 25, 15, Batch.Logits.ALL), 0, 15 * vocabulary);
        }
    }

    /** transformers 5 writes all that concerns the rotation into one object, Gemma 3 one for each kind of layer. */
    @ParameterizedTest
    @ValueSource(strings = {"gemma3-bf16", "glm-bf16"})
    void configurationsMayBeThoseOfTransformers5(String name, @TempDir Path folder) throws Exception {
        Path source = GoldenModels.checkpoint(name);
        Files.copy(source.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        JsonObject config = JsonParser.parseString(Files.readString(source.resolve("config.json"))).getAsJsonObject();
        JsonObject rope = new JsonObject();
        if (name.startsWith("gemma3")) {
            JsonObject global = config.remove("rope_scaling").getAsJsonObject();
            global.add("rope_theta", config.remove("rope_theta"));
            JsonObject local = new JsonObject();
            local.addProperty("rope_type", "default");
            local.add("rope_theta", config.remove("rope_local_base_freq"));
            rope.add("full_attention", global);
            rope.add("sliding_attention", local);
            config.remove("sliding_window_pattern");
            JsonArray types = new JsonArray();
            List.of("sliding", "sliding", "full", "sliding").forEach(type -> types.add(type + "_attention"));
            config.add("layer_types", types);
        } else {
            rope.addProperty("rope_type", "default");
            rope.add("rope_theta", config.remove("rope_theta"));
            rope.add("partial_rotary_factor", config.remove("partial_rotary_factor"));
        }
        config.add("rope_parameters", rope);
        Files.writeString(folder.resolve("config.json"), config.toString());
        int[] prompt = GoldenModels.reference(name).prompt();
        try (CausalLM model = Models.load(Checkpoints.open(folder), ModelOptions.defaults());
                Sequence sequence = model.newSequence()) {
            float[] logits = run(model, sequence, prompt, 0, prompt.length, Batch.Logits.ALL);
            assertClose(GoldenModels.logits(name), 0, logits, 0, prompt.length * model.vocabularySize());
        }
    }

    private static float[] run(CausalLM model, Sequence sequence, int[] tokens, int from, int count, Batch.Logits which) {
        Batch batch = new Batch();
        batch.add(sequence, tokens, from, count, which);
        model.forward(batch);
        return batch.logits();
    }

    private static GenerationConfig greedy(int tokens) {
        return GenerationConfig.greedy(tokens);
    }

    private static void assertClose(float[] expected, int expectedFrom, float[] found, int foundFrom, int n) {
        double max = 0;
        for (int i = 0; i < n; i++) {
            double difference = Math.abs((double) expected[expectedFrom + i] - found[foundFrom + i]);
            assertTrue(difference <= MAX, "difference " + difference + " at " + i);
            max = Math.max(max, difference);
        }
        double rms = rms(expected, expectedFrom, found, foundFrom, n);
        assertTrue(rms <= RMS, "rms " + rms + ", largest difference " + max);
    }

    private static double rms(float[] expected, int expectedFrom, float[] found, int foundFrom, int n) {
        double squares = 0;
        for (int i = 0; i < n; i++) {
            double difference = (double) expected[expectedFrom + i] - found[foundFrom + i];
            squares += difference * difference;
        }
        return Math.sqrt(squares / n);
    }
}
