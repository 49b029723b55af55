package org.djlquant.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The sampler chain against transformers' processors; data by {@code reference/sampling.py}. */
class SamplerGoldenTest {
    record Golden(int[] prompt, int[] answer, List<Integer> eos, Map<String, float[]> logits, List<Case> cases) {
        TokenHistory history() {
            TokenHistory history = new TokenHistory(prompt);
            for (int token : answer) {
                history.add(token);
            }
            return history;
        }

        Sampler sampler(Case c, long seed) {
            return new Sampler(GenerationConfig.DEFAULTS
                    .with(Map.of("do_sample", true, "top_k", 0, "seed", seed, "eos_token_id", eos))
                    .with(c.settings));
        }
    }

    record Case(String logits, Map<String, Object> settings, List<Float> left) {
        @Override
        public String toString() {
            return logits + " " + settings;
        }
    }

    private static Golden golden() throws IOException {
        try (InputStream in = SamplerGoldenTest.class.getResourceAsStream("/golden/sampling.json")) {
            return new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Golden.class);
        }
    }

    @TestFactory
    List<DynamicTest> leavesWhatTransformersLeaves() throws IOException {
        Golden golden = golden();
        return golden.cases().stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
            float[] logits = golden.logits().get(c.logits());
            Sampler sampler = golden.sampler(c, 1);
            float[] left = sampler.process(golden.history(), logits, 0, logits.length);
            for (int i = 0; i < logits.length; i++) {
                Float expected = c.left().get(i);
                if (expected == null) {
                    assertEquals(Float.NEGATIVE_INFINITY, left[i], "token " + i);
                } else {
                    assertEquals(expected, left[i], 1e-6f * Math.abs(expected), "token " + i);
                }
            }
        })).toList();
    }

    @TestFactory
    List<DynamicTest> drawsInProportion() throws IOException {
        Golden golden = golden();
        return golden.cases().stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
            float[] logits = golden.logits().get(c.logits());
            int draws = 20_000;
            int[] counts = new int[logits.length];
            Sampler sampler = golden.sampler(c, 12345);
            TokenHistory history = golden.history();
            for (int i = 0; i < draws; i++) {
                counts[sampler.sample(history, logits, 0, logits.length)]++;
            }
            double total = c.left().stream().mapToDouble(v -> v == null ? 0 : Math.exp(v)).sum();
            for (int i = 0; i < logits.length; i++) {
                double p = c.left().get(i) == null ? 0 : Math.exp(c.left().get(i)) / total;
                double deviation = 5 * Math.sqrt(draws * p * (1 - p)) + 1; // five sigma
                if (p == 0) {
                    assertEquals(0, counts[i], "token " + i + " was removed");
                } else {
                    assertTrue(Math.abs(counts[i] - draws * p) <= deviation, "token " + i + ": " + counts[i] + " of " + draws * p);
                }
            }
        })).toList();
    }
}
