package org.djlquant.chat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** What transformers renders: written by integration-tests/reference/chat.py. */
final class ChatGolden {

    /** One template with one set of variables, and the text or the kind of error that the reference gives. */
    record Case(String name, String source, Map<String, Object> variables, String output, String error, String message) {}

    private static final JsonObject ROOT = read();

    private ChatGolden() {}

    private static JsonObject read() {
        try (var in = new InputStreamReader(new GZIPInputStream(
                ChatGolden.class.getResourceAsStream("/golden/chat/chat.json.gz")), StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(in).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Clock clock() {
        return Clock.fixed(LocalDateTime.parse(ROOT.get("clock").getAsString()).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
    }

    /** Every template with every conversation. */
    static List<Case> renderings() {
        Map<String, Object> conversations = object(ROOT.getAsJsonObject("conversations"));
        List<Case> cases = new ArrayList<>();
        for (JsonElement template : ROOT.getAsJsonArray("templates")) {
            JsonObject fields = template.getAsJsonObject();
            fields.getAsJsonObject("cases").entrySet().forEach(entry -> cases.add(toCase(
                    fields.get("name").getAsString() + " / " + entry.getKey(), fields.get("source").getAsString(),
                    variables(conversations.get(entry.getKey())), entry.getValue().getAsJsonObject())));
        }
        return cases;
    }

    static List<Case> snippets() {
        Map<String, Object> variables = object(ROOT.getAsJsonObject("variables"));
        List<Case> cases = new ArrayList<>();
        for (JsonElement snippet : ROOT.getAsJsonArray("snippets")) {
            JsonObject fields = snippet.getAsJsonObject();
            String source = fields.get("source").getAsString();
            cases.add(toCase(source, source, variables, fields));
        }
        return cases;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> variables(Object conversation) {
        return (Map<String, Object>) conversation;
    }

    private static Case toCase(String name, String source, Map<String, Object> variables, JsonObject result) {
        return new Case(name, source, variables, text(result, "out"), text(result, "error"), text(result, "message"));
    }

    private static String text(JsonObject object, String key) {
        return object.has(key) ? object.get(key).getAsString() : null;
    }

    private static Map<String, Object> object(JsonObject json) {
        Map<String, Object> map = new LinkedHashMap<>();
        json.entrySet().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
        return map;
    }

    private static Object value(JsonElement json) {
        if (json.isJsonNull()) {
            return null;
        }
        if (json instanceof JsonObject object) {
            return object(object);
        }
        if (json instanceof JsonArray array) {
            List<Object> list = new ArrayList<>();
            array.forEach(element -> list.add(value(element)));
            return list;
        }
        var primitive = json.getAsJsonPrimitive();
        if (primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        if (primitive.isString()) {
            return primitive.getAsString();
        }
        String number = primitive.getAsString();
        return number.matches("-?\\d+") ? (Object) new BigInteger(number) : Double.valueOf(number);
    }
}
