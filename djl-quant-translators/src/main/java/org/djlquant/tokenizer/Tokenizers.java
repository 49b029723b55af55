package org.djlquant.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.ModelFormatException;

/** Finds and opens the tokenizer of a checkpoint. */
public final class Tokenizers {
    private Tokenizers() {}

    /**
     * Opens the tokenizer: from GGUF metadata, else tokenizer.json, else tokenizer.model (SentencePiece),
     * else vocab.json with merges.txt.
     *
     * @throws ModelFormatException if there is none or it is broken; the message names the files looked for
     * @throws org.djlquant.format.UnsupportedModelException if its kind is not supported
     */
    public static Tokenizer open(Checkpoint checkpoint) {
        return new HuggingFaceFastTokenizer(spec(checkpoint));
    }

    private static TokenizerSpec spec(Checkpoint checkpoint) {
        Path path = checkpoint.path();
        if (checkpoint.metadata().has("tokenizer.ggml.tokens")) {
            return GgufVocabulary.read(path, checkpoint.metadata());
        }
        if (checkpoint.naming() == Checkpoint.Naming.GGUF) {
            throw new ModelFormatException(path, "tokenizer.ggml.tokens", "the file has no vocabulary, so it cannot read text");
        }
        Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        HuggingFaceFiles files = new HuggingFaceFiles(folder, checkpoint::companion);
        Optional<String> json = checkpoint.companion("tokenizer.json");
        if (json.isPresent()) {
            return files.tokenizerJson(json.get());
        }
        Path model = folder.resolve("tokenizer.model");
        if (Files.isRegularFile(model)) {
            return files.sentencePiece(bytes(model));
        }
        Optional<String> vocabulary = checkpoint.companion("vocab.json");
        Optional<String> merges = checkpoint.companion("merges.txt");
        if (vocabulary.isPresent() && merges.isPresent()) {
            return files.vocabularyAndMerges(vocabulary.get(), merges.get());
        }
        throw new ModelFormatException(folder, "tokenizer", "the model has none; looked for tokenizer.json, tokenizer.model and "
                + "vocab.json with merges.txt. Copy the tokenizer files of the original model into the folder");
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ModelFormatException(file, "file", "cannot be read: " + e.getMessage(), e);
        }
    }
}
