package org.djlquant.model;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Metadata;
import org.djlquant.format.UnsupportedModelException;

/** The one registry of architectures: a new one is a file in this package and a line here. */
final class Architectures {
    private static final List<Architecture> ALL = List.of(
            new Llama(),
            new Mistral(),
            new Qwen2(),
            new Qwen3(),
            new Phi3(),
            new Gemma(),
            new Gemma2(),
            new Gemma3(),
            new Gpt2(),
            new Opt(),
            new ChatGlm2(),
            new Glm(),
            new Glm4());

    private Architectures() {}

    /** The architecture a checkpoint names, or an {@link UnsupportedModelException} that lists all. */
    static Architecture of(Checkpoint checkpoint) {
        Metadata metadata = checkpoint.metadata();
        if (checkpoint.naming() == Checkpoint.Naming.GGUF) {
            String name = metadata.string("general.architecture").orElse("(no general.architecture)");
            return ALL.stream().filter(a -> a.ggufNames().contains(name)).findFirst().orElseThrow(() -> unsupported(checkpoint, name));
        }
        List<String> classes = metadata.strings("architectures").orElse(List.of());
        for (Architecture architecture : ALL) {
            if (classes.stream().anyMatch(architecture.huggingFaceNames()::contains)) {
                return architecture;
            }
        }
        String type = metadata.string("model_type").orElse("(no model_type)");
        if (!classes.isEmpty()) {
            throw unsupported(checkpoint, String.join(", ", classes));
        }
        return ALL.stream().filter(a -> a.name().equals(type)).findFirst().orElseThrow(() -> unsupported(checkpoint, type));
    }

    private static UnsupportedModelException unsupported(Checkpoint checkpoint, String found) {
        return new UnsupportedModelException(checkpoint.path() + ": architecture " + found
                + " is not supported. Supported: " + ALL.stream().map(Architectures::names).collect(Collectors.joining(", ")));
    }

    private static String names(Architecture architecture) {
        return String.join("/", new TreeSet<>(architecture.huggingFaceNames()))
                + (architecture.ggufNames().isEmpty() ? "" : " (GGUF " + String.join("/", new TreeSet<>(architecture.ggufNames())) + ")");
    }
}
