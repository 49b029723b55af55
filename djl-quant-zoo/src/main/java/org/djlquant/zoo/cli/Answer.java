package org.djlquant.zoo.cli;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.util.Locale;
import java.util.StringJoiner;
import org.djlquant.translate.ChatOutput;
import org.djlquant.translate.TextStream;
import org.djlquant.translate.TokenLogProb;

/** Prints answers: their text on standard output, what there is to say about them on standard error. */
final class Answer {
    static final String JSON_HELP = "Print one JSON object: the answers with reasons, counts, times and log-probabilities.";

    /** Stands between several answers. */
    private static final String SEPARATOR = "---";

    private Answer() {}

    /** Prints an answer while it grows. */
    static void print(TextStream stream) {
        while (stream.hasNext()) {
            System.out.print(stream.next());
            System.out.flush();
        }
        System.out.println();
        printReport(stream.result());
    }

    /** Prints an answer and its alternatives. */
    static void print(ChatOutput answer, boolean json) {
        if (json) {
            System.out.println(json(answer));
            System.err.println(statistics(answer));
            return;
        }
        System.out.println(answer.text());
        for (ChatOutput other : answer.alternatives()) {
            System.out.println(SEPARATOR + "\n" + other.text());
        }
        printReport(answer);
        answer.alternatives().forEach(Answer::printLogProbs);
    }

    private static void printReport(ChatOutput answer) {
        System.err.println(statistics(answer));
        printLogProbs(answer);
    }

    /** A line for each token, with the likeliest ones beside it. */
    private static void printLogProbs(ChatOutput answer) {
        for (TokenLogProb token : answer.logProbs()) {
            StringJoiner line = new StringJoiner("   ");
            line.add(entry(token));
            token.top().forEach(other -> line.add(entry(other)));
            System.err.println(line);
        }
    }

    private static String entry(TokenLogProb token) {
        return String.format(Locale.ROOT, "%.4f %s", token.logProb(), new JsonPrimitive(token.token()));
    }

    /** Tokens and speed, in one line. */
    static String statistics(ChatOutput answer) {
        int prompt = answer.usage().promptTokens();
        int tokens = answer.usage().completionTokens();
        double prefill = answer.timings().prefillMillis() / 1000;
        double decode = answer.timings().decodeMillis() / 1000;
        return String.format(
                Locale.ROOT,
                "[%d prompt tokens at %.1f tok/s, %d tokens at %.1f tok/s, finish: %s]",
                prompt, prompt / Math.max(prefill, 1e-9), tokens, Math.max(0, tokens - 1) / Math.max(decode, 1e-9), answer.finishReason());
    }

    /** Everything there is to say about an answer. */
    private static String json(ChatOutput answer) {
        JsonSerializer<Double> number = (value, type, context) -> value.isNaN() ? JsonNull.INSTANCE : new JsonPrimitive(value);
        return new GsonBuilder()
                .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
                .registerTypeAdapter(double.class, number)
                .disableHtmlEscaping()
                .create()
                .toJson(answer);
    }
}
