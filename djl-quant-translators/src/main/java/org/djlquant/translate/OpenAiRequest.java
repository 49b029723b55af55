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
import org.djlquant.chat.ToolCall;
import org.djlquant.generate.Parameter;

/**
 * A request in OpenAI's JSON: chat completions ({@code messages}), or completions ({@code prompt}).
 *
 * @param input what to generate from
 * @param stream whether the answer comes in chunks
 * @param includeUsage whether a last chunk gives the usage
 * @param model the name the client used, repeated in the answer
 */
record OpenAiRequest(TextInput input, boolean stream, boolean includeUsage, String model) {
    /** Fields that are no parameters of generation. */
    private static final Set<String> IGNORED = Set.of("model", "user", "stream", "stream_options", "messages", "prompt", "tools",
            "tool_choice", "service_tier", "store", "metadata");

    /** Features of the API that are not there: accepted only with the value that means "not used". */
    private static final Map<String, String> NEUTRAL = Map.of(
            "best_of", "1",
            "parallel_tool_calls", "true",
            "response_format", "{\"type\":\"text\"}");

    /** Reads whole numbers as Long, others as Double. */
    static final Gson GSON =
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
                ? new ChatInput(messages(body.get("messages")), tools(body), parameters)
                : new CompletionInput(text(body.get("prompt"), "prompt"), parameters);
        JsonElement options = body.get("stream_options");
        boolean usage = options != null && options.isJsonObject() && flag(options.getAsJsonObject(), "include_usage");
        String model = body.has("model") && body.get("model").isJsonPrimitive() ? body.get("model").getAsString() : "";
        return new OpenAiRequest(input, flag(body, "stream"), usage, model);
    }

    private static Map<String, Object> parameters(JsonObject body) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> field : body.entrySet()) {
            String name = field.getKey();
            JsonElement value = field.getValue();
            if (value.isJsonNull() || IGNORED.contains(name)) {
                continue;
            }
            if (Parameter.byName(name).filter(Parameter::isData).isPresent()) {
                parameters.put(name, GSON.fromJson(value, Object.class));
            } else if (NEUTRAL.containsKey(name)) {
                requireNeutral(name, value);
            } else {
                Set<String> known = new TreeSet<>(Parameter.allNames());
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
            messages.add(message(each.getAsJsonObject(), where));
        }
        return messages;
    }

    private static ChatMessage message(JsonObject message, String where) {
        List<ToolCall> calls = toolCalls(message.get("tool_calls"), where + ".tool_calls");
        JsonElement content = message.get("content");
        return new ChatMessage(
                text(message.get("role"), where + ".role"),
                isNull(content) && !calls.isEmpty() ? null : content(content, where),
                isNull(message.get("name")) ? null : text(message.get("name"), where + ".name"),
                calls,
                isNull(message.get("tool_call_id")) ? null : text(message.get("tool_call_id"), where + ".tool_call_id"));
    }

    private static List<ToolCall> toolCalls(JsonElement value, String where) {
        if (isNull(value)) {
            return List.of();
        }
        List<ToolCall> calls = new ArrayList<>();
        try {
            for (JsonElement each : value.getAsJsonArray()) {
                JsonObject call = each.getAsJsonObject();
                JsonObject function = call.getAsJsonObject("function");
                JsonElement arguments = function.get("arguments");
                // a text of JSON, as OpenAI has it, or the object itself
                String json = arguments.isJsonPrimitive() ? arguments.getAsString() : arguments.toString();
                Map<String, Object> map = GSON.fromJson(json.isBlank() ? "{}" : json, new TypeToken<>() {});
                String id = isNull(call.get("id")) ? null : call.get("id").getAsString();
                calls.add(new ToolCall(id, function.get("name").getAsString(), map));
            }
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    where + " must be a list of {id, type, function: {name, arguments}} with arguments that are a JSON object, found "
                            + value, e);
        }
        return calls;
    }

    private static boolean isNull(JsonElement value) {
        return value == null || value.isJsonNull();
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

    private static List<Map<String, Object>> tools(JsonObject body) {
        JsonElement tools = body.get("tools");
        JsonElement choice = body.get("tool_choice");
        String chosen = isNull(choice) ? "auto" : choice.toString().replace("\"", "");
        if (!chosen.equals("auto") && !chosen.equals("none")) {
            throw new IllegalArgumentException("tool_choice must be auto or none, found " + choice);
        }
        if (isNull(tools) || chosen.equals("none")) {
            return List.of();
        }
        try {
            List<Map<String, Object>> list = GSON.fromJson(tools, new TypeToken<>() {});
            return List.copyOf(list); // refuses null
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("tools must be a list of objects, found " + tools, e);
        }
    }

    private static boolean flag(JsonObject object, String name) {
        JsonElement value = object.get(name);
        return value != null && value.isJsonPrimitive() && value.getAsBoolean();
    }
}
