package org.djlquant.translate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.djlquant.chat.ToolCallFormat;
import org.djlquant.format.Checkpoint;
import org.djlquant.generate.Cancellation;
import org.djlquant.generate.Generation;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Generator;
import org.djlquant.generate.LogitsProcessor;
import org.djlquant.generate.Parameter;
import org.djlquant.generate.Request;
import org.djlquant.generate.StoppingCriteria;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.djlquant.tokenizer.StreamingDetokenizer;
import org.djlquant.tokenizer.Tokenizer;
import org.djlquant.tokenizer.Tokenizers;

/**
 * Text in, text out: a language model with its tokenizer, chat template and defaults. This is the core
 * of the DJL translators and of the command line, and needs no DJL model itself.
 *
 * <p>Thread-safe; requests of different threads share the weights. Closing frees the tokenizer, not the
 * model.
 */
public final class TextGeneration implements AutoCloseable {
    /** Tokens of a prompt that can matter to the decoding of what follows. */
    private static final int PROMPT_TAIL = 16;

    private static final int EMBED_CHUNK = 32;

    /** Requests that run at the same time: each has a KV cache, and more of them would hardly be faster. */
    private static final int MAX_BATCH = 32;

    private final CausalLM model;
    private final Tokenizer tokenizer;
    private final Conversation conversation;
    private final GenerationConfig defaults;
    private final Supplier<String[]> tokenTexts;

