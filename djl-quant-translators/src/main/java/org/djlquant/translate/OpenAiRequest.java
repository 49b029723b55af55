package org.djlquant.translate;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.ToNumberPolicy;
import com.google.gson.reflect.TypeToken;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A request in OpenAI's JSON: chat completions ({@code messages}), or completions ({@code prompt}).
 *
 * @param input what to generate from
 * @param stream whether the answer comes in chunks
 * @param n how many answers to give
 * @param includeUsage whether a last chunk gives the usage
 * @param model the name the client used, repeated in the answer
 */
record OpenAiRequest(TextInput input, boolean stream, int n, boolean includeUsage, String model) {
    private static final int MAX_N = 16;

    /** Fields that are no parameters of generation. */
    private static final Set<String> IGNORED = Set.of("model", "user", "n", "stream", "stream_options", "messages", "prompt", "tools",
            "tool_choice", "service_tier", "store", "metadata");

    /** Features of the API that are not there: accepted only with the value that means "not used". */
    private static final Map<String, String> NEUTRAL = Map.of(
            "best_of", "1",
            "echo", "false",
            "frequency_penalty", "0",
            "presence_penalty", "0",
            "logit_bias", "{}",
            "response_format", "{\"type\":\"text\"}");

    private static final Gson GSON =
            new GsonBuilder().setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();

    /**
     * Parses a request body.
     *
     * @throws IllegalArgumentException saying which field is wrong and what was expected
     */
    static OpenAiRequest parse(String json) {
        JsonObject body;
        try {
            body = JsonParser.parseString(json).getAsJsonObject();
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("the request must be a JSON object with \"messages\" or \"prompt\"", e);
        }
        boolean chat = body.has("messages");
        if (chat == body.has("prompt")) {
            throw new IllegalArgumentException("the request must have either \"messages\" or \"prompt\"");
        }
        Map<String, Object> parameters = parameters(body);
        TextInput input = chat
                ? new ChatInput(messages(body.get("messages")), tools(body.get("tools")), parameters)
                : new CompletionInput(text(body.get("prompt"), "prompt"), parameters);
        JsonElement options = body.get("stream_options");
        boolean usage = options != null && options.isJsonObject() && flag(options.getAsJsonObject(), "include_usage");
        String model = body.has("model") && body.get("model").isJsonPrimitive() ? body.get("model").getAsString() : "";
        boolean stream = flag(body, "stream");
        return new OpenAiRequest(input, stream, answers(body.get("n"), stream), usage, model);
    }

    /** The input of one of the {@code n} answers: with a seed in the request, each has one of its own. */
    TextInput choice(int index) {
        if (index == 0 || !(input.parameters().get("seed") instanceof Number seed)) {
            return input;
        }
        long own = seed.longValue() + index;
        return switch (input) {
            case ChatInput chat -> chat.with("seed", own);
            case CompletionInput completion -> completion.with("seed", own);
        };
    }

    private static int answers(JsonElement n, boolean stream) {
        if (n == null || n.isJsonNull()) {
            return 1;
        }
        int most = stream ? 1 : MAX_N;
        boolean number = n.isJsonPrimitive() && n.getAsJsonPrimitive().isNumber();
        int found = number && n.getAsDouble() == n.getAsInt() ? n.getAsInt() : 0;
        if (found < 1 || found > most) {
            throw new IllegalArgumentException(
                    "n must be between 1 and " + MAX_N + ", and 1 if the answer is streamed, found " + n);
        }
        return found;
    }

    private static Map<String, Object> parameters(JsonObject body) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> field : body.entrySet()) {
            String name = field.getKey();
            JsonElement value = field.getValue();
            if (value.isJsonNull() || IGNORED.contains(name)) {
                continue;
            }
            if (GenerationParameters.NAMES.contains(name)) {
                parameters.put(name, GSON.fromJson(value, Object.class));
            } else if (NEUTRAL.containsKey(name)) {
                requireNeutral(name, value);
            } else {
                Set<String> known = new TreeSet<>(GenerationParameters.NAMES);
                known.addAll(IGNORED);
                throw new IllegalArgumentException("unknown field " + name + "; known are " + String.join(", ", known));
            }
        }
        return parameters;
    }

    private static void requireNeutral(String name, JsonElement value) {
        String neutral = NEUTRAL.get(name);
        boolean same = value.toString().equals(neutral)
                || value.isJsonPrimitive()
                        && value.getAsJsonPrimitive().isNumber()
                        && Character.isDigit(neutral.charAt(0))
                        && value.getAsDouble() == Double.parseDouble(neutral);
        if (!same) {
            throw new IllegalArgumentException(name + " is not supported and must be " + neutral + " if given, found " + value);
        }
    }

    private static List<ChatMessage> messages(JsonElement value) {
        if (!value.isJsonArray()) {
            throw new IllegalArgumentException("messages must be a list, found " + value);
        }
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonElement each : value.getAsJsonArray()) {
            String where = "messages[" + messages.size() + "]";
            if (!each.isJsonObject()) {
                throw new IllegalArgumentException(where + " must be an object with role and content, found " + each);
            }
            JsonObject message = each.getAsJsonObject();
            messages.add(new ChatMessage(text(message.get("role"), where + ".role"), content(message.get("content"), where)));
        }
        return messages;
    }

    /** A text, or a list of parts of which all must be text. */
    private static String content(JsonElement content, String where) {
        if (content == null || !content.isJsonArray()) {
            return text(content, where + ".content");
        }
        StringBuilder joined = new StringBuilder();
        JsonArray parts = content.getAsJsonArray();
        for (JsonElement part : parts) {
            JsonObject object = part.isJsonObject() ? part.getAsJsonObject() : new JsonObject();
            if (!object.has("text")) {
                throw new IllegalArgumentException(
                        where + ".content holds a part that is not text, which this model cannot read: " + part);
            }
            joined.append(text(object.get("text"), where + ".content"));
        }
        return joined.toString();
    }

    private static String text(JsonElement value, String where) {
        if (value == null || !value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw new IllegalArgumentException(where + " must be a text, found " + value);
        }
        return value.getAsString();
    }

    private static List<Map<String, Object>> tools(JsonElement tools) {
        if (tools == null || tools.isJsonNull()) {
            return List.of();
        }
        try {
            return GSON.fromJson(tools, new TypeToken<List<Map<String, Object>>>() {});
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("tools must be a list of objects, found " + tools, e);
        }
    }

    private static boolean flag(JsonObject object, String name) {
        JsonElement value = object.get(name);
        return value != null && value.isJsonPrimitive() && value.getAsBoolean();
    }
}
