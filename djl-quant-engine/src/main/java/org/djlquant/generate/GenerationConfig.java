package org.djlquant.generate;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * How tokens are chosen and when to stop: a value for each {@link Parameter}, its default where none is set. Immutable.
 * Stop strings and bad words live with the tokenizer, so this package leaves {@link Parameter#STOP} and {@link
 * Parameter#BAD_WORDS} to its callers.
 */
public final class GenerationConfig {
    /** Greedy, at most 512 tokens, no end token. */
    public static final GenerationConfig DEFAULTS = new GenerationConfig(Map.of());

    private final Map<Parameter<?>, Object> values;

    private GenerationConfig(Map<Parameter<?>, Object> values) {
        // what equals a default is not kept, so that equal meanings are equal
        Map<Parameter<?>, Object> kept = new HashMap<>(values);
        kept.entrySet().removeIf(each -> each.getValue().equals(each.getKey().defaultValue()));
        this.values = Map.copyOf(kept);
    }

    /** Greedy, with an end. */
    public static GenerationConfig greedy(int maxNewTokens) {
        return DEFAULTS.with(Parameter.MAX_NEW_TOKENS, maxNewTokens);
    }

    /** The value of a parameter. */
    @SuppressWarnings("unchecked")
    public <T> T get(Parameter<T> parameter) {
        Object value = values.get(parameter);
        return value == null ? parameter.defaultValue() : (T) value;
    }

    /** The same with one parameter changed; see {@link #with(Map)}. */
    public <T> GenerationConfig with(Parameter<T> parameter, T value) {
        return with(Map.of(parameter.name(), value));
    }

    /**
     * These values with those of a request put over them. A temperature in the request decides, unless {@code do_sample}
     * is given too, whether to sample: 0 means greedy.
     *
     * @param request values by name, as numbers, booleans and lists or as their text; null counts as not given
     * @throws IllegalArgumentException for an unknown name (the known ones are listed), a value of the wrong type or
     *     outside its range (which is named), or values that exclude each other
     */
    public GenerationConfig with(Map<String, ?> request) {
        if (request.isEmpty()) {
            return this;
        }
        for (String name : request.keySet()) {
            if (Parameter.byName(name).isEmpty()) {
                throw new IllegalArgumentException(
                        "unknown parameter " + name + "; known are " + String.join(", ", Parameter.allNames()));
            }
        }
        Map<Parameter<?>, Object> given = new HashMap<>();
        for (Parameter<?> parameter : Parameter.all()) {
            for (String name : parameter.names()) {
                Object value = request.get(name);
                if (value != null && !given.containsKey(parameter)) {
                    given.put(parameter, parameter.read(value));
                }
            }
        }
        if (given.get(Parameter.TEMPERATURE) instanceof Float temperature) {
            given.putIfAbsent(Parameter.DO_SAMPLE, temperature > 0);
            if (temperature == 0 && given.get(Parameter.DO_SAMPLE).equals(false)) {
                given.remove(Parameter.TEMPERATURE); // said only that it is greedy
            }
        }
        Map<Parameter<?>, Object> all = new HashMap<>(values);
        all.putAll(given);
        GenerationConfig changed = new GenerationConfig(all);
        changed.check();
        require(
                !given.containsKey(Parameter.TOP_LOGPROBS) || changed.get(Parameter.LOGPROBS) >= 0,
                "top_logprobs needs logprobs to be true");
        return changed;
    }

    private void check() {
        int most = get(Parameter.MAX_NEW_TOKENS);
        int least = get(Parameter.MIN_NEW_TOKENS);
        int beams = get(Parameter.NUM_BEAMS);
        int answers = get(Parameter.N);
        require(most > 0 || get(Parameter.ECHO), "max_new_tokens must be at least 1 (0 with echo), found 0");
        require(
                least <= most,
                "min_new_tokens must be at most max_new_tokens, which is " + most + ", found " + least);
        require(
                !get(Parameter.DO_SAMPLE) || get(Parameter.TEMPERATURE) > 0,
                "temperature must be more than 0 when do_sample is true, found 0; leave do_sample out for greedy answers");
        require(
                beams == 1 || !get(Parameter.DO_SAMPLE),
                "num_beams must be 1 when tokens are drawn at random, found " + beams
                        + "; set do_sample to false for a beam search");
        require(beams == 1 || !get(Parameter.ECHO), "num_beams must be 1 with echo, found " + beams);
        require(beams == 1 || answers <= beams, "n must be at most num_beams, which is " + beams + ", found " + answers);
    }

    private static void require(boolean ok, String message) {
        if (!ok) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Tokens that end the answer: those of {@link Parameter#EOS_TOKEN_ID} and {@link Parameter#STOP_TOKEN_IDS}. */
    public Set<Integer> endTokens() {
        Set<Integer> more = get(Parameter.STOP_TOKEN_IDS);
        if (more.isEmpty()) {
            return get(Parameter.EOS_TOKEN_ID);
        }
        Set<Integer> both = new HashSet<>(get(Parameter.EOS_TOKEN_ID));
        both.addAll(more);
        return both;
    }

    /** How many of the likeliest tokens to report beside each token's log-probability; −1 = report nothing. */
    public int reportedLogProbs() {
        int logProbs = get(Parameter.LOGPROBS);
        return logProbs < 0 ? -1 : Math.max(logProbs, get(Parameter.TOP_LOGPROBS));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GenerationConfig config && values.equals(config.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    /** The values that are set. */
    @Override
    public String toString() {
        return values.toString();
    }
}
