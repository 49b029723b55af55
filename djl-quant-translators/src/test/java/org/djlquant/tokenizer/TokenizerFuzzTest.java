package org.djlquant.tokenizer;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damages tokenizer files at random, with a fixed seed: they work, or are refused by one of our two exceptions. */
class TokenizerFuzzTest {
    private static final int MUTANTS = 60;
    private static final String[] PIECES = {"{", "}", "[", "]", "\"", ",", ":", "null", "true", "0", "-1", "1e999", "{}", "\"\""};

    @TempDir
    Path folder;

    @Test
    void tokenizerJson() throws IOException {
        fuzz("byte-level", "tokenizer.json", true);
    }

    @Test
    void ggufVocabulary() throws IOException {
        fuzz("gguf-sentencepiece", "model.gguf", false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sentencepiece-bpe", "sentencepiece-unigram"})
    void sentencePieceModel(String golden) throws IOException {
        Files.copy(Golden.folder(golden).resolve("tokenizer_config.json"), folder.resolve("tokenizer_config.json"));
        fuzz(golden, "tokenizer.model", false);
    }

    private void fuzz(String golden, String name, boolean text) throws IOException {
        byte[] good = Files.readAllBytes(Golden.folder(golden).resolve(name));
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] mutant = good.clone();
            int at = random.nextInt(mutant.length);
            if (text) { // characters are replaced, so that it stays UTF-8
                String whole = new String(good, StandardCharsets.UTF_8);
                at = random.nextInt(whole.length());
                String piece = PIECES[random.nextInt(PIECES.length)];
                mutant = new StringBuilder(whole).replace(at, at + piece.length(), piece).toString()
                        .getBytes(StandardCharsets.UTF_8);
            } else {
                mutant[at] = (byte) random.nextInt();
                mutant = random.nextInt(8) == 0 ? Arrays.copyOf(mutant, at) : mutant;
            }
            Files.write(folder.resolve(name), mutant);
            try (var checkpoint = Golden.checkpoint(folder)) {
                Tokenizer tokenizer = Tokenizers.open(checkpoint);
                tokenizer.decode(tokenizer.encode("Hello, wörld", true), true);
            } catch (ModelFormatException | UnsupportedModelException e) {
                refused++;
            } catch (Throwable t) {
                fail("mutant " + i + " of " + name + ", byte " + at + ": " + t, t);
            }
        }
        assertTrue(refused > 0 && refused < MUTANTS, refused + " of " + MUTANTS + " refused");
    }
}
