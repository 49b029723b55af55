package org.djlquant.e2e;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;

/** The tiny checkpoints that {@code reference/models.py} made, with what transformers computes on them. */
final class GoldenModels {
    /**
     * The outcome of the reference.
     *
     * @param prompt token ids
     * @param greedy the likeliest tokens after it, one after the other
     */
    record Reference(int[] prompt, int[] greedy) {}

    private GoldenModels() {}

    /** Names of all cases. */
    static List<String> names() {
        try (Stream<Path> folders = Files.list(root())) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The checkpoint of a case: its GGUF file or its folder. */
    static Path checkpoint(String name) {
        Path gguf = root().resolve(name).resolve("model.gguf");
        return Files.exists(gguf) ? gguf : gguf.getParent();
    }

    static Checkpoint open(String name) {
        return Checkpoints.open(checkpoint(name));
    }

    static Reference reference(String name) {
        try {
            return new Gson().fromJson(Files.readString(root().resolve(name).resolve("reference.json")), Reference.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reference logits, prompt × vocabulary. */
    static float[] logits(String name) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(root().resolve(name).resolve("logits.bin")));
            float[] logits = new float[bytes.remaining() / Float.BYTES];
            bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(logits);
            return logits;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        try {
            return Path.of(GoldenModels.class.getResource("/golden/models").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