    TextGeneration(
            CausalLM model,
            Tokenizer tokenizer,
            Conversation conversation,
            GenerationConfig defaults) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.conversation = conversation;
        this.defaults = defaults;
        tokenTexts = new Supplier<>() {
            private String[] texts;

            @Override
            public synchronized String[] get() {
                if (texts == null) {
                    texts = IntStream.range(0, model.vocabularySize())
                            .mapToObj(id -> tokenizer.isSpecial(id) ? "" : tokenizer.tokenText(id))
                            .toArray(String[]::new);
                }
                return texts;
            }
        };
    }

    /**
     * Opens the tokenizer and chat template of a loaded checkpoint.
     *
     * @param model the model loaded from it
     * @param checkpoint where tokenizer, chat template and defaults are read from
     * @param options {@code chat_template} (a built-in name or a template's text) and default parameters by the names in
     *     docs/generation.md; other keys are ignored
     * @throws org.djlquant.format.ModelFormatException if the tokenizer or a configuration file is missing or broken
     * @throws org.djlquant.format.UnsupportedModelException if the tokenizer is of a kind not supported
     * @throws IllegalArgumentException for a parameter outside its range
     */
    public static TextGeneration open(CausalLM model, Checkpoint checkpoint, Map<String, ?> options) {
        Tokenizer tokenizer = Tokenizers.open(checkpoint);
        boolean opened = false;
        try {
            GenerationConfig defaults = ModelDefaults.of(checkpoint, tokenizer, model.vocabularySize());
            Map<String, ?> parameters = options.entrySet().stream()
                    .filter(e -> Parameter.byName(e.getKey()).isPresent() && e.getValue() != null)
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
            Object template = options.get("chat_template");
            TextGeneration text = new TextGeneration(
                    model,
                    tokenizer,
                    new CheckpointConversation(checkpoint, tokenizer, template == null ? null : template.toString()),
                    defaults.with(parameters));
            opened = true;
            return text;
        } finally {
            if (!opened) {
                tokenizer.close();
            }
        }
    }

    /** Opens with the checkpoint's own chat template and defaults. */
    public static TextGeneration open(CausalLM model, Checkpoint checkpoint) {
        return open(model, checkpoint, Map.of());
    }

    /**
     * Answers one input.
     *
     * @throws IllegalArgumentException for a bad parameter, or a prompt longer than the context
     * @throws org.djlquant.format.UnsupportedModelException for a conversation if the model has no chat template
     * @throws IllegalStateException if the model is closed, also in the middle
     */
    public ChatOutput generate(TextInput input) {
        return generate(input, piece -> {}, new Cancellation());
    }

    /**
     * Answers one input and gives out the text of the (first) answer as it grows.
     *
     * @param sink receives pieces of text, on this thread; together they are the text of the answer
     * @param cancellation ends the answer within one step, as an interrupt of this thread does
     */
    public ChatOutput generate(TextInput input, Consumer<String> sink, Cancellation cancellation) {
        return run(List.of(input), sink, cancellation).getFirst();
    }

    /**
     * Answers several inputs together, up to 32 answers at a time: each step reads the weights once for all of them.
     *
     * @return the answers in the order of the inputs
     */
    public List<ChatOutput> generate(List<? extends TextInput> inputs) {
        return run(inputs, piece -> {}, new Cancellation());
    }

    /**
     * An answer to be pulled piece by piece. The prompt is checked now; nothing is computed before the first piece is
     * asked for.
     *
     * @throws IllegalArgumentException as {@link #generate(TextInput)}, and if {@code n} asks for several answers
     */
    public TextStream stream(TextInput input) {
        int answers = defaults.with(input.parameters()).get(Parameter.N);
        if (answers > 1) {
            throw new IllegalArgumentException("n must be 1 for a stream of text, found " + answers);
        }
        return new TextStream(streamAll(input));
    }

    /** All answers to an input, to be pulled piece by piece. */
    AnswerStream streamAll(TextInput input) {
        return new AnswerStream(model, (sink, cancellation) -> answers(input, sink, cancellation));
    }

    /**
     * Checks an input without answering it.
     *
     * @throws RuntimeException as {@link #generate(TextInput)} would throw it before its first step
     */
    public void check(TextInput input) {
        answers(input, piece -> {}, new Cancellation());
    }

    private Answers answers(TextInput input, Consumer<AnswerPiece> sink, Cancellation cancellation) {
        GenerationConfig config = constrained(defaults.with(input.parameters()));
        int[] prompt = fitting(promptTokens(input));
        String echo = "";
        if (config.get(Parameter.ECHO)) {
            if (!(input instanceof CompletionInput completion)) {
                throw new IllegalArgumentException("echo needs a text to continue, found a conversation");
            }
            echo = completion.prompt();
        }
        ToolCallFormat tools = input instanceof ChatInput chat && !chat.tools().isEmpty()
                ? conversation.toolCallFormat().orElse(null)
                : null;
        String echoed = echo;
        return new Answers(
                model,
                prompt,
                config,
                cancellation,
                choice -> new TextCollector(choice, tokenizer, detokenizer(input, prompt), config, echoed, tools, sink),
                sink);
    }

    /** Puts what needs the tokenizer into the form that the generator takes. */
    private GenerationConfig constrained(GenerationConfig config) {
        GenerationConfig result = config;
        if (!config.get(Parameter.BAD_WORDS).isEmpty()) {
            LogitsProcessor bans = new BadWords(tokenTexts.get(), config.get(Parameter.BAD_WORDS));
            result = result.with(Parameter.LOGITS_PROCESSOR, bans.andThen(config.get(Parameter.LOGITS_PROCESSOR)));
        }
        List<String> stops = config.get(Parameter.STOP);
        if (config.get(Parameter.NUM_BEAMS) > 1 && !stops.isEmpty()) {
            // beams do not come token by token, so the collector cannot end them
            StoppingCriteria stop = tokens -> {
                String text = tokenizer.decode(tokens.answer(), true);
                return stops.stream().anyMatch(text::contains);
            };
            result = result.with(Parameter.STOPPING_CRITERIA, stop.or(config.get(Parameter.STOPPING_CRITERIA)));
        }
        return result;
    }

    private int[] fitting(int[] tokens) {
        if (tokens.length == 0 || tokens.length > model.contextLength()) {
            throw new IllegalArgumentException("the prompt must have 1 to " + model.contextLength()
                    + " tokens, as many as the context, found " + tokens.length
                    + "; shorten it, or load the model with a larger max_model_len if it was trained with more");
        }
        return tokens;
    }

    /**
     * A vector for a text: the mean of its tokens' final hidden states, scaled to length 1.
     *
     * @throws IllegalArgumentException if the text has no token, or more than the context
     */
    public float[] embed(String input) {
        return embed(input, Pooling.MEAN);
    }

    /**
     * A vector for a text: the final hidden states of its tokens (BOS included), pooled and scaled to length 1. Texts
     * of like meaning get vectors with a large dot product, as far as a model that was trained to continue texts can
     * tell; models trained for embeddings are better at it.
     *
     * @return {@code hiddenSize} values
     * @throws IllegalArgumentException if the text has no token, or more than the context
     */
    public float[] embed(String input, Pooling pooling) {
        int[] tokens = fitting(tokenizer.encode(input, true));
        int width = model.hiddenSize();
        double[] sum = new double[width];
        Batch batch = new Batch();
        try (Sequence sequence = model.newSequence()) {
            // hidden states come with rows of logits, which are large
            for (int from = 0; from < tokens.length; from += EMBED_CHUNK) {
                int count = Math.min(EMBED_CHUNK, tokens.length - from);
                batch.clear();
                batch.add(sequence, tokens, from, count, Batch.Logits.ALL);
                batch.wantHidden(count * width);
                model.forward(batch);
                float[] hidden = batch.hidden();
                for (int i = 0; i < count * width; i++) {
                    if (pooling.takes(from + i / width, tokens.length)) {
                        sum[i % width] += hidden[i];
                    }
                }
            }
        }
        double norm = Math.sqrt(Arrays.stream(sum).map(x -> x * x).sum());
        float[] vector = new float[width];
        for (int i = 0; i < width; i++) {
            vector[i] = (float) (sum[i] / norm);
        }
        return vector;
    }

    /** Ids that the model gets for an input: special tokens included, BOS once if the model wants it. */
    public int[] promptTokens(TextInput input) {
        return switch (input) {
            case ChatInput chat -> tokenizer.encodeChat(conversation.render(chat.messages(), chat.tools()));
            case CompletionInput completion -> tokenizer.encode(completion.prompt(), true);
        };
    }

    /** The prompt that the chat template makes of a conversation. */
    public String render(ChatInput chat) {
        return conversation.render(chat.messages(), chat.tools()).stream()
                .map(Tokenizer.Span::text)
                .collect(Collectors.joining());
    }

    /** The sources of the chat templates that a checkpoint carries, by name; the usual one is {@code default}. */
    public static Map<String, String> chatTemplates(Checkpoint checkpoint) {
        return CheckpointConversation.find(checkpoint);
    }

    /** The model's tokenizer. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** How to generate if a request does not say. */
    public GenerationConfig defaults() {
        return defaults;
    }

    /** Tokens that end an answer. */
    public Set<Integer> eosTokenIds() {
        return defaults.endTokens();
    }

    private List<ChatOutput> run(List<? extends TextInput> inputs, Consumer<String> sink, Cancellation cancellation) {
        Consumer<AnswerPiece> pieces = piece -> {
            if (piece.choice() == 0 && !piece.text().isEmpty()) {
                sink.accept(piece.text());
            }
        };
        List<Answers> all = inputs.stream().map(input -> answers(input, pieces, cancellation)).toList();
        List<Request> requests = all.stream()
                .filter(answers -> !answers.isBeamSearch())
                .flatMap(answers -> answers.requests().stream())
                .toList();
        List<Generation> generations = new ArrayList<>();
        for (int from = 0; from < requests.size(); from += MAX_BATCH) {
            generations.addAll(
                    Generator.generate(model, requests.subList(from, Math.min(from + MAX_BATCH, requests.size()))));
        }
        Iterator<Generation> next = generations.iterator();
        for (Answers answers : all) {
            if (answers.isBeamSearch()) {
                answers.searchBeams();
            } else {
                for (int choice = 0; choice < answers.size(); choice++) {
                    answers.finish(choice, next.next());
                }
            }
        }
        return all.stream().map(Answers::output).toList();
    }

    /** An answer begins a text of its own; a continuation goes on in the middle of one, where a leading space counts. */
    private StreamingDetokenizer detokenizer(TextInput input, int[] prompt) {
        StreamingDetokenizer detokenizer = tokenizer.newDetokenizer();
        if (input instanceof CompletionInput) {
            for (int i = Math.max(0, prompt.length - PROMPT_TAIL); i < prompt.length; i++) {
                detokenizer.add(prompt[i]);
            }
            detokenizer.finish();
        }
        return detokenizer;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
