package org.djlquant.zoo;

import ai.djl.util.JsonUtils;
import ai.djl.util.Utils;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import org.djlquant.engine.QuantEngine;

/**
 * The place in DJL's cache where DJL's own repository looks for {@code djl://org.djlquant/<name>}. That
 * repository knows nothing of this zoo: it takes the metadata found there, if they are fresh, and the
 * files, if their folder exists, and asks an address of its own otherwise. So both are put there first.
 *
 * <p>Embedded models are unpacked into the folder, because weights are mapped into memory and an entry
 * of a jar cannot be. For the others the folder stays empty, and the metadata name {@link HubModel},
 * which fetches them.
 */
final class CachedArtifact {
    /** DJL makes a folder of it. */
    private static final String VERSION = "0.1.0";

    private final ZooEntry entry;

    CachedArtifact(ZooEntry entry) {
        this.entry = entry;
    }

    /** Where DJL expects the files of the model. */
    Path folder() {
        return artifact().resolve(VERSION).resolve(entry.name());
    }

    private Path artifact() {
        return Utils.getCacheDir()
                .resolve("cache/repo/model/nlp/text_generation")
                .resolve(QuantModelZoo.GROUP_ID.replace('.', '/'))
                .resolve(entry.name());
    }

    /** Makes the artifact ready for DJL. Files that are there already stay, if their content is right. */
    void prepare() throws IOException {
        if (entry.embedded()) {
            unpack();
        } else {
            Files.createDirectories(folder());
        }
        replace(artifact().resolve("metadata.json"), metadata().getBytes(StandardCharsets.UTF_8));
    }

    /** Unpacks an embedded model and returns its file. */
    Path unpack() throws IOException {
        Path model = folder().resolve(entry.name() + ".gguf");
        try (InputStream in = CachedArtifact.class.getResourceAsStream(model.getFileName().toString())) {
            if (in == null) {
                throw new FileNotFoundException("resource " + model.getFileName() + " is missing from the zoo's jar");
            }
            replace(model, in.readAllBytes());
        }
        return model;
    }

    /** Metadata that never get old, with what a Criteria would have to say otherwise. */
    private String metadata() {
        return """
                {
                  "metadataVersion": "0.2",
                  "resourceType": "model",
                  "application": "nlp/text_generation",
                  "groupId": "%s",
                  "artifactId": "%s",
                  "name": "%2$s",
                  "lastUpdated": "2100-01-01T00:00:00.000Z",
                  "artifacts": [
                    {
                      "version": "%s",
                      "name": "%2$s",
                      "arguments": {
                        "engine": "%s",
                        "translatorFactory": "%s"%s
                      },
                      "options": %s,
                      "files": {}
                    }
                  ]
                }
                """
                .formatted(
                        QuantModelZoo.GROUP_ID,
                        entry.name(),
                        VERSION,
                        QuantEngine.NAME,
                        QuantRepository.TRANSLATOR_FACTORY,
                        entry.embedded()
                                ? ""
                                : ", \"blockFactory\": \"%s\", \"%s\": \"%s\""
                                        .formatted(HubModel.class.getName(), HubModel.REFERENCE, entry.hub()),
                        JsonUtils.GSON.toJson(entry.options()));
    }

    private static void replace(Path target, byte[] content) throws IOException {
        // another version of the jar may have left another model; a few megabytes compare in no time
        if (Files.exists(target) && Files.size(target) == content.length && Arrays.equals(Files.readAllBytes(target), content)) {
            return;
        }
        Files.createDirectories(target.getParent());
        Path part = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
        try {
            Files.write(part, content);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
