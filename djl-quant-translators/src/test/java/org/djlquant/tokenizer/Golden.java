package org.djlquant.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.mockito.Mockito;

/** The golden tokenizers made by integration-tests/reference/vocabularies.py. */
final class Golden {
    private static final Path ROOT = Path.of("src/test/resources/golden/tokenizer");

    private Golden() {}

    static Path folder(String name) {
        return ROOT.resolve(name);
    }

    /** A GGUF file's own checkpoint, or a stand-in for a Hugging Face folder without weights. */
    static Checkpoint checkpoint(Path folder) {
        Path gguf = folder.resolve("model.gguf");
        if (Files.exists(gguf)) {
            return Checkpoints.open(gguf);
        }
        Checkpoint checkpoint = Mockito.mock(Checkpoint.class);
        Mockito.when(checkpoint.path()).thenReturn(folder);
        Mockito.when(checkpoint.naming()).thenReturn(Checkpoint.Naming.HUGGING_FACE);
        Mockito.when(checkpoint.metadata()).thenReturn(Mockito.mock(org.djlquant.format.Metadata.class));
        Mockito.when(checkpoint.companion(Mockito.anyString())).thenAnswer(call -> text(folder.resolve((String) call.getArgument(0))));
        return checkpoint;
    }

    static Tokenizer open(String name) {
        return Tokenizers.open(checkpoint(folder(name)));
    }

    static JsonObject expected(String name) {
        return JsonParser.parseString(text(folder(name).resolve("expected.json")).orElseThrow()).getAsJsonObject();
    }

    static int[] ids(JsonElement array) {
        JsonArray ids = array.getAsJsonArray();
        return StreamSupport.stream(ids.spliterator(), false).mapToInt(JsonElement::getAsInt).toArray();
    }

    private static Optional<String> text(Path file) {
        try {
            return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
