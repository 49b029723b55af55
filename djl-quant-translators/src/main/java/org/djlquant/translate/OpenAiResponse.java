package org.djlquant.translate;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.ToIntFunction;
import org.djlquant.chat.ToolCall;

/** Answers to one {@link OpenAiRequest}, as JSON: a whole one, or the chunks of a stream (server-sent events). */
final class OpenAiResponse {
    /** The event that ends a stream. */
    static final String DONE = "data: [DONE]\n\n";

    private static final Gson ARGUMENTS =
            new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    private final boolean chat;
    private final String model;
    private final String id;
    private final long created = Instant.now().getEpochSecond();
    /** Characters given out of each choice, where the offsets of a completion's next tokens begin. */
    private final List<Integer> offsets = new ArrayList<>();

    OpenAiResponse(OpenAiRequest request) {
        chat = request.input() instanceof ChatInput;
        model = request.model();
        id = (chat ? "chatcmpl-" : "cmpl-") + UUID.randomUUID();
    }

    /** The whole answer, one choice for each alternative. */
    String whole(ChatOutput output) {
        JsonArray choices = new JsonArray();
        for (ChatOutput each : all(output)) {
            JsonObject choice = new JsonObject();
            choice.addProperty("index", choices.size());
            if (chat) {
                JsonObject message = new JsonObject();
                message.addProperty("role", "assistant");
                boolean called = !each.toolCalls().isEmpty();
                message.addProperty("content", called && each.text().isEmpty() ? null : each.text());
                if (called) {
                    message.add("tool_calls", toolCalls(each.toolCalls(), false));
                }
                choice.add("message", message);
            } else {
                choice.addProperty("text", each.text());
            }
            choice.add("logprobs", logProbs(each.logProbs(), choices.size()));
            choice.addProperty("finish_reason", each.finishReason());
            choices.add(choice);
        }
        JsonObject body = frame(chat ? "chat.completion" : "text_completion", choices);
        addUsage(body, output);
        return body.toString();
    }

    /** The first chunks of a chat: who speaks, in each choice. */
    String begin(int choices) {
        StringBuilder events = new StringBuilder();
        for (int choice = 0; choice < choices; choice++) {
            JsonObject delta = new JsonObject();
            delta.addProperty("role", "assistant");
            delta.addProperty("content", "");
            events.append(event(chunk(choice, delta, List.of(), null)));
        }
        return events.toString();
    }

    /** The chunks of a piece: its text, the tools called, and why the answer ended if it did. */
    String piece(AnswerPiece piece) {
        StringBuilder events = new StringBuilder();
        if (!piece.text().isEmpty() || !piece.logProbs().isEmpty()) {
            JsonObject delta = new JsonObject();
            delta.addProperty("content", piece.text());
            events.append(event(chunk(piece.choice(), delta, piece.logProbs(), null)));
        }
        ChatOutput end = piece.end();
        if (end != null) {
            if (!end.toolCalls().isEmpty()) {
                JsonObject delta = new JsonObject();
                delta.add("tool_calls", toolCalls(end.toolCalls(), true));
                events.append(event(chunk(piece.choice(), delta, List.of(), null)));
            }
            JsonObject nothing = new JsonObject();
            if (!chat) {
                nothing.addProperty("content", "");
            }
            events.append(event(chunk(piece.choice(), nothing, List.of(), end.finishReason())));
        }
        return events.toString();
    }

    /** The last chunks: the usage if asked for, and the end mark. */
    String end(ChatOutput output, boolean includeUsage) {
        if (!includeUsage) {
            return DONE;
        }
        JsonObject body = frame(chat ? "chat.completion.chunk" : "text_completion", new JsonArray());
        addUsage(body, output);
        return event(body) + DONE;
    }

    /** An error in OpenAI's form. */
    static String error(Throwable cause) {
        JsonObject error = new JsonObject();
        error.addProperty("message", cause.getMessage() == null ? cause.toString() : cause.getMessage());
        error.addProperty("type", cause instanceof IllegalArgumentException ? "invalid_request_error" : "server_error");
        JsonObject body = new JsonObject();
        body.add("error", error);
        return body.toString();
    }

    /** One server-sent event. */
    static String event(Object data) {
        return "data: " + data + "\n\n";
    }

    private static List<ChatOutput> all(ChatOutput output) {
        List<ChatOutput> all = new ArrayList<>(output.alternatives());
        all.addFirst(output);
        return all;
    }

    private JsonObject chunk(int index, JsonObject delta, List<TokenLogProb> logProbs, String finishReason) {
        JsonObject choice = new JsonObject();
        choice.addProperty("index", index);
        if (chat) {
            choice.add("delta", delta);
        } else {
            choice.add("text", delta.get("content"));
        }
        if (!logProbs.isEmpty()) {
            choice.add("logprobs", logProbs(logProbs, index));
        }
        choice.addProperty("finish_reason", finishReason);
        JsonArray choices = new JsonArray();
        choices.add(choice);
        return frame(chat ? "chat.completion.chunk" : "text_completion", choices);
    }

