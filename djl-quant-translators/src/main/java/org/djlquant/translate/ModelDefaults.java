package org.djlquant.translate;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Parameter;
import org.djlquant.tokenizer.Tokenizer;

/**
 * What a checkpoint says about generating: parameters of generation_config.json, and the tokens that
 * end an answer.
 */
final class ModelDefaults {
    private static final String FILE = "generation_config.json";

    /**
     * Texts that end a turn in one model family or another; llama.cpp stops at them in any model, for
     * many files name only one of their two end tokens.
     */
    private static final Set<String> TURN_ENDS = Set.of(
            "<|eot_id|>",
            "<|im_end|>",
            "<|end|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "<|eom_id|>",
            "<EOT>",
            "<｜end▁of▁sentence｜>");

    private ModelDefaults() {}

    /** How to generate if nobody says; what the checkpoint does not say either stays as in {@link GenerationConfig#DEFAULTS}. */
    static GenerationConfig of(Checkpoint checkpoint, Tokenizer tokenizer, int vocabularySize) {
        JsonObject config = object(checkpoint, FILE);
        Metadata metadata = checkpoint.metadata();
        JsonObject modelConfig = object(checkpoint, "config.json");
        Set<Integer> eos = new TreeSet<>();
        addIds(config.get("eos_token_id"), eos);
        addIds(modelConfig.get("eos_token_id"), eos);
        for (String key : new String[] {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
            if (metadata.has(key)) {
                // some converters write 2^32-1 for "none"
                eos.add((int) Math.min(metadata.integer(key).orElseThrow(), Integer.MAX_VALUE));
            }
        }
        String eosToken = tokenizer.specialToken("eos_token");
        if (eosToken != null) {
            eos.add(tokenizer.tokenId(eosToken));
        }
        for (String end : TURN_ENDS) {
            int id = tokenizer.tokenId(end);
            // an ordinary token of that text is not an end
            if (id >= 0 && tokenizer.decode(new int[] {id}, true).isEmpty()) {
                eos.add(id);
            }
        }
        eos.removeIf(id -> id < 0 || id >= vocabularySize);
        return parameters(checkpoint.path(), config).with(Parameter.EOS_TOKEN_ID, eos);
    }

    private static JsonObject object(Checkpoint checkpoint, String file) {
        String text = checkpoint.companion(file).orElse("{}");
        try {
            return JsonParser.parseString(text).getAsJsonObject();
        } catch (RuntimeException e) {
            throw new ModelFormatException(checkpoint.path(), file, "expected a JSON object: " + e.getMessage(), e);
        }
    }

    /** Adds one id or a list of them; nothing for null. */
    private static void addIds(JsonElement ids, Set<Integer> into) {
        if (ids == null) {
            return;
        }
        if (ids.isJsonArray()) {
            ids.getAsJsonArray().forEach(id -> into.add(id.getAsInt()));
        } else if (ids.isJsonPrimitive()) {
            into.add(ids.getAsInt());
        }
    }

    private static GenerationConfig parameters(Path path, JsonObject config) {
        Map<String, Object> known = new LinkedHashMap<>();
        // as in transformers, a temperature alone does not turn sampling on
        known.put(Parameter.DO_SAMPLE.name(), false);
        for (Parameter<?> parameter : Parameter.all()) {
            for (String name : parameter.names()) {
                if (parameter != Parameter.EOS_TOKEN_ID && config.has(name) && !config.get(name).isJsonNull()) {
                    known.put(name, OpenAiRequest.GSON.fromJson(config.get(name), Object.class));
                }
            }
        }
        if (Boolean.TRUE.equals(known.get(Parameter.DO_SAMPLE.name()))) {
            known.remove(Parameter.NUM_BEAMS.name()); // beams are not drawn at random here
        }
        try {
            return GenerationConfig.DEFAULTS.with(known);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(path, FILE, e.getMessage(), e);
        }
    }
}
