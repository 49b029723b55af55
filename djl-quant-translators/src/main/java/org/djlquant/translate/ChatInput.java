package org.djlquant.translate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation to continue. Immutable.
 *
 * @param messages what was said, in order, at least one message
 * @param tools functions the model may call, as OpenAI describes them; given to the chat template
 * @param parameters how to generate, by the names in docs/generation.md
 */
public record ChatInput(List<ChatMessage> messages, List<Map<String, Object>> tools, Map<String, Object> parameters)
        implements TextInput {
    /** Checks that there is a message. */
    public ChatInput {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("messages must hold at least one message, found none");
        }
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        parameters = Map.copyOf(parameters);
    }

    /** A conversation with the model's default parameters. */
    public ChatInput(List<ChatMessage> messages) {
        this(messages, List.of(), Map.of());
    }

    /** A conversation of a single user message. */
    public static ChatInput of(String userMessage) {
        return new ChatInput(List.of(ChatMessage.user(userMessage)));
    }

    /** The same with one parameter changed, e.g. {@code with("max_new_tokens", 64)}; null leaves it to the defaults. */
    public ChatInput with(String parameter, Object value) {
        Map<String, Object> changed = new LinkedHashMap<>(parameters);
        changed.compute(parameter, (name, before) -> value);
        return new ChatInput(messages, tools, changed);
    }
}
