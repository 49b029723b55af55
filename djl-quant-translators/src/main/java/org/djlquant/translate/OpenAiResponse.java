package org.djlquant.translate;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Answers to one {@link OpenAiRequest}, as JSON: a whole one, or the chunks of a stream (server-sent events). */
final class OpenAiResponse {
    /** The event that ends a stream. */
    static final String DONE = "data: [DONE]\n\n";

    private final boolean chat;
    private final String model;
    private final String id;
    private final long created = Instant.now().getEpochSecond();

    OpenAiResponse(OpenAiRequest request) {
        chat = request.input() instanceof ChatInput;
        model = request.model();
        id = (chat ? "chatcmpl-" : "cmpl-") + UUID.randomUUID();
    }

    /** The whole answer, one choice for each output. */
    String whole(List<ChatOutput> outputs) {
        JsonArray choices = new JsonArray();
        int tokens = 0;
        int accepted = 0;
        int rejected = 0;
        for (ChatOutput output : outputs) {
            JsonObject choice = new JsonObject();
            choice.addProperty("index", choices.size());
            if (chat) {
                choice.add("message", message("assistant", output.text()));
            } else {
                choice.addProperty("text", output.text());
            }
            choice.add("logprobs", output.logProbs().isEmpty() ? JsonNull.INSTANCE : logProbs(output.logProbs()));
            choice.addProperty("finish_reason", output.finishReason());
            choices.add(choice);
            tokens += output.usage().completionTokens();
            accepted += output.usage().acceptedPredictionTokens();
            rejected += output.usage().rejectedPredictionTokens();
        }
        JsonObject body = frame(chat ? "chat.completion" : "text_completion", choices);
        Usage first = outputs.getFirst().usage(); // all have the same prompt
        body.add("usage", usage(new Usage(first.promptTokens(), tokens, first.cachedTokens(), accepted, rejected)));
        return body.toString();
    }

    /** The first chunk of a chat: who speaks. */
    String begin() {
        return chat ? event(chunk(message("assistant", ""), null)) : "";
    }

    /** A chunk of text. */
    String piece(String text) {
        if (chat) {
            return event(chunk(message(null, text), null));
        }
        JsonObject choice = new JsonObject();
        choice.addProperty("index", 0);
        choice.addProperty("text", text);
        choice.add("finish_reason", JsonNull.INSTANCE);
        return event(frame("text_completion", only(choice)));
    }

    /** The last chunks: why it ended, the usage if asked for, and the end mark. */
    String end(ChatOutput output, boolean includeUsage) {
        StringBuilder events = new StringBuilder();
        if (chat) {
            events.append(event(chunk(new JsonObject(), output.finishReason())));
        } else {
            JsonObject choice = new JsonObject();
            choice.addProperty("index", 0);
            choice.addProperty("text", "");
            choice.addProperty("finish_reason", output.finishReason());
            events.append(event(frame("text_completion", only(choice))));
        }
        if (includeUsage) {
            JsonObject body = frame(chat ? "chat.completion.chunk" : "text_completion", new JsonArray());
            body.add("usage", usage(output.usage()));
            events.append(event(body));
        }
        return events.append(DONE).toString();
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

    private JsonObject chunk(JsonObject delta, String finishReason) {
        JsonObject choice = new JsonObject();
        choice.addProperty("index", 0);
        choice.add("delta", delta);
        choice.addProperty("finish_reason", finishReason);
        return frame("chat.completion.chunk", only(choice));
    }

    private static JsonObject message(String role, String content) {
        JsonObject message = new JsonObject();
        if (role != null) {
            message.addProperty("role", role);
        }
        message.addProperty("content", content);
        return message;
    }

    private static JsonObject logProbs(List<TokenLogProb> tokens) {
        JsonArray content = new JsonArray();
        for (TokenLogProb token : tokens) {
            JsonObject entry = logProb(token);
            JsonArray top = new JsonArray();
            token.top().forEach(other -> top.add(logProb(other)));
            entry.add("top_logprobs", top);
            content.add(entry);
        }
        JsonObject json = new JsonObject();
        json.add("content", content);
        return json;
    }

    private static JsonObject logProb(TokenLogProb token) {
        JsonObject entry = new JsonObject();
        entry.addProperty("token", token.token());
        entry.addProperty("logprob", token.logProb());
        return entry;
    }

    private static JsonObject usage(Usage usage) {
        JsonObject json = new JsonObject();
        json.addProperty("prompt_tokens", usage.promptTokens());
        json.addProperty("completion_tokens", usage.completionTokens());
        json.addProperty("total_tokens", usage.totalTokens());
        JsonObject prompt = new JsonObject();
        prompt.addProperty("cached_tokens", usage.cachedTokens());
        json.add("prompt_tokens_details", prompt);
        JsonObject completion = new JsonObject();
        completion.addProperty("accepted_prediction_tokens", usage.acceptedPredictionTokens());
        completion.addProperty("rejected_prediction_tokens", usage.rejectedPredictionTokens());
        json.add("completion_tokens_details", completion);
        return json;
    }

    private static JsonArray only(JsonObject choice) {
        JsonArray choices = new JsonArray();
        choices.add(choice);
        return choices;
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
