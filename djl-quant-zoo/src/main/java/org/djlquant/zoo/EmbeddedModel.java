package org.djlquant.zoo;

import ai.djl.util.Utils;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/**
 * A model inside the jar. It is unpacked to DJL's cache, because weights are mapped into memory and an
 * entry of a jar cannot be. The place is the one where DJL's own repository looks for {@code
 * djl://org.djlquant/<name>}, with the metadata it wants to find there; so no address is ever asked.
 */
final class EmbeddedModel {
    /** Version and name in the metadata resource; DJL makes folders of both. */
    private static final String VERSION = "0.1.0";

    private final String name;

    EmbeddedModel(String name) {
        this.name = name;
    }

    /** The folder of the unpacked model. */
    Path folder() {
        return artifact().resolve(VERSION).resolve(name);
    }

    private Path artifact() {
        return Utils.getCacheDir()
                .resolve("cache/repo/model/nlp/text_generation")
                .resolve(QuantModelZoo.GROUP_ID.replace('.', '/'))
                .resolve(name);
    }

    /** Unpacks model and metadata unless they are there; a file with other content is replaced. Returns the model file. */
    synchronized Path unpack() throws IOException {
        Path model = folder().resolve(name + ".gguf");
        unpack(name + ".gguf", model);
        unpack(name + ".json", artifact().resolve("metadata.json"));
        return model;
    }

    private void unpack(String resource, Path target) throws IOException {
        byte[] content;
        try (InputStream in = EmbeddedModel.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new FileNotFoundException("resource " + resource + " is missing from the zoo's jar");
            }
            content = in.readAllBytes();
        }
        // another version of the jar may have left another model; a few megabytes compare in no time
        if (Files.exists(target) && Files.size(target) == content.length && Arrays.equals(Files.readAllBytes(target), content)) {
            return;
        }
        Files.createDirectories(target.getParent());
        Path part = Files.createTempFile(target.getParent(), resource, ".part");
        try {
            Files.write(part, content);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
