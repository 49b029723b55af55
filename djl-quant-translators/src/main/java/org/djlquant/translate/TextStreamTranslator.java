package org.djlquant.translate;

import java.util.List;
import java.util.function.Function;

/** {@code String} or {@link TextInput} to {@link TextStream}: {@code predict} returns at once, the caller pulls the text. */
final class TextStreamTranslator<I> extends BatchTranslator<I, TextStream> {
    private final Function<I, TextInput> input;

    TextStreamTranslator(TextGeneration text, Function<I, TextInput> input) {
        super(text);
        this.input = input;
    }

    @Override
    List<TextStream> answer(List<I> inputs) {
        return inputs.stream().map(in -> text().stream(input.apply(in))).toList();
    }

    @Override
    StreamOutput<TextStream> stream(I in, Runnable onClose) {
        TextStream pieces = text().stream(input.apply(in));
        return new StreamOutput<>() {
            @Override
            public TextStream getIterativeOutputInternal() {
                onClose.run();
                return pieces;
            }

            @Override
            protected TextStream buildAsyncOutput() {
                throw new UnsupportedOperationException("a TextStream computes its text when asked; use getIterativeOutput()");
            }

            @Override
            protected void computeAsyncOutputInternal(TextStream unused) {
                throw new UnsupportedOperationException("a TextStream computes its text when asked");
            }
        };
    }

    @Override
    public Support getSupport() {
        return Support.ITERATIVE;
    }
}
