package org.djlquant.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

/** Takes the special tokens out of a tokenizer.json, so that their text is text like any other. */
final class SpecialTokens {
    private SpecialTokens() {}

    static String remove(String json) {
        JsonObject tokenizer = JsonParser.parseString(json).getAsJsonObject();
        JsonArray kept = new JsonArray();
        for (JsonElement token : tokenizer.getAsJsonArray("added_tokens")) {
            if (!token.getAsJsonObject().get("special").getAsBoolean()) {
                kept.add(token);
            }
        }
        tokenizer.add("added_tokens", kept);
        // it may name special tokens, and nothing is to be added here
        tokenizer.add("post_processor", JsonNull.INSTANCE);
        return tokenizer.toString();
    }
}
