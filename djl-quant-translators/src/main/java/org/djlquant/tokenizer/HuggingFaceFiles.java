package org.djlquant.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.djlquant.format.ModelFormatException;
import org.djlquant.tokenizer.TokenizerSpec.Decoding;

/**
 * Tokenizers of Hugging Face folders: tokenizer.json, or the older pairs vocab.json + merges.txt, with
 * what tokenizer_config.json and special_tokens_map.json say about special tokens.
 *
 * <p>The spaces that Llama 2 and Mistral put before a text are in the normalizer of tokenizer.json
 * (Prepend ▁) and are kept as they are there: the {@code add_prefix_space} of tokenizer_config.json is
 * not consulted, since it is {@code null} in many folders whose models were trained with the space.
 */
final class HuggingFaceFiles {
    /** Classes whose BOS and EOS follow tokenizer_config.json, whatever tokenizer.json's post-processor says. */
    private static final Set<String> BOS_BY_CONFIG =
            Set.of("LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer");

    private static final List<String> ROLES =
            List.of("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token");

    private final Path folder;
    private final Function<String, Optional<String>> companion;
    private final JsonObject config;

    /**
     * Reads the small files.
     *
     * @param folder the checkpoint's folder, for messages
     * @param companion reads a file of the folder
     */
    HuggingFaceFiles(Path folder, Function<String, Optional<String>> companion) {
        this.folder = folder;
        this.companion = companion;
        config = object("tokenizer_config.json");
    }

    /** A tokenizer from tokenizer.json. */
    TokenizerSpec tokenizerJson(String json) {
        Path file = folder.resolve("tokenizer.json");
        Vocabulary vocabulary = new Vocabulary(1 << 15);
        Decoding decoding;
        try {
            decoding = parse(json, vocabulary);
        } catch (IOException | RuntimeException e) {
            throw new ModelFormatException(file, "tokenizer", "not a Hugging Face tokenizer.json: " + e.getMessage(), e);
        }
        Map<String, String> roles = roles();
        Supplier<String> again = () -> companion.apply("tokenizer.json").orElseThrow();
        String type = tokenizerClass();
        if (!BOS_BY_CONFIG.contains(type)) {
            return new TokenizerSpec(file, again, vocabulary, decoding, null, null, roles);
        }
        int[] prefix = wanted("add_bos_token", true, "bos_token", roles, vocabulary);
        int[] suffix = wanted("add_eos_token", false, "eos_token", roles, vocabulary);
        return new TokenizerSpec(file, again, vocabulary, decoding, prefix, suffix, roles);
    }

    /** A byte-level tokenizer from vocab.json and merges.txt, as GPT-2 and OPT have it. */
    TokenizerSpec vocabularyAndMerges(String vocabJson, String mergesText) {
        Path file = folder.resolve("vocab.json");
        Vocabulary vocabulary = new Vocabulary(1 << 16);
        for (Map.Entry<String, JsonElement> e : parseObject(file, vocabJson).entrySet()) {
            vocabulary.put(e.getValue().getAsInt(), e.getKey());
        }
        Map<String, String> roles = roles();
        Map<Integer, AddedToken> added = new HashMap<>();
        for (String text : roles.values()) {
            int id = vocabulary.id(text);
            if (id >= 0) {
                added.put(id, new AddedToken(id, text, true, false, false));
            }
        }
        addedTokensDecoder().forEach(t -> added.put(t.id(), t));
        added.values().forEach(vocabulary::add);
        List<String> merges = mergesText.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#version"))
                .toList();
        String pre = tokenizerClass().startsWith("Qwen2") ? "qwen2" : "gpt-2";
        Supplier<String> json =
                () -> TokenizerJson.byteLevel(vocabulary, merges, PreTokenizers.regexes(pre), false);
        int[] prefix = wanted("add_bos_token", false, "bos_token", roles, vocabulary);
        return new TokenizerSpec(file, json, vocabulary, Decoding.BYTE_LEVEL, prefix, new int[0], roles);
    }

