package org.djlquant.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.UnsupportedModelException;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every vocabulary that llama.cpp tests itself with, against its own vectors. The files (100 MB) are in
 * the folder {@code models} of llama.cpp, which the source package of llama-cpp-python contains; give its
 * path in the environment variable {@code LLAMA_CPP_MODELS}.
 */
@EnabledIfEnvironmentVariable(named = "LLAMA_CPP_MODELS", matches = ".+", disabledReason = "needs llama.cpp's vocabularies")
class LlamaCppVocabulariesTest {

    static List<String> files() throws Exception {
        try (Stream<Path> files = Files.list(Path.of(System.getenv("LLAMA_CPP_MODELS")))) {
            return files.map(Path::toString).filter(name -> name.endsWith(".gguf")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void givesTheSameIds(String name) throws Exception {
        try (Checkpoint checkpoint = Checkpoints.open(Path.of(name))) {
            String kind = checkpoint.metadata().string("tokenizer.ggml.model").orElseThrow();
            if (!List.of("llama", "gpt2", "bert", "t5").contains(kind)) {
                String message = assertThrows(UnsupportedModelException.class, () -> Tokenizers.open(checkpoint)).getMessage();
                assertEquals(true, message.contains('"' + kind + '"') && message.contains("supported: "), message);
                return;
            }
            long start = System.nanoTime();
            try (Tokenizer tokenizer = Tokenizers.open(checkpoint)) {
                System.out.println(Path.of(name).getFileName() + ": " + tokenizer.vocabularySize() + " tokens, "
                        + (System.nanoTime() - start) / 1_000_000 + " ms");
                if (!Files.exists(Path.of(name + ".inp"))) {
                    return;
                }
                String[] texts = Files.readString(Path.of(name + ".inp")).split("\n__ggml_vocab_test__\n"); // ends with one
                List<String> ids = Files.readAllLines(Path.of(name + ".out"));
                assertEquals(ids.size(), texts.length);
                for (int i = 0; i < texts.length; i++) {
                    int[] expected = Arrays.stream(ids.get(i).trim().split(" ")).filter(id -> !id.isEmpty())
                            .mapToInt(Integer::parseInt).toArray();
                    assertArrayEquals(expected, tokenizer.encode(texts[i], false), texts[i]);
                }
            }
        }
    }
}
