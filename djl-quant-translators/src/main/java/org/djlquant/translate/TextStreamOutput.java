package org.djlquant.translate;

import ai.djl.inference.streaming.StreamingTranslator.StreamOutput;
import java.util.Iterator;
import java.util.function.Function;

/**
 * What {@code Predictor.streamingPredict} returns for texts: an iterator of pieces, each computed when it
 * is asked for. {@code getIterativeOutput()} gives the whole answer, since a String cannot grow.
 * Closing it early ends the answer within one step.
 *
 * @param <O> the predictor's type of output
 */
public final class TextStreamOutput<O> extends StreamOutput<O> implements Iterator<String>, AutoCloseable {
    private final TextStream pieces;
    private final Function<ChatOutput, O> output;
    private final Runnable onClose;

    TextStreamOutput(TextStream pieces, Function<ChatOutput, O> output, Runnable onClose) {
        this.pieces = pieces;
        this.output = output;
        this.onClose = onClose;
    }

    @Override
    public boolean hasNext() {
        boolean more = pieces.hasNext();
        if (!more) {
            onClose.run();
        }
        return more;
    }

    @Override
    public String next() {
        return pieces.next();
    }

    @Override
    public O getIterativeOutputInternal() {
        O whole = output.apply(pieces.result());
        onClose.run();
        return whole;
    }

    @Override
    protected O buildAsyncOutput() {
        throw new UnsupportedOperationException(
                "a text cannot be returned before it is complete; iterate over the StreamOutput, or use Input and Output");
    }

    @Override
    protected void computeAsyncOutputInternal(O unused) {
        throw new UnsupportedOperationException("asynchronous output exists for Input and Output only");
    }

    /** Cancels what is left. */
    @Override
    public void close() {
        pieces.close();
        onClose.run();
    }
}
