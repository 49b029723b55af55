package org.djlquant.zoo.cli;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.io.PrintStream;
import java.util.Locale;
import org.djlquant.translate.ChatOutput;
import org.djlquant.translate.TextStream;

/** Prints an answer while it grows. */
final class Answer {
    private Answer() {}

    /** Prints all pieces and a line break; returns the whole. */
    static ChatOutput print(TextStream stream, PrintStream out) {
        while (stream.hasNext()) {
            out.print(stream.next());
            out.flush();
        }
        out.println();
        return stream.result();
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
    static String json(ChatOutput answer) {
        JsonSerializer<Double> number = (value, type, context) -> value.isNaN() ? JsonNull.INSTANCE : new JsonPrimitive(value);
        return new GsonBuilder()
                .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
                .registerTypeAdapter(double.class, number)
                .disableHtmlEscaping()
                .create()
                .toJson(answer);
    }
}
