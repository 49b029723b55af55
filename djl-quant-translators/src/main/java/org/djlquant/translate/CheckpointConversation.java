package org.djlquant.translate;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.djlquant.chat.ChatTemplate;
import org.djlquant.chat.ChatTemplates;
import org.djlquant.chat.RenderedSpan;
import org.djlquant.chat.ToolCall;
import org.djlquant.chat.ToolCallFormat;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.tokenizer.Tokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Conversations by the chat template of a checkpoint: that of the option, else chat_template.jinja, else
 * the one in tokenizer_config.json, chat_template.json or the GGUF metadata, else a built-in one if the
 * model's name tells its family. Where there are several by
 * name, {@code tool_use} is taken if there are tools, else {@code default}. A template is compiled when it
 * is first used, so that a model with none, or a broken one, can still continue texts. Thread-safe.
 */
final class CheckpointConversation implements Conversation {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointConversation.class);
    private static final String DEFAULT = "default";
    private static final String TOOL_USE = "tool_use";
    private static final String GGUF_KEY = "tokenizer.chat_template";
    /** Those of OpenAI's API, of which every template does what it was written to do. */
    private static final List<String> ROLES = List.of("system", "user", "assistant", "tool");
    private static final List<String> TOKENS =
            List.of("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token");

    private final Path path;
    private final Map<String, String> sources;
    /** Built-in template that stands in for all of the checkpoint's, or {@code null}. */
    private final ChatTemplate builtIn;

    private final Map<String, Object> variables = new HashMap<>();
    private final Map<String, ChatTemplate> compiled = new ConcurrentHashMap<>();

    /**
     * Finds the template's source.
     *
     * @param option a built-in template's name or a template's text; {@code null} for the checkpoint's own
     */
    CheckpointConversation(Checkpoint checkpoint, Tokenizer tokenizer, String option) {
        path = checkpoint.path();
        ChatTemplate named = option == null ? null : ChatTemplates.byName(option).orElse(null);
        if (option != null && named == null && !option.contains("{")) {
            throw new IllegalArgumentException("chat_template must be one of " + String.join(", ", ChatTemplates.names())
                    + ", or a Jinja text, found " + option);
        }
        sources = option == null ? find(checkpoint) : named == null ? Map.of(DEFAULT, option) : Map.of();
        builtIn = named == null && sources.isEmpty() ? byModelName(checkpoint) : named;
        for (String role : TOKENS) {
            String token = tokenizer.specialToken(role);
            if (token != null) {
                variables.put(role, token);
            }
        }
        variables.put("add_generation_prompt", true);
    }

    @Override
    public List<Tokenizer.Span> render(List<ChatMessage> messages, List<Map<String, Object>> tools) {
        Map<String, Object> scope = new HashMap<>(variables);
        scope.put("messages", messages.stream().map(CheckpointConversation::variable).toList());
        if (!tools.isEmpty()) {
            scope.put("tools", tools);
        }
        ChatTemplate template = template(!tools.isEmpty());
        List<RenderedSpan> spans = template.renderSpans(scope);
        requireKnownRoles(messages, template, spans);
        return spans.stream().map(span -> new Tokenizer.Span(span.text(), !span.fromUser())).toList();
    }

    /**
     * Refuses messages of a role that the template neither knows nor writes: many templates leave such messages out
     * without a word, and the model would answer something else.
     */
    private static void requireKnownRoles(List<ChatMessage> messages, ChatTemplate template, List<RenderedSpan> spans) {
        for (int i = 0; i < messages.size(); i++) {
            String role = messages.get(i).role();
            if (!ROLES.contains(role)
                    && !template.source().contains(role)
                    && spans.stream().noneMatch(span -> !span.fromUser() && span.text().contains(role))) {
                throw new IllegalArgumentException("messages[" + i + "].role must be one that the chat template knows ("
                        + String.join(", ", ROLES) + " in most), found " + role);
            }
        }
    }

    @Override
    public Optional<ToolCallFormat> toolCallFormat() {
        return ToolCallFormat.ofTemplate(template(true).source());
    }

    /** A message as transformers gives it to templates: what it does not have is not there. */
    private static Map<String, Object> variable(ChatMessage message) {
        Map<String, Object> variable = new LinkedHashMap<>();
        variable.put("role", message.role());
        variable.put("content", message.content());
        putIfThere(variable, "name", message.name());
        if (!message.toolCalls().isEmpty()) {
            variable.put("tool_calls", message.toolCalls().stream().map(CheckpointConversation::variable).toList());
        }
        putIfThere(variable, "tool_call_id", message.toolCallId());
        return variable;
    }

    private static Map<String, Object> variable(ToolCall call) {
        Map<String, Object> variable = new LinkedHashMap<>();
        putIfThere(variable, "id", call.id());
        variable.put("type", "function");
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", call.name());
        function.put("arguments", call.arguments());
        variable.put("function", function);
        return variable;
    }

    private static void putIfThere(Map<String, Object> variable, String key, Object value) {
        if (value != null) {
            variable.put(key, value);
        }
    }

    private ChatTemplate template(boolean tools) {
        if (builtIn != null) {
            return builtIn;
        }
        String name = tools && sources.containsKey(TOOL_USE) ? TOOL_USE : DEFAULT;
        String source = sources.get(name);
        if (source == null) {
            throw new UnsupportedModelException(path + " has no chat template, so it is not known how to write a conversation for"
                    + " it. Give one by the option chat_template (one of " + String.join(", ", ChatTemplates.names())
                    + ", or a Jinja text), or let it continue texts (raw=true)");
        }
        return compiled.computeIfAbsent(name, unused -> ChatTemplate.of(source));
    }

    /** The template of the family that a checkpoint without one belongs to by its name; {@code null} if unknown. */
    private static ChatTemplate byModelName(Checkpoint checkpoint) {
        List<String> names = new ArrayList<>();
        checkpoint.metadata().string("general.name").ifPresent(names::add);
        Path absolute = checkpoint.path().toAbsolutePath();
        // the last three, because the hub's cache has the name two levels above the files
        for (int i = absolute.getNameCount() - 1; i >= Math.max(0, absolute.getNameCount() - 3); i--) {
            names.add(absolute.getName(i).toString());
        }
        for (String name : names) {
            ChatTemplate template = ChatTemplates.forModel(name).orElse(null);
            if (template != null) {
                LOG.warn("{} has no chat template; going by the name {}, a built-in one is used. Set the option chat_template"
                        + " to choose another.", checkpoint.path(), name);
                return template;
            }
        }
        return null;
    }

    /** The templates that a checkpoint carries, by name; the usual one is {@code default}. */
    static Map<String, String> find(Checkpoint checkpoint) {
        Map<String, String> found = new HashMap<>();
        Metadata metadata = checkpoint.metadata();
        for (String key : metadata.keys()) {
            if (key.equals(GGUF_KEY)) {
                metadata.string(key).ifPresent(source -> found.put(DEFAULT, source));
            } else if (key.startsWith(GGUF_KEY + ".")) {
                metadata.string(key).ifPresent(source -> found.put(key.substring(GGUF_KEY.length() + 1), source));
            }
        }
        // later ones win: what stands in a file of its own is newer than what stands in the configuration
        addJson(checkpoint, "chat_template.json", found);
        addJson(checkpoint, "tokenizer_config.json", found);
        checkpoint.companion("chat_template.jinja").ifPresent(source -> found.put(DEFAULT, source));
        return found;
    }

    /** The field chat_template: one text, or a list of objects with name and template. */
    private static void addJson(Checkpoint checkpoint, String file, Map<String, String> into) {
        String text = checkpoint.companion(file).orElse(null);
        if (text == null) {
            return;
        }
        try {
            JsonElement field = JsonParser.parseString(text).getAsJsonObject().get("chat_template");
            if (field == null || field.isJsonNull()) {
                return;
            }
            if (!field.isJsonArray()) {
                into.put(DEFAULT, field.getAsString());
                return;
            }
            for (JsonElement each : field.getAsJsonArray()) {
                JsonObject named = each.getAsJsonObject();
                into.put(named.get("name").getAsString(), named.get("template").getAsString());
            }
        } catch (RuntimeException e) {
            throw new ModelFormatException(
                    checkpoint.path(), file, "expected chat_template to be a text or a list of named ones: " + e.getMessage(), e);
        }
    }
}
