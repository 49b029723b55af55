package org.djlquant.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids and texts are those of transformers, SentencePiece and llama.cpp. */
class GoldenTokenizerTest {

    @ParameterizedTest
    @ValueSource(strings = {"sentencepiece-bpe", "byte-level", "vocab-and-merges"})
    void agreesWithTransformers(String name) {
        try (Tokenizer tokenizer = Golden.open(name)) {
            JsonObject expected = Golden.expected(name);
            for (JsonElement each : expected.getAsJsonArray("cases")) {
                JsonObject c = each.getAsJsonObject();
                String text = c.get("text").getAsString();
                assertArrayEquals(Golden.ids(c.get("ids")), tokenizer.encode(text, true), text);
                int[] plain = Golden.ids(c.get("plain"));
                assertArrayEquals(plain, tokenizer.encode(text, false), text);
                assertEquals(c.get("decoded").getAsString(), tokenizer.decode(plain, true), text);
            }
            for (JsonElement each : expected.getAsJsonArray("random")) {
                JsonObject c = each.getAsJsonObject();
                assertEquals(c.get("decoded").getAsString(), tokenizer.decode(Golden.ids(c.get("ids")), true));
            }
        }
    }

    /** The same model read from SentencePiece's own file. */
    @ParameterizedTest
    @ValueSource(strings = {"sentencepiece-bpe", "sentencepiece-unigram"})
    void agreesWithSentencePieceModels(String name) throws Exception {
        Path folder = Golden.folder(name);
        HuggingFaceFiles files = new HuggingFaceFiles(folder, Golden.checkpoint(folder)::companion);
        byte[] model = Files.readAllBytes(folder.resolve("tokenizer.model"));
        try (Tokenizer tokenizer = new HuggingFaceFastTokenizer(files.sentencePiece(model))) {
            for (JsonElement each : Golden.expected(name).getAsJsonArray("cases")) {
                JsonObject c = each.getAsJsonObject();
                String text = c.get("text").getAsString();
                assertArrayEquals(Golden.ids(c.get("ids")), tokenizer.encode(text, true), text);
                assertArrayEquals(Golden.ids(c.get("plain")), tokenizer.encode(text, false), text);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gguf-sentencepiece",
                "gguf-sentencepiece-no-space",
                "gguf-gpt-2",
                "gguf-qwen2",
                "gguf-llama-bpe",
                "gguf-deepseek-llm",
                "gguf-tekken"
            })
    void agreesWithLlamaCpp(String name) {
        try (var checkpoint = Golden.checkpoint(Golden.folder(name));
                Tokenizer tokenizer = Tokenizers.open(checkpoint)) {
            for (JsonElement each : Golden.expected(name).getAsJsonArray("cases")) {
                JsonObject c = each.getAsJsonObject();
                String text = c.get("text").getAsString();
                assertArrayEquals(Golden.ids(c.get("ids")), tokenizer.encode(text, true), text);
            }
        }
    }

    /** Pieces add up to the decoding of the whole, also of ids that are no text, and hold no half characters. */
    @ParameterizedTest
    @ValueSource(
            strings = {"sentencepiece-bpe", "byte-level", "gguf-sentencepiece", "gguf-sentencepiece-no-space", "gguf-gpt-2"})
    void streamsWhatItDecodes(String name) {
        try (var checkpoint = Golden.checkpoint(Golden.folder(name));
                Tokenizer tokenizer = Tokenizers.open(checkpoint)) {
            Random random = new Random(5);
            for (int round = 0; round < 300; round++) {
                int[] ids = random.ints(1 + random.nextInt(30), 0, tokenizer.vocabularySize() + 2).toArray();
                assertEquals(tokenizer.decode(ids, true), stream(tokenizer.newDetokenizer(), ids));
            }
            String text = "caf\u00E9 \u6F22\u5B57 \uD83D\uDE42 ok".repeat(20);
            int[] ids = tokenizer.encode(text, true);
            for (StreamingDetokenizer detokenizer : List.of(
                    tokenizer.newDetokenizer(), new WindowDetokenizer(window -> tokenizer.decode(window, true)))) {
                StringBuilder pieces = new StringBuilder();
                for (int id : ids) {
                    String piece = detokenizer.add(id);
                    assertFalse(piece.contains("\uFFFD"), piece);
                    pieces.append(piece);
                }
                assertEquals(text, pieces.append(detokenizer.finish()).toString());
            }
        }
    }

    static String stream(StreamingDetokenizer detokenizer, int[] ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(detokenizer.add(id));
        }
        return text.append(detokenizer.finish()).toString();
    }
}
