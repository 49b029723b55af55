package org.djlquant.generate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A parameter of generation: its names, range, default and meaning. This table is the one place that lists them; requests,
 * JSON, the command line, generation_config.json and docs/generation.md all go by it. Names and meanings are those
 * of transformers where it has the parameter, else of OpenAI's API, else of vLLM. Immutable.
 *
 * @param <T> type of its values
 */
public final class Parameter<T> {
    private static final List<Parameter<?>> ALL = new ArrayList<>();
    private static final Map<String, Parameter<?>> BY_NAME = new LinkedHashMap<>();
    private static final int MAX_TOP_LOG_PROBS = 20;
    private static final int MAX_ANSWERS = 16;
    private static final int MAX_LOOKUP = 32;

    // ---- length and end

    /** Most tokens of the answer. */
    public static final Parameter<Integer> MAX_NEW_TOKENS = of(
            512,
            ParameterType.integer("at least 1 (0 with echo)", 0, Integer.MAX_VALUE),
            "most tokens of the answer; the context length ends it too",
            "max_new_tokens", "max_completion_tokens", "max_tokens");

    /** Fewest tokens of the answer: before, no end token can be chosen. */
    public static final Parameter<Integer> MIN_NEW_TOKENS = of(
            0,
            ParameterType.integer("0 or more", 0, Integer.MAX_VALUE),
            "fewest tokens of the answer: before, no end token can be chosen",
            "min_new_tokens", "min_tokens");

    /** Texts that end the answer and are not part of it. */
    public static final Parameter<List<String>> STOP = of(
            List.of(), ParameterType.texts(), "texts that end the answer and are not part of it", "stop", "stop_strings");

    /** Tokens that end the answer, in place of the model's. */
    public static final Parameter<Set<Integer>> EOS_TOKEN_ID = of(
            Set.of(),
            ParameterType.tokens(),
            "tokens that end the answer, in place of the model's own; an empty list lets it go on",
            "eos_token_id");

    /** More tokens that end the answer. */
    public static final Parameter<Set<Integer>> STOP_TOKEN_IDS = of(
            Set.of(), ParameterType.tokens(), "tokens that end the answer, besides the model's own", "stop_token_ids");

    // ---- choosing

    /** Whether tokens are drawn at random; otherwise the likeliest one is taken (greedy), or beams are searched. */
    public static final Parameter<Boolean> DO_SAMPLE = of(
            false,
            ParameterType.flag(),
            "draw tokens at random, or take the likeliest (greedy); a temperature decides if this is not given",
            "do_sample");

    /** Divides the scores before drawing; 0 means greedy. */
    public static final Parameter<Float> TEMPERATURE = of(
            1f, ParameterType.real(0, 100), "divides the scores before drawing; 0 = greedy", "temperature");

    /** Draw from the k likeliest tokens; 0 = all. */
    public static final Parameter<Integer> TOP_K = of(
            50,
            ParameterType.integer("0 (off) or more", 0, Integer.MAX_VALUE),
            "draw from the k likeliest tokens; 0 = all",
            "top_k");

    /** Draw from the smallest set of tokens whose probability reaches it; 1 = all. */
    public static final Parameter<Float> TOP_P = of(
            1f, ParameterType.positive(1), "draw from the smallest set of tokens that reaches this probability", "top_p");

    /** Draw from tokens with at least this share of the likeliest one's probability; 0 = all. */
    public static final Parameter<Float> MIN_P = of(
            0f,
            ParameterType.real(0, 1),
            "draw from tokens with at least this share of the likeliest one's probability",
            "min_p");

    /** Draw from the tokens nearest to the expected information that together reach this probability; 1 = all. */
    public static final Parameter<Float> TYPICAL_P = of(
            1f,
            ParameterType.positive(1),
            "draw from the tokens whose surprise is nearest to the expected one and that together reach this probability",
            "typical_p");

    /** Start of the random generator; {@code null} = another one each time. */
    public static final Parameter<Long> SEED =
            of(null, ParameterType.whole(), "same seed, same answer; by default another one each time", "seed");

    /** Most tokens to guess from the text so far and to check in one pass; 0 = none. */
    public static final Parameter<Integer> PROMPT_LOOKUP_NUM_TOKENS = of(
            0,
            ParameterType.integer("between 0 (off) and " + MAX_LOOKUP, 0, MAX_LOOKUP),
            "guess so many tokens from the text so far and check them in one pass: the same answer, faster if it repeats"
                    + " text; not for beams",
            "prompt_lookup_num_tokens");

    // ---- penalties and bans

    /** Divides positive and multiplies negative scores of tokens of the prompt and the answer; 1 = off. */
    public static final Parameter<Float> REPETITION_PENALTY = of(
            1f,
            ParameterType.positive(100),
            "above 1 makes tokens of the prompt and the answer so far less likely",
            "repetition_penalty");

    /** Subtracted from a token's score for each time it occurs in the answer. */
    public static final Parameter<Float> FREQUENCY_PENALTY = of(
            0f,
            ParameterType.real(-2, 2),
            "subtracted from a token's score for each time it occurs in the answer so far",
            "frequency_penalty");

    /** Subtracted once from the score of each token that occurs in the answer. */
    public static final Parameter<Float> PRESENCE_PENALTY = of(
            0f,
            ParameterType.real(-2, 2),
            "subtracted from a token's score if it occurs in the answer so far",
            "presence_penalty");

    /** Groups of this many tokens occur only once; 0 = off. */
    public static final Parameter<Integer> NO_REPEAT_NGRAM_SIZE = of(
            0,
            ParameterType.integer("0 (off) or more", 0, Integer.MAX_VALUE),
            "a group of this many tokens, also of the prompt, does not occur again; 0 = off",
            "no_repeat_ngram_size");

