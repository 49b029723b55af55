package org.djlquant.translate;

import ai.djl.Model;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.djlquant.engine.CausalLMTranslator;
import org.djlquant.engine.QuantModel;

/**
 * Translators for language models of engine Quant, by the types a Criteria asks for. See
 * docs/generation.md for what each pair of types does.
 *
 * <p>Arguments ({@code Criteria.optArgument}): default parameters by their names, such as {@code
 * max_new_tokens}; {@code chat_template}, a built-in name or a template's text; {@code raw=true} to take a
 * String as a text to continue instead of a user message; {@code pooling} of embeddings, {@code mean} (default), {@code
 * last} or {@code cls}.
 */
public final class ChatTranslatorFactory implements TranslatorFactory, Serializable {
    private static final long serialVersionUID = 1L;

    private static final Set<Pair<Type, Type>> TYPES = new LinkedHashSet<>();

    static {
        for (Class<?> in : new Class<?>[] {String.class, ChatInput.class, CompletionInput.class}) {
            TYPES.add(new Pair<>(in, ChatOutput.class));
            TYPES.add(new Pair<>(in, TextStream.class));
            TYPES.add(new Pair<>(in, String.class));
        }
        TYPES.add(new Pair<>(Input.class, Output.class));
        TYPES.add(new Pair<>(String.class, float[].class));
        TYPES.add(new Pair<>(NDList.class, CausalLMOutput.class));
        TYPES.add(new Pair<>(NDList.class, NDList.class));
    }

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.copyOf(TYPES);
    }

    /**
     * Makes a translator, which all predictors of the model share.
     *
     * @throws TranslateException if the model is not one of engine Quant, or its tokenizer cannot be opened
     */
    @Override
    @SuppressWarnings("unchecked")
    public <I, O> Translator<I, O> newInstance(Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        if (!isSupported(input, output)) {
            throw new TranslateException("no translator from " + input.getName() + " to " + output.getName() + "; there are " + TYPES);
        }
        if (input == NDList.class) {
            return (Translator<I, O>) (output == NDList.class ? new NoopTranslator() : new CausalLMTranslator());
        }
        Map<String, ?> options = arguments == null ? new HashMap<>() : arguments;
        Pooling pooling = pooling(options);
        TextGeneration text = open(model, options);
        if (input == Input.class) {
            return (Translator<I, O>) new OpenAiTranslator(text);
        }
        if (output == float[].class) {
            return (Translator<I, O>) new EmbeddingTranslator(text, pooling);
        }
        boolean raw = "true".equalsIgnoreCase(String.valueOf(options.get("raw")));
        Function<I, TextInput> toInput = in -> switch (in) {
            case TextInput ready -> ready;
            default -> raw ? new CompletionInput(in.toString()) : ChatInput.of(in.toString());
        };
        if (output == TextStream.class) {
            return (Translator<I, O>) new TextStreamTranslator<>(text, toInput);
        }
        Function<ChatOutput, ?> toOutput = output == String.class ? ChatOutput::text : Function.identity();
        return (Translator<I, O>) new TextTranslator<>(text, toInput, toOutput);
    }

    private static Pooling pooling(Map<String, ?> options) throws TranslateException {
        Object name = options.get("pooling");
        try {
            return name == null ? Pooling.MEAN : Pooling.of(name.toString());
        } catch (IllegalArgumentException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }

    private static TextGeneration open(Model model, Map<String, ?> options) throws TranslateException {
        Model inner = model instanceof ZooModel<?, ?> zoo ? zoo.getWrappedModel() : model;
        if (!(inner instanceof QuantModel quant)) {
            throw new TranslateException("ChatTranslatorFactory needs a model of engine Quant, found "
                    + model.getNDManager().getEngine().getEngineName() + "; add optEngine(\"Quant\") to the Criteria");
        }
        try {
            TextGeneration text = TextGeneration.open(quant.causalLM(), quant.checkpoint(), options);
            // the tokenizer holds native memory: it goes when the model is closed
            quant.getNDManager().attachInternal(UUID.randomUUID().toString(), text);
            return text;
        } catch (RuntimeException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }
}
