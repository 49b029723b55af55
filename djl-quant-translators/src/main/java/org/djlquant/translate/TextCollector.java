package org.djlquant.translate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.djlquant.generate.FinishReason;
import org.djlquant.generate.Generation;
import org.djlquant.generate.TokenListener;
import org.djlquant.generate.TokenLogProbs;
import org.djlquant.tokenizer.StreamingDetokenizer;
import org.djlquant.tokenizer.Tokenizer;

/** Turns the tokens of one request into text and ends it at a stop string. Used by one thread at a time. */
final class TextCollector implements TokenListener {
    private final StreamingDetokenizer detokenizer;
    private final StopStrings stops;
    private final Consumer<String> sink;
    private final StringBuilder text = new StringBuilder();
    private final Tokenizer tokenizer;
    private final int topLogProbs;
    private final List<TokenLogProb> logProbs = new ArrayList<>();

    /**
     * Starts empty.
     *
     * @param tokenizer gives the texts of single tokens
     * @param detokenizer gives the text of all
     * @param sink receives pieces of text, never empty
     */
    TextCollector(
            Tokenizer tokenizer, StreamingDetokenizer detokenizer, GenerationParameters parameters, Consumer<String> sink) {
        this.tokenizer = tokenizer;
        this.detokenizer = detokenizer;
        stops = new StopStrings(parameters.stop());
        topLogProbs = parameters.topLogProbs();
        this.sink = sink;
    }

    @Override
    public boolean onToken(int token) {
        give(stops.add(detokenizer.add(token)));
        return !stops.hit();
    }

    @Override
    public int topLogProbs() {
        return topLogProbs;
    }

    @Override
    public void onLogProbs(TokenLogProbs found) {
        List<TokenLogProb> top = new ArrayList<>(found.topTokens().length);
        for (int i = 0; i < found.topTokens().length; i++) {
            top.add(entry(found.topTokens()[i], found.topLogProbs()[i], List.of()));
        }
        logProbs.add(entry(found.token(), found.logProb(), top));
    }

    private TokenLogProb entry(int id, float logProb, List<TokenLogProb> top) {
        return new TokenLogProb(tokenizer.tokenText(id), id, logProb, top);
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
                new Usage(
                        generation.promptTokens(),
                        generation.tokens().length,
                        generation.cachedTokens(),
                        generation.acceptedTokens(),
                        generation.draftTokens() - generation.acceptedTokens()),
                new Timings(generation.prefillNanos() / 1e6, generation.decodeNanos() / 1e6),
                logProbs);
    }

    private void give(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            sink.accept(piece);
        }
    }
}
