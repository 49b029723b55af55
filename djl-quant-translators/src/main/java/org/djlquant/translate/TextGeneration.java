package org.djlquant.translate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.djlquant.format.Checkpoint;
import org.djlquant.generate.Cancellation;
import org.djlquant.generate.Generation;
import org.djlquant.generate.Generator;
import org.djlquant.generate.Request;
import org.djlquant.generate.TokenStream;
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
    private final GenerationParameters defaults;
    private final Set<Integer> eosTokenIds;

    TextGeneration(
            CausalLM model,
            Tokenizer tokenizer,
            Conversation conversation,
            GenerationParameters defaults,
            Set<Integer> eosTokenIds) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.conversation = conversation;
        this.defaults = defaults;
        this.eosTokenIds = Set.copyOf(eosTokenIds);
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
            ModelDefaults defaults = ModelDefaults.of(checkpoint, tokenizer, model.vocabularySize());
            Map<String, ?> parameters = options.entrySet().stream()
                    .filter(e -> GenerationParameters.NAMES.contains(e.getKey()) && e.getValue() != null)
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
            Object template = options.get("chat_template");
            TextGeneration text = new TextGeneration(
                    model,
                    tokenizer,
                    new CheckpointConversation(checkpoint, tokenizer, template == null ? null : template.toString()),
                    defaults.parameters().with(parameters),
                    defaults.eosTokenIds());
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
     * Answers one input and gives out the text as it grows.
     *
     * @param sink receives pieces of text, on this thread; together they are the text of the answer
     * @param cancellation ends the answer within one step, as an interrupt of this thread does
     */
    public ChatOutput generate(TextInput input, Consumer<String> sink, Cancellation cancellation) {
        return run(List.of(input), sink, cancellation).getFirst();
    }

    /**
     * Answers several inputs together, up to 32 at a time: each step reads the weights once for all of them.
     *
     * @return the answers in the order of the inputs
     */
    public List<ChatOutput> generate(List<? extends TextInput> inputs) {
        return run(inputs, piece -> {}, new Cancellation());
    }

    /** An answer to be pulled piece by piece. The prompt is checked now; nothing is computed before the first piece is asked for. */
    public TextStream stream(TextInput input) {
        int[] prompt = fitting(promptTokens(input));
        GenerationParameters parameters = defaults.with(input.parameters());
        return new TextStream(
                sink -> new TextCollector(tokenizer, detokenizer(input, prompt), parameters, sink),
                listener -> TokenStream.open(
                        model, new Request(prompt, parameters.toConfig(eosTokenIds), listener, new Cancellation())));
    }

    /**
     * Checks an input without answering it.
     *
     * @throws RuntimeException as {@link #generate(TextInput)} would throw it before its first step
     */
    public void check(TextInput input) {
        defaults.with(input.parameters());
        fitting(promptTokens(input));
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
     * A vector for a text: the mean of the final hidden states of its tokens, scaled to length 1. Texts of
     * like meaning get vectors with a large dot product, as far as a model that was trained to continue texts
     * can tell; models trained for embeddings are better at it.
     *
     * @return {@code hiddenSize} values
     * @throws IllegalArgumentException if the text has no token, or more than the context
     */
    public float[] embed(String input) {
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
                    sum[i % width] += hidden[i];
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
    public GenerationParameters defaults() {
        return defaults;
    }

    /** Tokens that end an answer. */
    public Set<Integer> eosTokenIds() {
        return eosTokenIds;
    }

    private List<ChatOutput> run(List<? extends TextInput> inputs, Consumer<String> sink, Cancellation cancellation) {
        List<TextCollector> collectors = new ArrayList<>(inputs.size());
        List<Request> requests = new ArrayList<>(inputs.size());
        for (TextInput input : inputs) {
            GenerationParameters parameters = defaults.with(input.parameters());
            int[] prompt = fitting(promptTokens(input));
            TextCollector collector = new TextCollector(tokenizer, detokenizer(input, prompt), parameters, sink);
            collectors.add(collector);
            requests.add(new Request(prompt, parameters.toConfig(eosTokenIds), collector, cancellation));
        }
        List<ChatOutput> outputs = new ArrayList<>(inputs.size());
        for (int from = 0; from < requests.size(); from += MAX_BATCH) {
            List<Request> together = requests.subList(from, Math.min(from + MAX_BATCH, requests.size()));
            for (Generation generation : Generator.generate(model, together)) {
                outputs.add(collectors.get(outputs.size()).finish(generation));
            }
        }
        return outputs;
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
