package org.djlquant.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerationParametersTest {
    private static final GenerationParameters DEFAULTS = GenerationParameters.DEFAULTS;

    @Test
    void readsNumbersAndTheirTexts() {
        GenerationParameters p = DEFAULTS.with(Map.of(
                "max_tokens", 7.0, "temperature", "0.5", "top_k", "3", "top_p", 0.9, "min_p", 0.1, "repetition_penalty", 1.2, "seed",
                Long.MAX_VALUE, "stop", List.of("a", "b")));
        assertEquals(
                new GenerationParameters(7, true, 0.5f, 3, 0.9f, 0.1f, 1.2f, List.of("a", "b"), Long.MAX_VALUE, 0, -1), p);
        assertEquals(List.of("x"), DEFAULTS.with(Map.of("stop", "x")).stop());
        assertEquals(9, DEFAULTS.with(Map.of("max_tokens", 5, "max_new_tokens", 9)).maxNewTokens());
    }

    @Test
    void aTemperatureDecidesWhetherToSampleUnlessSaid() {
        assertFalse(DEFAULTS.doSample());
        assertTrue(DEFAULTS.with(Map.of("temperature", 1)).doSample());
        assertFalse(DEFAULTS.with(Map.of("temperature", 0)).doSample());
        assertFalse(DEFAULTS.with(Map.of("temperature", 1, "do_sample", false)).doSample());
        assertTrue(DEFAULTS.with(Map.of("do_sample", "true")).doSample());
        assertEquals(0, DEFAULTS.toConfig(Set.of()).temperature());
        assertEquals(0.7f, DEFAULTS.with(Map.of("temperature", 0.7)).toConfig(Set.of(1)).temperature());
    }

    @Test
    void withoutASeedEachRequestDrawsAnother() {
        assertNotEquals(DEFAULTS.toConfig(Set.of()).seed(), DEFAULTS.toConfig(Set.of()).seed());
        assertEquals(5, DEFAULTS.with(Map.of("seed", 5)).toConfig(Set.of()).seed());
    }

    @ParameterizedTest
    @CsvSource({
        "max_new_tokens, 0, at least 1",
        "max_new_tokens, 3000000000, at most",
        "max_new_tokens, many, a whole number",
        "max_new_tokens, 1.5, a whole number",
        "temperature, -1, between 0 and 100",
        "temperature, NaN, a number",
        "top_k, -1, 0 (off) or more",
        "top_p, 0, 'in (0, 1]'",
        "min_p, 2, between 0 and 1",
        "repetition_penalty, 0, 'in (0, 100]'",
        "do_sample, maybe, true or false",
        "temprature, 1, 'known are do_sample, logprobs, max_completion_tokens'"
    })
    void aBadValueNamesParameterAndRange(String name, String value, String expected) {
        String message = assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of(name, value))).getMessage();
        assertTrue(message.contains(name) && message.contains(expected), message);
    }

    @Test
    void readsBothFormsOfLogProbs() {
        assertEquals(-1, DEFAULTS.topLogProbs());
        assertEquals(0, DEFAULTS.with(Map.of("logprobs", true)).topLogProbs());
        assertEquals(3, DEFAULTS.with(Map.of("logprobs", "true", "top_logprobs", 3)).topLogProbs());
        assertEquals(5, DEFAULTS.with(Map.of("logprobs", 5)).topLogProbs());
        assertEquals(-1, DEFAULTS.with(Map.of("logprobs", false)).topLogProbs());
        assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of("top_logprobs", 3)));
        assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of("logprobs", true, "top_logprobs", 21)));
        assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of("logprobs", "some")));
    }

    @Test
    void refusesStopsThatAreNone() {
        assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of("stop", "")));
        assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of("stop", 5)));
        assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of("stop", List.of(5))));
        assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of("do_sample", true, "temperature", 0)));
    }
}
