package org.djlquant.chat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The templates that come with the library, for checkpoints that carry none: each renders plain conversations as
 * the one published with its model family. Thread-safe.
 */
public final class ChatTemplates {

    /** A part of a model's name, in lower case, and the template that it means. */
    private record Rule(String part, String template) {}

    private static final List<String> NAMES = List.of("alpaca", "chatglm2", "chatglm3", "chatml", "falcon", "gemma",
            "gemma-3", "glm-4", "llama-2-chat", "llama-3", "llama-3.1", "mistral-instruct-v0.1",
            "mistral-instruct-v0.2", "mistral-instruct-v0.3", "mistral-nemo", "openchat", "phi-3", "qwen2", "vicuna",
            "zephyr");

    /** Names that mean a template of another name. */
    private static final Map<String, String> ALIASES = Map.ofEntries(Map.entry("tinyllama", "zephyr"),
            Map.entry("llama-2", "llama-2-chat"), Map.entry("llama2", "llama-2-chat"), Map.entry("llama3", "llama-3"),
            Map.entry("llama-3.2", "llama-3.1"), Map.entry("llama-3.3", "llama-3.1"),
            Map.entry("mistral", "mistral-instruct-v0.2"), Map.entry("mistral-instruct", "mistral-instruct-v0.2"),
            Map.entry("gemma-2", "gemma"), Map.entry("gemma2", "gemma"), Map.entry("gemma3", "gemma-3"),
            Map.entry("phi3", "phi-3"), Map.entry("phi-3.5", "phi-3"), Map.entry("qwen", "qwen2"),
            Map.entry("qwen2.5", "qwen2"), Map.entry("glm4", "glm-4"));

    /** Tried in order, so the more specific ones come first. */
    private static final List<Rule> RULES = List.of(
            new Rule("zephyr", "zephyr"), new Rule("tinyllama", "zephyr"), new Rule("chatglm2", "chatglm2"),
            new Rule("chatglm3", "chatglm3"), new Rule("glm-4", "glm-4"), new Rule("glm4", "glm-4"),
            new Rule("vicuna", "vicuna"), new Rule("alpaca", "alpaca"), new Rule("openchat", "openchat"),
            new Rule("starling", "openchat"), new Rule("llama-3.1", "llama-3.1"), new Rule("llama-3.2", "llama-3.1"),
            new Rule("llama-3.3", "llama-3.1"), new Rule("llama-3", "llama-3"), new Rule("llama3", "llama-3"),
            new Rule("llama-2", "llama-2-chat"), new Rule("llama2", "llama-2-chat"), new Rule("nemo", "mistral-nemo"),
            new Rule("mistral-7b-instruct-v0.1", "mistral-instruct-v0.1"),
            new Rule("mistral-7b-instruct-v0.3", "mistral-instruct-v0.3"), new Rule("mistral", "mistral-instruct-v0.2"),
            new Rule("mixtral", "mistral-instruct-v0.2"), new Rule("gemma-3", "gemma-3"), new Rule("gemma3", "gemma-3"),
            new Rule("gemma", "gemma"), new Rule("phi-3", "phi-3"), new Rule("phi3", "phi-3"),
            new Rule("qwen", "qwen2"), new Rule("falcon", "falcon"), new Rule("hermes", "chatml"),
            new Rule("dolphin", "chatml"), new Rule("chatml", "chatml"), new Rule("smollm", "chatml"));

    /** Parts of a name by which tuned checkpoints tell themselves from the base model of families that have both. */
    private static final List<String> TUNED = List.of("chat", "instruct", "-it", "_it");
    private static final List<String> ALSO_BASE =
            List.of("llama", "mistral", "mixtral", "gemma", "qwen", "falcon", "smollm");

    private static final Map<String, ChatTemplate> LOADED = new ConcurrentHashMap<>();

    private ChatTemplates() {}

    /** Names of the built-in templates, aliases included, in order. */
    public static SortedSet<String> names() {
        SortedSet<String> names = new TreeSet<>(NAMES);
        names.addAll(ALIASES.keySet());
        return names;
    }

    /** A built-in template by its name or alias, in any case; empty if there is none. */
    public static Optional<ChatTemplate> byName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        String resolved = ALIASES.getOrDefault(lower, lower);
        if (!NAMES.contains(resolved)) {
            return Optional.empty();
        }
        if (!LOADED.containsKey(resolved)) {
            LOADED.putIfAbsent(resolved, load(resolved));
        }
        return Optional.of(LOADED.get(resolved));
    }

    /**
     * The built-in template of the family that a model's name belongs to, such as {@code Mistral-7B-Instruct-v0.2}
     * or a file's or repository's name. Names of base models of families that publish both have none: a base model
     * was not trained on any template.
     */
    public static Optional<ChatTemplate> forModel(String modelName) {
        String name = modelName.toLowerCase(Locale.ROOT).replace(' ', '-');
        for (Rule rule : RULES) {
            if (name.contains(rule.part)) {
                boolean base = ALSO_BASE.stream().anyMatch(rule.part::startsWith)
                        && TUNED.stream().noneMatch(name::contains);
                return base ? Optional.empty() : byName(rule.template);
            }
        }
        return Optional.empty();
    }

    private static ChatTemplate load(String name) {
        try (InputStream in = ChatTemplates.class.getResourceAsStream(name.concat(".jinja"))) {
            return ChatTemplate.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("the built-in chat template " + name + " cannot be read", e);
        }
    }
}
