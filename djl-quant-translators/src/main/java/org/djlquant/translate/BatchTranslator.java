package org.djlquant.translate;

import ai.djl.inference.streaming.StreamingTranslator;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslatorContext;
import java.util.List;
import java.util.stream.Stream;

/**
 * A translator whose inputs never become arrays. DJL's Predictor calls {@code batchProcessInput}, then
 * the block, then {@code batchProcessOutput}; here the first keeps the inputs in the context and returns
 * an empty list, for which the Predictor leaves the block out, and the last generates all answers
 * together. That needs a batchifier, since without one the Predictor takes inputs one by one; it is
 * never given an array. So the text path works without any NDArray engine.
 *
 * <p>Thread-safe, like the {@link TextGeneration} it uses: everything of a call is in its context.
 */
abstract class BatchTranslator<I, O> implements StreamingTranslator<I, O> {
    private static final String INPUTS = "inputs";

    private final TextGeneration text;

    BatchTranslator(TextGeneration text) {
        this.text = text;
    }

    final TextGeneration text() {
        return text;
    }

    /** Answers several inputs together. */
    abstract List<O> answer(List<I> inputs);

    /** Begins an answer that comes in pieces. */
    abstract StreamOutput<O> stream(I input, Runnable onClose);

    @Override
    public final Batchifier getBatchifier() {
        return NoArrays.INSTANCE;
    }

    @Override
    public final NDList processInput(TranslatorContext ctx, I input) {
        return batchProcessInput(ctx, List.of(input));
    }

    @Override
    public final NDList batchProcessInput(TranslatorContext ctx, List<I> inputs) {
        ctx.setAttachment(INPUTS, List.copyOf(inputs));
        return new NDList();
    }

    @Override
    public final O processOutput(TranslatorContext ctx, NDList list) {
        return batchProcessOutput(ctx, list).getFirst();
    }

    @Override
    public final List<O> batchProcessOutput(TranslatorContext ctx, NDList list) {
        return answer(inputs(ctx));
    }

    @Override
    public final StreamOutput<O> processStreamOutput(TranslatorContext ctx, Stream<NDList> list) {
        return stream(inputs(ctx).getFirst(), list::close);
    }

    @SuppressWarnings("unchecked")
    private List<I> inputs(TranslatorContext ctx) {
        return (List<I>) ctx.getAttachment(INPUTS);
    }

    /** The batchifier of nothing: the Predictor asks for one before it processes inputs together. */
    private static final class NoArrays implements Batchifier {
        private static final long serialVersionUID = 1L;
        private static final NoArrays INSTANCE = new NoArrays();

        @Override
        public NDList batchify(NDList[] inputs) {
            return new NDList();
        }

        @Override
        public NDList[] unbatchify(NDList inputs) {
            return new NDList[] {inputs};
        }
    }
}
