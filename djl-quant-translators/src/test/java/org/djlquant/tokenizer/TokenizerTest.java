package org.djlquant.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.tokenizer.Tokenizer.Span;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;

class TokenizerTest {
    private static final String[] KINDS = {"sentencepiece-bpe", "byte-level"};

    private static Span template(String text) {
        return new Span(text, true);
    }

    private static Span user(String text) {
        return new Span(text, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sentencepiece-bpe", "byte-level"})
    void spansWithoutSpecialTextAreEncodedAsOneText(String name) {
        try (Tokenizer tokenizer = Golden.open(name)) {
            List<Span> spans = List.of(
                    template("<|user|>\nThe mil"), user("ler walked to"), template(" the"), user(" ri"), template("ver.\n"));
            int[] whole = tokenizer.encode("<|user|>\nThe miller walked to the river.\n", true);
            assertArrayEquals(whole, tokenizer.encodeChat(spans));
        }
    }

    @Test
    void userTextNeverBecomesASpecialToken() {
        for (String name : KINDS) {
            try (Tokenizer tokenizer = Golden.open(name)) {
                String special = tokenizer.specialToken("eos_token");
                int id = tokenizer.tokenId(special);
                String attack = "the river" + special + " and " + special.substring(0, 3);
                List<Span> spans = List.of(
                        template(special), user(attack), template(special.substring(3)), user("x"), template(special + "end"));
                int[] ids = tokenizer.encodeChat(spans);
                long found = Arrays.stream(ids).filter(i -> i == id).count();
                // the two that the template wrote; a BOS of another text may stand before them
                assertEquals(2, found, name + " " + Arrays.toString(ids));
                String text = tokenizer.decode(ids, true);
                assertTrue(text.replace(" ", "").contains(attack.replace(" ", "")), text);
            }
        }
    }

    @Test
    void bosIsThereExactlyOnce() {
        try (Tokenizer tokenizer = Golden.open("sentencepiece-bpe")) {
            int bos = tokenizer.tokenId("<s>");
            for (List<Span> spans : List.of(
                    List.of(template("<s>The river"), user("</s>")),
                    List.of(template("<s>The river")),
                    List.of(template("The river")),
                    List.of(user("<s>The river")))) {
                int[] ids = tokenizer.encodeChat(spans);
                assertEquals(bos, ids[0]);
                assertEquals(1, IntStream.of(ids).filter(id -> id == bos).count());
            }
        }
    }

    @Test
    void halfSurrogatesAndNulAreText() {
        for (String name : KINDS) {
            try (Tokenizer tokenizer = Golden.open(name)) {
                assertEquals("a\uFFFDb", tokenizer.decode(tokenizer.encode("a\uD83Db", false), true));
                assertEquals("a\u0000b", tokenizer.decode(tokenizer.encode("a\u0000b", false), true));
            }
        }
    }

    @Test
    void tellsItsTokens() {
        try (Tokenizer tokenizer = Golden.open("sentencepiece-bpe")) {
            assertEquals("</s>", tokenizer.specialToken("eos_token"));
            assertNull(tokenizer.specialToken("mask_token"));
            assertEquals(2, tokenizer.tokenId("</s>"));
            assertEquals(-1, tokenizer.tokenId("no such token"));
            assertEquals(420, tokenizer.vocabularySize());
        }
    }

    @Test
    void useAfterCloseIsAnErrorNotACrash() {
        Tokenizer tokenizer = Golden.open("byte-level");
        tokenizer.close();
        tokenizer.close();
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("a", true));
        assertThrows(IllegalStateException.class, () -> tokenizer.decode(new int[] {5}, true));
    }

    @Test
    void aFolderWithoutTokenizerNamesTheFilesItLookedFor(@TempDir Path folder) {
        String message = assertThrows(ModelFormatException.class, () -> Tokenizers.open(Golden.checkpoint(folder)))
                .getMessage();
        assertTrue(message.contains(folder.toString()) && message.contains("tokenizer.json"), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "{}",
                "{\"model\": 5}",
                "{\"model\": {\"vocab\": {\"a\": -1}}}",
                "{\"model\": {\"vocab\": {\"a\": 2147483647}}}",
                "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]}}",
                "{\"added_tokens\": [5], \"model\": {\"vocab\": {}}}",
                "{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Precompiled\", "
                        + "\"precompiled_charsmap\": \"/////w==\"}]}, \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": []}}"
            })
    void aBrokenTokenizerJsonIsNamed(String json, @TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        String message = assertThrows(ModelFormatException.class, () -> Tokenizers.open(Golden.checkpoint(folder)))
                .getMessage();
        assertTrue(message.contains("tokenizer.json"), message);
    }

    @Test
    void everyTruncationOfASentencePieceModelIsRefusedOrRead(@TempDir Path folder) throws IOException {
        byte[] model = Files.readAllBytes(Golden.folder("sentencepiece-bpe").resolve("tokenizer.model"));
        Path file = folder.resolve("tokenizer.model");
        int refused = 0;
        for (int length = 0; length < model.length; length += 37) {
            try {
                assertTrue(SentencePieceModel.read(file, Arrays.copyOf(model, length)).size() > 0);
            } catch (ModelFormatException e) {
                refused++;
                assertTrue(e.getMessage().contains("tokenizer.model"), e.getMessage());
            }
        }
        assertTrue(refused > 100, "only " + refused + " of the truncations were noticed");
        byte[] tiktoken = "IQ== 0\nIg== 1\n".getBytes(StandardCharsets.UTF_8);
        assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(file, tiktoken));
    }

    private static Metadata vocabulary(String kind, String... tokens) {
        // unanswered questions get an empty Optional
        Metadata stored = Mockito.mock(Metadata.class);
        Mockito.when(stored.strings("tokenizer.ggml.tokens")).thenReturn(Optional.of(List.of(tokens)));
        Mockito.when(stored.string("tokenizer.ggml.model")).thenReturn(Optional.of(kind));
        return stored;
    }

    @Test
    void wordPiecesOfBert() {
        Metadata stored = vocabulary("bert", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁mill", "er", "▁walk", "ed", "▁!");
        Mockito.when(stored.integers("tokenizer.ggml.token_type"))
                .thenReturn(Optional.of(new long[] {3, 2, 3, 3, 1, 1, 1, 1, 1}));
        Mockito.when(stored.integer("tokenizer.ggml.unknown_token_id")).thenReturn(Optional.of(1L));
        Mockito.when(stored.integer("tokenizer.ggml.cls_token_id")).thenReturn(Optional.of(2L));
        Mockito.when(stored.integer("tokenizer.ggml.seperator_token_id")).thenReturn(Optional.of(3L));
        try (Tokenizer tokenizer = new HuggingFaceFastTokenizer(GgufVocabulary.read(Path.of("m.gguf"), stored))) {
            int[] ids = tokenizer.encode("Míller walked  fast!", true);
            assertArrayEquals(new int[] {2, 4, 5, 6, 7, 1, 8, 3}, ids);
            assertEquals("miller walked", tokenizer.decode(new int[] {4, 5, 6, 7}, true));
        }
    }

    @Test
    void unigramsOfT5() {
        Metadata stored = vocabulary("t5", "<pad>", "</s>", "<unk>", "▁", "a", "▁a", "b", "ab");
        Mockito.when(stored.numbers("tokenizer.ggml.scores"))
                .thenReturn(Optional.of(new float[] {0, 0, 0, -3, -3, -2, -4, -1}));
        Mockito.when(stored.integers("tokenizer.ggml.token_type"))
                .thenReturn(Optional.of(new long[] {3, 3, 2, 1, 1, 1, 1, 1}));
        try (Tokenizer tokenizer = new HuggingFaceFastTokenizer(GgufVocabulary.read(Path.of("m.gguf"), stored))) {
            // the likeliest pieces: ▁ + ab (-4) before ▁a + b (-6)
            assertArrayEquals(new int[] {3, 7, 5, 1}, tokenizer.encode("ab  a", true));
            assertEquals("ab a", tokenizer.decode(new int[] {3, 7, 5}, true));
        }
    }

    /** The tries of RWKV belong to models of another kind. */
    @ParameterizedTest
    @ValueSource(strings = {"rwkv", "plamo2", ""})
    void kindsOfVocabulariesThatAreNotSupportedAreNamed(String kind) {
        Metadata stored = Mockito.mock(Metadata.class);
        Mockito.when(stored.strings("tokenizer.ggml.tokens")).thenReturn(Optional.of(List.of("a", "b")));
        Mockito.when(stored.string("tokenizer.ggml.model")).thenReturn(Optional.of(kind));
        String message = assertThrows(UnsupportedModelException.class, () -> GgufVocabulary.read(Path.of("m.gguf"), stored))
                .getMessage();
        assertTrue(message.contains("m.gguf") && message.contains("\"" + kind + "\"") && message.contains("supported: llama, gpt2, bert, t5"),
                message);
    }

    @Test
    void anUnknownPreTokenizerListsTheKnownOnes() {
        String message = assertThrows(UnsupportedModelException.class, () -> PreTokenizers.regexes("no-such"))
                .getMessage();
        assertTrue(message.contains("no-such") && message.contains("llama-bpe, llama-v3"), message);
    }

    @Test
    void theByteTableIsReversible() {
        boolean[] seen = new boolean[256];
        for (char c = 0; c < 0x180; c++) {
            byte[] bytes = ByteLevel.bytes(String.valueOf(c));
            boolean inTable = c > ' ' && c < 0x7F || c > 0xA0 && c < 0x144 && c != 0xAD;
            if (inTable) {
                assertEquals(1, bytes.length, "U+" + Integer.toHexString(c));
                assertFalse(seen[bytes[0] & 0xFF]);
                seen[bytes[0] & 0xFF] = true;
            }
        }
        assertTrue(IntStream.range(0, 256).allMatch(b -> seen[b]));
    }
}
