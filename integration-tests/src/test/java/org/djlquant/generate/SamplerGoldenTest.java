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
    record Golden(int[] prompt, Map<String, float[]> logits, List<Case> cases) {}

    record Case(String logits, float temperature, int topK, float topP, float minP, float repetitionPenalty, List<Float> left) {
        GenerationConfig config(long seed) {
            return GenerationConfig.greedy(1).with(Map.of(
                    "temperature", temperature, "top_k", topK, "top_p", topP, "min_p", minP,
                    "repetition_penalty", repetitionPenalty, "seed", seed));
        }

        @Override
        public String toString() {
            return logits + " temperature " + temperature + " top_k " + topK + " top_p " + topP + " min_p " + minP
                    + " repetition_penalty " + repetitionPenalty;
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
            Sampler sampler = new Sampler(c.config(1));
            float[] left = sampler.process(new TokenHistory(golden.prompt()), logits, 0, logits.length);
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
            Sampler sampler = new Sampler(c.config(12345));
            TokenHistory history = new TokenHistory(golden.prompt());
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