    private static JsonArray toolCalls(List<ToolCall> calls, boolean indexed) {
        JsonArray list = new JsonArray();
        for (ToolCall call : calls) {
            JsonObject function = new JsonObject();
            function.addProperty("name", call.name());
            function.addProperty("arguments", ARGUMENTS.toJson(call.arguments()));
            JsonObject entry = new JsonObject();
            if (indexed) {
                entry.addProperty("index", list.size());
            }
            entry.addProperty("id", call.id());
            entry.addProperty("type", "function");
            entry.add("function", function);
            list.add(entry);
        }
        return list;
    }

    private JsonElement logProbs(List<TokenLogProb> tokens, int choice) {
        if (tokens.isEmpty()) {
            return JsonNull.INSTANCE;
        }
        return chat ? chatLogProbs(tokens) : completionLogProbs(tokens, choice);
    }

    private static JsonObject chatLogProbs(List<TokenLogProb> tokens) {
        JsonArray content = new JsonArray();
        for (TokenLogProb token : tokens) {
            JsonObject entry = chatLogProb(token);
            JsonArray top = new JsonArray();
            token.top().forEach(other -> top.add(chatLogProb(other)));
            entry.add("top_logprobs", top);
            content.add(entry);
        }
        JsonObject json = new JsonObject();
        json.add("content", content);
        return json;
    }

    private static JsonObject chatLogProb(TokenLogProb token) {
        JsonObject entry = new JsonObject();
        entry.addProperty("token", token.token());
        entry.add("logprob", number(token.logProb()));
        JsonArray bytes = null;
        if (token.token().indexOf('\uFFFD') < 0) { // else the token is a part of a character
            bytes = new JsonArray();
            for (byte each : token.token().getBytes(StandardCharsets.UTF_8)) {
                bytes.add(each & 0xff);
            }
        }
        entry.add("bytes", bytes);
        return entry;
    }

    /** The older form that completions have: lists side by side. */
    private JsonObject completionLogProbs(List<TokenLogProb> tokens, int choice) {
        while (offsets.size() <= choice) {
            offsets.add(0);
        }
        JsonArray texts = new JsonArray();
        JsonArray values = new JsonArray();
        JsonArray tops = new JsonArray();
        JsonArray places = new JsonArray();
        int offset = offsets.get(choice);
        for (TokenLogProb token : tokens) {
            texts.add(token.token());
            values.add(number(token.logProb()));
            places.add(offset);
            offset += token.token().length();
            JsonObject top = new JsonObject();
            token.top().forEach(other -> top.add(other.token(), number(other.logProb())));
            tops.add(Double.isNaN(token.logProb()) ? JsonNull.INSTANCE : top);
        }
        offsets.set(choice, offset);
        JsonObject json = new JsonObject();
        json.add("tokens", texts);
        json.add("token_logprobs", values);
        json.add("top_logprobs", tops);
        json.add("text_offset", places);
        return json;
    }

    /** JSON has no NaN and no infinity: what nothing predicts is null, the impossible is what OpenAI writes for it. */
    private static JsonElement number(double logProb) {
        if (Double.isNaN(logProb)) {
            return JsonNull.INSTANCE;
        }
        return new JsonPrimitive(Math.max(logProb, -9999.0));
    }

    private static void addUsage(JsonObject body, ChatOutput output) {
        Usage first = output.usage(); // all have the same prompt
        int tokens = sum(output, Usage::completionTokens);
        JsonObject usage = new JsonObject();
        usage.addProperty("prompt_tokens", first.promptTokens());
        usage.addProperty("completion_tokens", tokens);
        usage.addProperty("total_tokens", first.promptTokens() + tokens);
        JsonObject prompt = new JsonObject();
        prompt.addProperty("cached_tokens", first.cachedTokens());
        usage.add("prompt_tokens_details", prompt);
        JsonObject completion = new JsonObject();
        completion.addProperty("accepted_prediction_tokens", sum(output, Usage::acceptedPredictionTokens));
        completion.addProperty("rejected_prediction_tokens", sum(output, Usage::rejectedPredictionTokens));
        usage.add("completion_tokens_details", completion);
        body.add("usage", usage);
        JsonObject timings = new JsonObject();
        timings.addProperty("prompt_ms", output.timings().prefillMillis());
        timings.addProperty("predicted_ms", output.timings().decodeMillis());
        body.add("timings", timings);
    }

    private static int sum(ChatOutput output, ToIntFunction<Usage> count) {
        return all(output).stream().mapToInt(each -> count.applyAsInt(each.usage())).sum();
    }

    private JsonObject frame(String object, JsonArray choices) {
        JsonObject body = new JsonObject();
        body.addProperty("id", id);
        body.addProperty("object", object);
        body.addProperty("created", created);
        body.addProperty("model", model);
        body.add("choices", choices);
        return body;
    }
}
