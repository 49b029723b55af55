package org.djlquant.translate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.djlquant.generate.GenerationConfig;

/**
 * How to generate, by the names and with the meanings of transformers. Immutable.
 *
 * @param maxNewTokens most tokens to generate
 * @param doSample whether tokens are drawn at random; otherwise the likeliest one is taken (greedy)
 * @param temperature divides the logits before drawing
 * @param topK draw from the k likeliest tokens; 0 = all
 * @param topP draw from the smallest set of tokens whose probability reaches it; 1 = all
 * @param minP draw from tokens with at least this share of the likeliest one's probability; 0 = all
 * @param repetitionPenalty makes tokens that occurred less likely; 1 = off
 * @param stop texts that end the answer and are not part of it
 * @param seed start of the random generator; {@code null} = another one each time
 * @param promptLookupNumTokens most tokens to guess from the text so far and to check in one pass; 0 = none
 * @param topLogProbs how many of the likeliest tokens to report beside each token's log-probability; −1 = report nothing
 */
public record GenerationParameters(
        int maxNewTokens,
        boolean doSample,
        float temperature,
        int topK,
        float topP,
        float minP,
        float repetitionPenalty,
        List<String> stop,
        Long seed,
        int promptLookupNumTokens,
        int topLogProbs) {

    /** Names that {@link #with(Map)} understands. */
    public static final Set<String> NAMES = Set.of(
            "max_new_tokens",
            "max_tokens",
            "max_completion_tokens",
            "do_sample",
            "temperature",
            "top_k",
            "top_p",
            "min_p",
            "repetition_penalty",
            "stop",
            "seed",
            "prompt_lookup_num_tokens",
            "logprobs",
            "top_logprobs");

    private static final int MAX_TOP_LOG_PROBS = 20;

    /** What a model without generation_config.json does: greedy, at most 512 tokens; if sampling, from the 50 likeliest. */
    public static final GenerationParameters DEFAULTS =
            new GenerationParameters(512, false, 1f, 50, 1f, 0f, 1f, List.of(), null, 0, -1);

    /** Checks every range; the message names the parameter, its range and what was found. */
    public GenerationParameters {
        stop = List.copyOf(stop);
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("stop must not hold an empty text");
        }
        if (doSample && temperature == 0) {
            throw new IllegalArgumentException(
                    "temperature must be more than 0 when do_sample is true, found 0; leave do_sample out for greedy answers");
        }
        // the generator's own record checks the ranges, so that they stand in one place
        new GenerationConfig(maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, 0, Set.of(), promptLookupNumTokens);
    }

    /**
     * These parameters with those of a request put over them. A temperature in the request decides,
     * unless {@code do_sample} is given too, whether to sample: 0 means greedy.
     *
     * @param request values by name, as numbers, booleans and lists or as their text
     * @throws IllegalArgumentException for an unknown name (the known ones are listed), a value of the wrong type or
     *     outside its range
     */
    public GenerationParameters with(Map<String, ?> request) {
        for (String name : request.keySet()) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException(
                        "unknown parameter " + name + "; known are " + String.join(", ", new TreeSet<>(NAMES)));
            }
        }
        Float temp = request.get("temperature") == null ? null : real(request, "temperature", 0);
        boolean sample = temp == null ? doSample : temp > 0;
        sample = bool(request, "do_sample", sample);
        int most = integer(request, "max_completion_tokens", integer(request, "max_tokens", maxNewTokens));
        Object seedValue = request.get("seed");
        return new GenerationParameters(
                integer(request, "max_new_tokens", most),
                sample,
                temp == null || temp == 0 && !sample ? temperature : temp,
                integer(request, "top_k", topK),
                real(request, "top_p", topP),
                real(request, "min_p", minP),
                real(request, "repetition_penalty", repetitionPenalty),
                request.get("stop") == null ? stop : strings(request.get("stop")),
                seedValue == null ? seed : (Long) whole("seed", seedValue),
                integer(request, "prompt_lookup_num_tokens", promptLookupNumTokens),
                logProbs(request));
    }

    /** {@code logprobs} is a switch, with {@code top_logprobs} beside it, or (OpenAI's completions) the number itself. */
    private int logProbs(Map<String, ?> request) {
        Object value = request.get("logprobs");
        int top = integer(request, "top_logprobs", 0);
        if (value == null) {
            if (request.get("top_logprobs") != null) {
                throw new IllegalArgumentException("top_logprobs needs logprobs to be true");
            }
            return topLogProbs;
        }
        String text = value.toString().strip().toLowerCase(Locale.ROOT);
        if (text.equals("false")) {
            return -1;
        }
        int wanted = text.equals("true") ? top : integer(request, "logprobs", 0);
        if (wanted < 0 || wanted > MAX_TOP_LOG_PROBS) {
            throw new IllegalArgumentException(
                    "top_logprobs must be between 0 and " + MAX_TOP_LOG_PROBS + ", found " + wanted);
        }
        return wanted;
    }

    /** The form the generator takes; draws a seed if none is set. */
    GenerationConfig toConfig(Set<Integer> eosTokenIds) {
        long start = seed != null ? seed : ThreadLocalRandom.current().nextLong();
        float t = doSample ? temperature : 0;
        return new GenerationConfig(
                maxNewTokens, t, topK, topP, minP, repetitionPenalty, start, eosTokenIds, promptLookupNumTokens);
    }

    private static int integer(Map<String, ?> request, String name, int byDefault) {
        Object value = request.get(name);
        if (value == null) {
            return byDefault;
        }
        long number = whole(name, value);
        if (number != (int) number) {
            throw new IllegalArgumentException(name + " must be at most " + Integer.MAX_VALUE + ", found " + number);
        }
        return (int) number;
    }

    private static long whole(String name, Object value) {
        double number = parse(name, value, "a whole number");
        if (value instanceof Long || value instanceof Integer) {
            return ((Number) value).longValue();
        }
        if (number != Math.rint(number) || Math.abs(number) > 1L << 53) {
            throw new IllegalArgumentException(name + " must be a whole number, found " + value);
        }
        return (long) number;
    }

    private static float real(Map<String, ?> request, String name, float byDefault) {
        Object value = request.get(name);
        return value == null ? byDefault : (float) parse(name, value, "a number");
    }

    private static double parse(String name, Object value, String wanted) {
        try {
            double number = value instanceof Number n ? n.doubleValue() : Double.parseDouble(value.toString().strip());
            if (!Double.isNaN(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the message below says what is wrong
        }
        throw new IllegalArgumentException(name + " must be " + wanted + ", found " + value);
    }

    private static boolean bool(Map<String, ?> request, String name, boolean byDefault) {
        Object value = request.get(name);
        if (value == null) {
            return byDefault;
        }
        return switch (value.toString().strip()) {
            case "true", "True" -> true;
            case "false", "False" -> false;
            default -> throw new IllegalArgumentException(name + " must be true or false, found " + value);
        };
    }

    private static List<String> strings(Object value) {
        if (value instanceof Iterable<?> many) {
            List<String> texts = new ArrayList<>();
            for (Object each : many) {
                if (!(each instanceof String text)) {
                    throw new IllegalArgumentException("stop must hold texts, found " + each);
                }
                texts.add(text);
            }
            return texts;
        }
        if (value instanceof String text) {
            return List.of(text);
        }
        throw new IllegalArgumentException("stop must be a text or a list of texts, found " + value);
    }
}
