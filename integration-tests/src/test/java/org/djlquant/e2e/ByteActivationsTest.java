package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.djlquant.kernel.ActivationType;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.djlquant.model.Sequence;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What rounding activations to 8 bits does to whole models. */
class ByteActivationsTest {
    /**
     * Logits beside those of the reference with float activations, as root mean square in units of the standard
     * deviation of the logits. Random weights do not average errors out as trained ones do.
     */
    @ParameterizedTest
    @CsvSource({
        "gguf-llama-q4_0, 0.04",
        "gguf-llama-q4_k, 0.04",
        "gguf-llama-k-mix, 0.04",
        "gguf-qwen2-q4_1, 0.04",
        "gguf-gpt2-q5_0, 0.04",
        "gguf-mistral-legacy-mix, 0.04",
        "llama-gptq-4bit-actorder, 0.04",
        "mistral-awq, 0.04"
    })
    void logitsStayClose(String name, double bound) {
        int[] prompt = GoldenModels.reference(name).prompt();
        float[] expected = GoldenModels.logits(name);
        try (CausalLM model = Models.load(
                        GoldenModels.open(name), ModelOptions.defaults().withActivations(ActivationType.INT8));
                Sequence whole = model.newSequence();
                Sequence steps = model.newSequence()) {
            assertTrue(model.report().kernels().endsWith(", 8-bit activations"), model.report().kernels());
            assertTrue(model.report().layouts().toString().contains("8-bit activations"), model.report().layouts().toString());
            Batch batch = new Batch();
            batch.add(whole, prompt, 0, prompt.length, Batch.Logits.ALL);
            model.forward(batch);
            float[] atOnce = batch.logits().clone();
            double error = error(expected, atOnce);
            assertTrue(error > 1e-4 && error < bound, name + ": relative error " + error);
            for (int t = 0; t < prompt.length; t++) {
                batch.clear();
                batch.add(steps, prompt, t, 1, Batch.Logits.LAST);
                model.forward(batch);
            }
            // many tokens and one by one are the same computation but for float rounding, which may tip a rounding to 8 bits
            int last = (prompt.length - 1) * model.vocabularySize();
            double difference = error(Arrays.copyOfRange(atOnce, last, last + model.vocabularySize()), batch.logits());
            assertTrue(difference < bound / 2, name + ": one by one differs by " + difference);
        }
    }

    /** Root mean square of the difference, in standard deviations of what is expected. */
    private static double error(float[] expected, float[] found) {
        double sum = 0;
        double squares = 0;
        double differences = 0;
        for (int i = 0; i < expected.length; i++) {
            sum += expected[i];
            squares += (double) expected[i] * expected[i];
            double difference = (double) expected[i] - found[i];
            differences += difference * difference;
        }
        double mean = sum / expected.length;
        return Math.sqrt(differences / expected.length / (squares / expected.length - mean * mean));
    }
}
