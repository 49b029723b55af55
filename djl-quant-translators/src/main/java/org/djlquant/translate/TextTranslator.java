package org.djlquant.translate;

import java.util.List;
import java.util.function.Function;

/**
 * {@code String} or {@link TextInput} to {@code String} or {@link ChatOutput}, whole or as a {@link
 * TextStreamOutput}.
 */
final class TextTranslator<I, O> extends BatchTranslator<I, O> {
    private final Function<I, TextInput> input;
    private final Function<ChatOutput, O> output;

    TextTranslator(TextGeneration text, Function<I, TextInput> input, Function<ChatOutput, O> output) {
        super(text);
        this.input = input;
        this.output = output;
    }

    @Override
    List<O> answer(List<I> inputs) {
        return text().generate(inputs.stream().map(input).toList()).stream().map(output).toList();
    }

    @Override
    StreamOutput<O> stream(I in, Runnable onClose) {
        return new TextStreamOutput<>(text().stream(input.apply(in)), output, onClose);
    }

    @Override
    public Support getSupport() {
        return Support.ITERATIVE;
    }
}
