package org.djlquant.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerationConfigTest {
    private static final GenerationConfig DEFAULTS = GenerationConfig.DEFAULTS;

    @Test
    void readsNumbersAndTheirTexts() {
        GenerationConfig p = DEFAULTS.with(Map.of(
                "max_tokens", 7.0, "temperature", "0.5", "top_k", "3", "top_p", 0.9, "seed", Long.MAX_VALUE,
                "stop", List.of("a", "b"), "logit_bias", Map.of("5", -100, 7, "1.5"), "early_stopping", true));
        assertEquals(7, p.get(Parameter.MAX_NEW_TOKENS));
        assertEquals(0.5f, p.get(Parameter.TEMPERATURE));
        assertEquals(3, p.get(Parameter.TOP_K));
        assertEquals(0.9f, p.get(Parameter.TOP_P));
        assertEquals(Long.MAX_VALUE, p.get(Parameter.SEED));
        assertEquals(List.of("a", "b"), p.get(Parameter.STOP));
        assertEquals(Map.of(5, -100f, 7, 1.5f), p.get(Parameter.LOGIT_BIAS));
        assertEquals(EarlyStopping.TRUE, p.get(Parameter.EARLY_STOPPING));
        assertEquals(0, p.get(Parameter.NO_REPEAT_NGRAM_SIZE));
        assertEquals(p, DEFAULTS.with(Map.of(
                "max_new_tokens", "7", "temperature", 0.5, "top_k", 3L, "top_p", "0.9", "seed", "" + Long.MAX_VALUE,
                "stop_strings", List.of("a", "b"), "logit_bias", "5=-100,7=1.5", "early_stopping", "True", "min_p", 0)));
        assertEquals(List.of("x"), DEFAULTS.with(Map.of("stop", "x")).get(Parameter.STOP));
        assertEquals(9, DEFAULTS.with(Map.of("max_tokens", 5, "max_new_tokens", 9)).get(Parameter.MAX_NEW_TOKENS));
        List<List<Integer>> bad = List.of(List.of(1, 2), List.of(3));
        assertEquals(bad, DEFAULTS.with(Map.of("bad_words_ids", "1,2;3")).get(Parameter.BAD_WORDS_IDS));
        assertEquals(bad, DEFAULTS.with(Map.of("bad_words_ids", List.of(List.of(1, 2.0), List.of("3")))).get(Parameter.BAD_WORDS_IDS));
        assertEquals(Set.of(1, 2), DEFAULTS.with(Map.of("eos_token_id", "1, 2")).get(Parameter.EOS_TOKEN_ID));
        assertEquals(Set.of(1, 2), DEFAULTS.with(Map.of("eos_token_id", 1, "stop_token_ids", List.of(2))).endTokens());
        assertEquals(DEFAULTS, DEFAULTS.with(Map.of("eos_token_id", 1)).with(Map.of("eos_token_id", List.of())));
    }

    @Test
    void aTemperatureDecidesWhetherToSampleUnlessSaid() {
        assertFalse(DEFAULTS.get(Parameter.DO_SAMPLE));
        assertTrue(DEFAULTS.with(Map.of("temperature", 1)).get(Parameter.DO_SAMPLE));
        assertFalse(DEFAULTS.with(Map.of("temperature", 0)).get(Parameter.DO_SAMPLE));
        assertFalse(DEFAULTS.with(Map.of("temperature", 1, "do_sample", false)).get(Parameter.DO_SAMPLE));
        assertTrue(DEFAULTS.with(Map.of("do_sample", "true")).get(Parameter.DO_SAMPLE));
        assertEquals(1, DEFAULTS.with(Map.of("temperature", 0)).get(Parameter.TEMPERATURE));
        assertTrue(DEFAULTS.with(Parameter.TEMPERATURE, 0.7f).get(Parameter.DO_SAMPLE));
    }

    @Test
    void valuesThatExcludeEachOtherAreRefused() {
        for (Map<String, Object> request : List.<Map<String, Object>>of(
                Map.of("min_new_tokens", 9, "max_new_tokens", 8),
                Map.of("num_beams", 3, "temperature", 1),
                Map.of("num_beams", 3, "n", 4),
                Map.of("num_beams", 3, "echo", true))) {
            String message = assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(request)).getMessage();
            assertTrue(message.contains("must be") && message.contains("found"), message);
        }
        assertEquals(0, DEFAULTS.with(Map.of("max_tokens", 0, "echo", true)).get(Parameter.MAX_NEW_TOKENS));
        assertEquals(3, DEFAULTS.with(Map.of("num_beams", 3, "n", 3)).get(Parameter.N));
    }

    @Test
    void everyParameterCanBeReadFromItsDefault() {
        for (Parameter<?> parameter : Parameter.all()) {
            assertEquals(parameter, Parameter.byName(parameter.name()).orElseThrow());
            if (parameter.defaultValue() != null) {
                assertEquals(parameter.defaultValue(), parameter.read(parameter.defaultValue()), parameter.name());
            }
        }
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
        "typical_p, 0, 'in (0, 1]'",
        "frequency_penalty, -3, between -2 and 2",
        "presence_penalty, 2.1, between -2 and 2",
        "no_repeat_ngram_size, -1, 0 (off) or more",
        "logit_bias, 5, token ids with numbers between -100 and 100",
        "logit_bias, 5=101, between -100 and 100",
        "bad_words_ids, a, a whole number",
        "bad_words_ids, '1;;2', none of them empty",
        "eos_token_id, -1, a token id",
        "n, 17, between 1 and 16",
        "num_beams, 0, between 1 and 16",
        "length_penalty, high, a number",
        "early_stopping, often, 'true, false or never'",
        "top_logprobs, 21, between 0 and 20",
        "logits_processor, x, LogitsProcessor",
        "temprature, 1, 'known are bad_words, bad_words_ids, do_sample'"
    })
    void aBadValueNamesParameterAndRange(String name, String value, String expected) {
        String message = assertThrows(IllegalArgumentException.class, () -> DEFAULTS.with(Map.of(name, value))).getMessage();
        assertTrue(message.contains(name) && message.contains(expected), message);
    }

    @Test
    void readsBothFormsOfLogProbs() {
        assertEquals(-1, DEFAULTS.reportedLogProbs());
        assertEquals(0, DEFAULTS.with(Map.of("logprobs", true)).reportedLogProbs());
        assertEquals(3, DEFAULTS.with(Map.of("logprobs", "true", "top_logprobs", 3)).reportedLogProbs());
        assertEquals(5, DEFAULTS.with(Map.of("logprobs", 5)).reportedLogProbs());
        assertEquals(-1, DEFAULTS.with(Map.of("logprobs", false)).reportedLogProbs());
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
