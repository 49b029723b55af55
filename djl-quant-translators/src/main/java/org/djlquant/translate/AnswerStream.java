package org.djlquant.translate;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.djlquant.generate.Cancellation;
import org.djlquant.generate.Decoding;
import org.djlquant.model.CausalLM;

/**
 * The pieces of the answers to one input, each computed on the thread that asks for it. Nothing is computed before the first
 * {@code hasNext()}. Safe for use by several threads one after the other; {@link #close()} may come from any thread at any
 * time and ends everything within one step.
 */
final class AnswerStream implements Iterator<AnswerPiece>, AutoCloseable {
    private final Cancellation cancellation = new Cancellation();
    private final Queue<AnswerPiece> pieces = new ArrayDeque<>();
    private final Answers answers;
    private final Decoding decoding;

    /**
     * Opens lazily.
     *
     * @param newAnswers makes the answers for a sink of pieces and a switch that ends them
     */
    AnswerStream(CausalLM model, BiFunction<Consumer<AnswerPiece>, Cancellation, Answers> newAnswers) {
        answers = newAnswers.apply(pieces::add, cancellation);
        decoding = answers.isBeamSearch() ? null : Decoding.of(model, answers.requests());
    }

    /** How many answers there are. */
    int choices() {
        return answers.size();
    }

    @Override
    public synchronized boolean hasNext() {
        while (pieces.isEmpty() && answers.output() == null) {
            step();
        }
        return !pieces.isEmpty();
    }

    private void step() {
        if (decoding == null) {
            answers.searchBeams();
            return;
        }
        boolean more = false;
        try {
            more = decoding.step();
        } finally {
            if (!more) {
                decoding.close();
            }
        }
        for (int choice = 0; choice < answers.size(); choice++) {
            if (!answers.isFinished(choice) && (!more || decoding.isDone(choice))) {
                answers.finish(choice, decoding.result(choice));
            }
        }
    }

    @Override
    public synchronized AnswerPiece next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the answer has ended");
        }
        return pieces.remove();
    }

    /** The whole, computing what is left. */
    synchronized ChatOutput result() {
        while (hasNext()) {
            pieces.remove();
        }
        return answers.output();
    }

    @Override
    public void close() {
        cancellation.cancel();
        synchronized (this) {
            if (decoding != null) {
                decoding.close();
            }
        }
    }
}