    /** Added to the scores of tokens. */
    public static final Parameter<Map<Integer, Float>> LOGIT_BIAS = of(
            Map.of(), ParameterType.biases(100), "added to the scores of these tokens", "logit_bias");

    /** Sequences of tokens that do not occur. */
    public static final Parameter<List<List<Integer>>> BAD_WORDS_IDS = of(
            List.of(),
            ParameterType.tokenSequences(),
            "sequences of tokens that do not occur",
            "bad_words_ids");

    /** Texts that do not occur in the answer. */
    public static final Parameter<List<String>> BAD_WORDS =
            of(List.of(), ParameterType.texts(), "texts that do not occur in the answer", "bad_words");

    // ---- several answers

    /** How many answers to give. */
    public static final Parameter<Integer> N = of(
            1,
            ParameterType.integer("between 1 and " + MAX_ANSWERS, 1, MAX_ANSWERS),
            "how many answers to give; the prompt is computed once",
            "n", "num_return_sequences");

    /** Answers that grow side by side, of which the likeliest is given; 1 = no beam search. */
    public static final Parameter<Integer> NUM_BEAMS = of(
            1,
            ParameterType.integer("between 1 and " + MAX_ANSWERS, 1, MAX_ANSWERS),
            "beam search with this many beams; 1 = none",
            "num_beams");

    /** Beams are compared by log-probability / length^this: above 0 favours long answers. */
    public static final Parameter<Float> LENGTH_PENALTY = of(
            1f,
            ParameterType.real(-100, 100),
            "beams are compared by log-probability / length^this: above 0 favours long answers",
            "length_penalty");

    /** When a beam search ends. */
    public static final Parameter<EarlyStopping> EARLY_STOPPING = of(
            EarlyStopping.FALSE,
            ParameterType.earlyStopping(),
            "end a beam search as soon as num_beams answers are complete; never = search until none can become better",
            "early_stopping");

    // ---- what is reported

    /** Whether to report log-probabilities: −1 = no, else how many of the likeliest tokens beside each. */
    public static final Parameter<Integer> LOGPROBS = of(
            -1,
            ParameterType.flagOrCount(MAX_TOP_LOG_PROBS),
            "report each token's log-probability, before processors and temperature; a number is also top_logprobs",
            "logprobs");

    /** How many of the likeliest tokens to report beside each. */
    public static final Parameter<Integer> TOP_LOGPROBS = of(
            0,
            ParameterType.integer("between 0 and " + MAX_TOP_LOG_PROBS, 0, MAX_TOP_LOG_PROBS),
            "with logprobs: report so many of the likeliest tokens, too",
            "top_logprobs");

    /** Whether the prompt stands before the answer, with its log-probabilities if they are reported. */
    public static final Parameter<Boolean> ECHO = of(
            false,
            ParameterType.flag(),
            "give the prompt back before the answer, with its log-probabilities if those are asked for",
            "echo");

    // ---- of programs

    /** Changes scores; for Java callers. */
    public static final Parameter<LogitsProcessor> LOGITS_PROCESSOR = of(
            LogitsProcessor.NONE,
            ParameterType.instance(LogitsProcessor.class),
            "a LogitsProcessor, which changes scores (from Java only)",
            "logits_processor");

    /** Ends answers; for Java callers. */
    public static final Parameter<StoppingCriteria> STOPPING_CRITERIA = of(
            StoppingCriteria.NONE,
            ParameterType.instance(StoppingCriteria.class),
            "a StoppingCriteria, which ends answers (from Java only)",
            "stopping_criteria");

    private final List<String> names;
    private final T defaultValue;
    private final ParameterType<T> type;
    private final String description;

    private Parameter(List<String> names, T defaultValue, ParameterType<T> type, String description) {
        this.names = names;
        this.defaultValue = defaultValue;
        this.type = type;
        this.description = description;
    }

    private static <T> Parameter<T> of(T defaultValue, ParameterType<T> type, String description, String... names) {
        Parameter<T> parameter = new Parameter<>(List.of(names), defaultValue, type, description);
        ALL.add(parameter);
        parameter.names.forEach(name -> BY_NAME.put(name, parameter));
        return parameter;
    }

    /** All parameters, in the order of the documentation. */
    public static List<Parameter<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    /** The parameter of a name, or none. */
    public static Optional<Parameter<?>> byName(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** Every name of every parameter, sorted. */
    public static Set<String> allNames() {
        return new TreeSet<>(BY_NAME.keySet());
    }

    /** The name. */
    public String name() {
        return names.getFirst();
    }

    /** The name and its other names; if a request gives several, the first of them counts. */
    public List<String> names() {
        return names;
    }

    /** Its value if nobody says. */
    public T defaultValue() {
        return defaultValue;
    }

    /** The values allowed, in words. */
    public String range() {
        return type.range();
    }

    /** What it does, in a line. */
    public String description() {
        return description;
    }

    /** Whether a value can be written as text; otherwise it is an object of a Java program. */
    public boolean isData() {
        return this != LOGITS_PROCESSOR && this != STOPPING_CRITERIA;
    }

    /** Whether a value is a list, so that a command line may name it several times. */
    public boolean isRepeatable() {
        return this == STOP || this == BAD_WORDS || this == BAD_WORDS_IDS || this == LOGIT_BIAS;
    }

    /**
     * Reads a value.
     *
     * @param value of its type, or a number, boolean, list or text that stands for one
     * @throws IllegalArgumentException naming the parameter, its range and what was found
     */
    public T read(Object value) {
        return type.reader().read(name(), value);
    }

    @Override
    public String toString() {
        return name();
    }
}