    /** A tokenizer from the bytes of a SentencePiece model. */
    TokenizerSpec sentencePiece(byte[] model) {
        Path file = folder.resolve("tokenizer.model");
        SentencePieceVocabulary pieces = SentencePieceModel.read(file, model);
        Map<String, String> roles = roles();
        Vocabulary vocabulary = pieces.vocabulary();
        addedTokensDecoder().forEach(vocabulary::add);
        pieces.defaultRoles().forEach(roles::putIfAbsent);
        boolean addsBos = !pieces.unigram();
        int[] prefix = wanted("add_bos_token", addsBos, "bos_token", roles, vocabulary);
        int[] suffix = wanted("add_eos_token", false, "eos_token", roles, vocabulary);
        if (tokenizerClass().equals("ChatGLMTokenizer")) {
            prefix = chatGlmPrefix(vocabulary, pieces.size());
            suffix = new int[0];
        }
        return new TokenizerSpec(file, pieces::json, vocabulary, pieces.decoding(), prefix, suffix, roles);
    }

    /** ChatGLM 2 and 3 append their control tokens to the pieces, and begin every text with [gMASK] sop. */
    private static int[] chatGlmPrefix(Vocabulary vocabulary, int pieces) {
        List<String> control = List.of(
                "[MASK]", "[gMASK]", "[sMASK]", "sop", "eop", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>");
        for (int i = 0; i < control.size(); i++) {
            vocabulary.add(new AddedToken(pieces + i, control.get(i), true, false, false));
        }
        return new int[] {vocabulary.id("[gMASK]"), vocabulary.id("sop")};
    }

    private String tokenizerClass() {
        return string(config, "tokenizer_class").orElse("").replaceFirst("Fast$", "");
    }

    private int[] wanted(String key, boolean byDefault, String role, Map<String, String> roles, Vocabulary vocabulary) {
        JsonElement flag = config.get(key);
        boolean wanted = flag == null || !flag.isJsonPrimitive() ? byDefault : flag.getAsBoolean();
        int id = roles.containsKey(role) ? vocabulary.id(roles.get(role)) : -1;
        return wanted && id >= 0 ? new int[] {id} : new int[0];
    }

    /** Special tokens by role; tokenizer_config.json wins over special_tokens_map.json, as in transformers. */
    private Map<String, String> roles() {
        JsonObject map = object("special_tokens_map.json");
        Map<String, String> roles = new HashMap<>();
        for (String role : ROLES) {
            string(config, role).or(() -> string(map, role)).ifPresent(text -> roles.put(role, text));
        }
        return roles;
    }

    private List<AddedToken> addedTokensDecoder() {
        JsonElement decoder = config.get("added_tokens_decoder");
        if (decoder == null || !decoder.isJsonObject()) {
            return List.of();
        }
        return decoder.getAsJsonObject().entrySet().stream()
                .map(e -> addedToken(Integer.parseInt(e.getKey()), e.getValue().getAsJsonObject()))
                .toList();
    }

    private static AddedToken addedToken(int id, JsonObject token) {
        return new AddedToken(
                id,
                token.get("content").getAsString(),
                flag(token, "special"),
                flag(token, "lstrip"),
                flag(token, "rstrip"));
    }

    private static boolean flag(JsonObject object, String key) {
        return object.has(key) && object.get(key).getAsBoolean();
    }

    /** A token is written as its text, or as an object with the text in {@code content}. */
    private static Optional<String> string(JsonObject object, String key) {
        JsonElement e = object.get(key);
        if (e != null && e.isJsonObject()) {
            e = e.getAsJsonObject().get("content");
        }
        return e != null && e.isJsonPrimitive() ? Optional.of(e.getAsString()) : Optional.empty();
    }

    private JsonObject object(String name) {
        return companion.apply(name).map(text -> parseObject(folder.resolve(name), text)).orElseGet(JsonObject::new);
    }

    private static JsonObject parseObject(Path file, String text) {
        try {
            return JsonParser.parseString(text).getAsJsonObject();
        } catch (RuntimeException e) {
            throw new ModelFormatException(file, "JSON", "expected an object: " + e.getMessage(), e);
        }
    }

    /** Reads vocabulary, added tokens and decoder, and passes over the merges, the bulk of the file. */
    private static Decoding parse(String json, Vocabulary vocabulary) throws IOException {
        Decoding decoding = Decoding.OTHER;
        JsonArray added = new JsonArray();
        boolean model = false;
        try (JsonReader in = new JsonReader(new StringReader(json))) {
            in.beginObject();
            while (in.hasNext()) {
                switch (in.nextName()) {
                    case "added_tokens" -> added = JsonParser.parseReader(in).getAsJsonArray();
                    case "decoder" -> decoding = decoding(JsonParser.parseReader(in));
                    case "normalizer" -> checkMaps(JsonParser.parseReader(in));
                    case "model" -> {
                        model = true;
                        parseModel(in, vocabulary);
                    }
                    default -> in.skipValue();
                }
            }
            in.endObject();
        }
        if (!model) {
            throw new IOException("it has no \"model\"");
        }
        for (JsonElement e : added) {
            JsonObject token = e.getAsJsonObject();
            vocabulary.add(addedToken(token.get("id").getAsInt(), token));
        }
        return decoding;
    }

    /** Refuses character maps on which the native library would end the process. */
    private static void checkMaps(JsonElement normalizer) throws IOException {
        if (!normalizer.isJsonObject()) {
            return;
        }
        JsonObject object = normalizer.getAsJsonObject();
        if (object.get("normalizers") instanceof JsonArray parts) {
            for (JsonElement part : parts) {
                checkMaps(part);
            }
        }
        if (object.get("precompiled_charsmap") instanceof JsonPrimitive map) {
            byte[] bytes = Base64.getDecoder().decode(map.getAsString());
            Optional<String> flaw = bytes.length == 0 ? Optional.empty() : CharsMap.flaw(bytes);
            if (flaw.isPresent()) {
                throw new IOException("precompiled_charsmap: " + flaw.get());
            }
        }
    }

    private static void parseModel(JsonReader in, Vocabulary vocabulary) throws IOException {
        in.beginObject();
        while (in.hasNext()) {
            if (!in.nextName().equals("vocab")) {
                in.skipValue();
            } else if (in.peek() == JsonToken.BEGIN_OBJECT) {
                in.beginObject();
                while (in.hasNext()) {
                    String text = in.nextName();
                    vocabulary.put(in.nextInt(), text);
                }
                in.endObject();
            } else {
                // unigram: a list of [piece, score]
                in.beginArray();
                for (int id = 0; in.hasNext(); id++) {
                    in.beginArray();
                    vocabulary.put(id, in.nextString());
                    in.skipValue();
                    in.endArray();
                }
                in.endArray();
            }
        }
        in.endObject();
    }

    /** Recognizes the two decoders that are decoded in Java when streaming. */
    private static Decoding decoding(JsonElement decoder) {
        if (!decoder.isJsonObject()) {
            return Decoding.OTHER;
        }
        JsonObject d = decoder.getAsJsonObject();
        if (d.get("type").getAsString().equals("ByteLevel")) {
            return Decoding.BYTE_LEVEL;
        }
        if (d.toString().equals(TokenizerJson.SENTENCE_PIECE_DECODER)) {
            return Decoding.SENTENCE_PIECE;
        }
        return d.toString().equals(TokenizerJson.SENTENCE_PIECE_STRIPPING_DECODER)
                ? Decoding.SENTENCE_PIECE_STRIPPED
                : Decoding.OTHER;
    }
}
