package org.djlquant.translate;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.djlquant.generate.FinishReason;
import org.djlquant.generate.Generation;
import org.djlquant.generate.TokenListener;
import org.djlquant.tokenizer.StreamingDetokenizer;

/** Turns the tokens of one request into text and ends it at a stop string. Used by one thread at a time. */
final class TextCollector implements TokenListener {
    private final StreamingDetokenizer detokenizer;
    private final StopStrings stops;
    private final Consumer<String> sink;
    private final StringBuilder text = new StringBuilder();

    /**
     * Starts empty.
     *
     * @param sink receives pieces of text, never empty
     */
    TextCollector(StreamingDetokenizer detokenizer, List<String> stops, Consumer<String> sink) {
        this.detokenizer = detokenizer;
        this.stops = new StopStrings(stops);
        this.sink = sink;
    }

    @Override
    public boolean onToken(int token) {
        give(stops.add(detokenizer.add(token)));
        return !stops.hit();
    }

    /** The answer, once no more tokens come. */
    ChatOutput finish(Generation generation) {
        if (!stops.hit()) {
            give(stops.add(detokenizer.finish()));
            give(stops.finish());
        }
        FinishReason reason = stops.hit() ? FinishReason.STOP : generation.finish();
        return new ChatOutput(
                text.toString(),
                reason.name().toLowerCase(Locale.ROOT),
                new Usage(generation.promptTokens(), generation.tokens().length),
                new Timings(generation.prefillNanos() / 1e6, generation.decodeNanos() / 1e6));
    }

    private void give(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            sink.accept(piece);
        }
    }
}
