package org.djlquant.translate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.djlquant.chat.ToolAnswer;
import org.djlquant.chat.ToolCall;
import org.djlquant.chat.ToolCallFormat;
import org.djlquant.generate.FinishReason;
import org.djlquant.generate.Generation;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Parameter;
import org.djlquant.generate.TokenListener;
import org.djlquant.generate.TokenLogProbs;
import org.djlquant.tokenizer.StreamingDetokenizer;
import org.djlquant.tokenizer.Tokenizer;

/**
 * Turns the tokens of one answer into text, ends it at a stop string and takes tool calls out of it. Text that may belong
 * to a call is held back until the answer is complete. Used by one thread at a time.
 */
final class TextCollector implements TokenListener {
    /** Mistral's templates want this length. */
    private static final int CALL_ID_LENGTH = 9;

    private static final String CALL_ID_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private final int choice;
    private final Tokenizer tokenizer;
    private final StreamingDetokenizer detokenizer;
    private final StopStrings stops;
    private final Consumer<AnswerPiece> sink;
    private final int topLogProbs;
    private final ToolCallFormat toolFormat;
    private final int toolMark;
    private final List<TokenLogProb> logProbs = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final String echo;
    private boolean echoed;
    private int textGiven;
    private int logProbsGiven;
    private boolean calling;

    /**
     * Starts empty.
     *
     * @param choice which of the answers to the input this is
     * @param tokenizer gives the texts of single tokens
     * @param detokenizer gives the text of all
     * @param echo text that stands before the answer; empty if none
     * @param toolFormat how the model writes tool calls, or {@code null} if there is nothing to call
     * @param sink receives the pieces of the answer but not its end
     */
    TextCollector(
            int choice,
            Tokenizer tokenizer,
            StreamingDetokenizer detokenizer,
            GenerationConfig config,
            String echo,
            ToolCallFormat toolFormat,
            Consumer<AnswerPiece> sink) {
        this.choice = choice;
        this.tokenizer = tokenizer;
        this.detokenizer = detokenizer;
        this.echo = echo;
        this.toolFormat = toolFormat;
        this.sink = sink;
        toolMark = toolFormat == null ? -1 : tokenizer.tokenId(toolFormat.mark());
        stops = new StopStrings(config.get(Parameter.STOP));
        topLogProbs = config.reportedLogProbs();
    }

    /** Notes the first token of a prompt that is echoed: nothing predicts it. */
    void beginPrompt(int token) {
        if (topLogProbs >= 0) {
            logProbs.add(entry(token, Float.NaN, List.of()));
        }
    }

    @Override
    public boolean onToken(int token) {
        if (token == toolMark) {
            calling = true; // its text may be left out as that of a special token
        }
        giveEcho();
        text.append(stops.add(detokenizer.add(token)));
        give();
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

    @Override
    public void onPromptLogProbs(TokenLogProbs found) {
        onLogProbs(found);
    }

    private TokenLogProb entry(int id, float logProb, List<TokenLogProb> top) {
        return new TokenLogProb(tokenizer.tokenText(id), id, logProb, top);
    }

    /** The answer, once no more tokens come. */
    ChatOutput finish(Generation generation) {
        giveEcho();
        if (!stops.hit()) {
            text.append(stops.add(detokenizer.finish()));
            text.append(stops.finish());
        }
        FinishReason reason = stops.hit() ? FinishReason.STOP : generation.finish();
        String finish = reason.name().toLowerCase(Locale.ROOT);
        String whole = echo + text;
        List<ToolCall> calls = List.of();
        if (toolFormat != null) {
            // with special tokens, since they mark calls
            ToolAnswer answer = toolFormat.parse(
                    stops.hit() ? text.toString() : tokenizer.decode(generation.tokens(), false));
            if (!answer.toolCalls().isEmpty()) {
                calls = answer.toolCalls().stream().map(TextCollector::identified).toList();
                whole = answer.content();
                finish = reason == FinishReason.STOP ? "tool_calls" : finish;
            }
        }
        if (calls.isEmpty()) {
            give(text.length());
        }
        return new ChatOutput(
                whole,
                finish,
                new Usage(
                        generation.promptTokens(),
                        generation.tokens().length,
                        generation.cachedTokens(),
                        generation.acceptedTokens(),
                        generation.draftTokens() - generation.acceptedTokens()),
                new Timings(generation.prefillNanos() / 1e6, generation.decodeNanos() / 1e6),
                logProbs,
                calls,
                List.of());
    }

    private static ToolCall identified(ToolCall call) {
        if (call.id() != null) {
            return call;
        }
        String id = ThreadLocalRandom.current()
                .ints(CALL_ID_LENGTH, 0, CALL_ID_LETTERS.length())
                .mapToObj(i -> CALL_ID_LETTERS.substring(i, i + 1))
                .collect(Collectors.joining());
        return new ToolCall(id, call.name(), call.arguments());
    }

    private void giveEcho() {
        if (!echoed && !echo.isEmpty()) {
            echoed = true;
            sink.accept(new AnswerPiece(choice, echo, newLogProbs(), null));
        }
    }

    private void give() {
        if (!calling) {
            give(toolFormat == null ? text.length() : toolFormat.certainContent(text.toString()));
        }
    }

    private void give(int end) {
        if (end > textGiven) {
            String piece = text.substring(textGiven, end);
            textGiven = end;
            sink.accept(new AnswerPiece(choice, piece, newLogProbs(), null));
        }
    }

    /** Log-probabilities that no piece has carried yet. */
    List<TokenLogProb> newLogProbs() {
        List<TokenLogProb> fresh = List.copyOf(logProbs.subList(logProbsGiven, logProbs.size()));
        logProbsGiven = logProbs.size();
        return fresh;
    }
}
