package org.djlquant.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.djlquant.format.Checkpoints;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole generations with a tiny model against transformers; data by {@code reference/generation.py}. */
class GenerationGoldenTest {
    record Golden(List<Case> cases, int[] text, double[] logProbs, List<Windows> windows) {}

    record Case(int[] prompt, Map<String, Object> settings, List<Answer> answers) {}

    record Answer(int[] tokens, FinishReason finish, double score) {}

    record Windows(int context, int stride, int bos, double nats, int tokens) {}

    private static Golden golden(String name) {
        try (InputStreamReader in = new InputStreamReader(
                GenerationGoldenTest.class.getResourceAsStream("/golden/generation.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(in, new TypeToken<Map<String, Golden>>() {}).get(name);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static CausalLM load(String name) {
        try {
            Path folder = Path.of(GenerationGoldenTest.class.getResource("/golden/models/" + name).toURI());
            return Models.load(Checkpoints.open(folder), ModelOptions.defaults());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-f32", "mistral-f32-window"})
    void findsTheAnswersOfTransformers(String name) {
        Golden golden = golden(name);
        try (CausalLM model = load(name)) {
            for (Case c : golden.cases) {
                GenerationConfig config = GenerationConfig.DEFAULTS.with(c.settings);
                Request request = new Request(c.prompt, config);
                if (config.get(Parameter.NUM_BEAMS) == 1) {
                    Generation found = Generator.generate(model, request);
                    assertArrayEquals(c.answers.getFirst().tokens, found.tokens(), c.settings::toString);
                    assertEquals(c.answers.getFirst().finish, found.finish(), c.settings::toString);
                    continue;
                }
                List<Beam> beams = Generator.beams(model, request);
                assertEquals(c.answers.size(), beams.size(), c.settings::toString);
                for (int i = 0; i < beams.size(); i++) {
                    Answer expected = c.answers.get(i);
                    Beam found = beams.get(i);
                    assertArrayEquals(expected.tokens, found.generation().tokens(), c.settings + " answer " + i);
                    assertEquals(expected.finish, found.generation().finish(), c.settings::toString);
                    assertEquals(expected.score, found.score(), 1e-3 * Math.abs(expected.score), c.settings::toString);
                }
                assertEquals(0, model.pool().stats().reservedBytes());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-f32", "mistral-f32-window"})
    void aBeamReportsTheLogProbabilitiesOfItsTokens(String name) {
        Case c = golden(name).cases.getFirst();
        TokenListener two = new TokenListener() {
            @Override
            public boolean onToken(int token) {
                return true;
            }

            @Override
            public int topLogProbs() {
                return 2;
            }
        };
        try (CausalLM model = load(name)) {
            GenerationConfig config = GenerationConfig.DEFAULTS.with(c.settings).with(Parameter.LENGTH_PENALTY, 0f);
            for (Beam beam : Generator.beams(model, new Request(c.prompt, config, two, new Cancellation()))) {
                int[] tokens = beam.generation().tokens();
                assertArrayEquals(tokens, beam.logProbs().stream().mapToInt(TokenLogProbs::token).toArray());
                double sum = beam.logProbs().stream().mapToDouble(TokenLogProbs::logProb).sum();
                boolean ended = beam.generation().finish() == FinishReason.STOP;
                assertTrue(ended ? beam.score() < sum : Math.abs(beam.score() - sum) < 1e-4, beam::toString);
                assertEquals(2, beam.logProbs().getFirst().topTokens().length);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-f32", "mistral-f32-window"})
    void scoresATextAsTransformersDoes(String name) {
        Golden golden = golden(name);
        try (CausalLM model = load(name)) {
            GenerationConfig config =
                    GenerationConfig.DEFAULTS.with(Map.of("echo", true, "max_new_tokens", 0, "logprobs", true));
            for (int round = 0; round < 2; round++) { // the second finds the text in the cache of prompts
                List<TokenLogProbs> heard = new ArrayList<>();
                TokenListener listener = new TokenListener() {
                    @Override
                    public boolean onToken(int token) {
                        throw new AssertionError("no token was asked for");
                    }

                    @Override
                    public int topLogProbs() {
                        return 0;
                    }

                    @Override
                    public void onPromptLogProbs(TokenLogProbs logProbs) {
                        heard.add(logProbs);
                    }
                };
                Generation found = Generator.generate(model, new Request(golden.text, config, listener, new Cancellation()));
                assertEquals(0, found.tokens().length);
                assertEquals(FinishReason.LENGTH, found.finish());
                assertArrayEquals(
                        Arrays.copyOfRange(golden.text, 1, golden.text.length),
                        heard.stream().mapToInt(TokenLogProbs::token).toArray());
                assertArrayEquals(
                        golden.logProbs, heard.stream().mapToDouble(TokenLogProbs::logProb).toArray(), 2e-3);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-f32", "mistral-f32-window"})
    void windowsSlideAsInTransformersGuide(String name) {
        Golden golden = golden(name);
        try (CausalLM model = load(name)) {
            for (Windows w : golden.windows) {
                List<Perplexity> progress = new ArrayList<>();
                Perplexity found =
                        Perplexity.measure(model, golden.text, w.bos, w.context, w.stride, progress::add);
                assertEquals(w.tokens, found.tokens(), w::toString);
                assertEquals(w.nats, found.nats(), 1e-4 * w.nats, w::toString);
                assertEquals(found, progress.getLast());
                assertEquals(Math.exp(w.nats / w.tokens), found.perplexity(), 1e-3 * found.perplexity());
            }
            assertEquals(0, model.pool().stats().reservedBytes());
            for (int[] wrong : new int[][] {{1, 1}, {1000, 1}, {16, 17}, {16, 0}}) {
                String message = assertThrows(
                                IllegalArgumentException.class,
                                () -> Perplexity.measure(model, golden.text, -1, wrong[0], wrong[1], soFar -> {}))
                        .getMessage();
                assertTrue(message.contains("must be between") && message.contains("found"), message);
            }
        }
    }
}
