package org.djlquant.translate;

import java.util.List;
import java.util.Objects;
import org.djlquant.chat.ToolCall;

/**
 * One message of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant}, {@code tool}, or what the model's chat template
 *     knows
 * @param content the text; {@code null} only if there are tool calls instead
 * @param name of the function that a message of role {@code tool} is the outcome of, for templates that want it; or
 *     {@code null}
 * @param toolCalls what an assistant asked for; empty if nothing
 * @param toolCallId the call that a message of role {@code tool} answers, or {@code null}
 */
public record ChatMessage(String role, String content, String name, List<ToolCall> toolCalls, String toolCallId) {
    /** Checks that role and content are there. */
    public ChatMessage {
        Objects.requireNonNull(role, "role");
        toolCalls = List.copyOf(toolCalls);
        if (toolCalls.isEmpty()) {
            Objects.requireNonNull(content, "content");
        }
    }

    /** A message that is only text. */
    public ChatMessage(String role, String content) {
        this(role, content, null, List.of(), null);
    }

    /** A message of the user. */
    public static ChatMessage user(String content) {
        return new ChatMessage("user", content);
    }

    /** Instructions that come before the conversation. */
    public static ChatMessage system(String content) {
        return new ChatMessage("system", content);
    }

    /** An earlier answer of the model. */
    public static ChatMessage assistant(String content) {
        return new ChatMessage("assistant", content);
    }

    /** An earlier answer of the model that asked for functions to be called. */
    public static ChatMessage assistant(String content, List<ToolCall> toolCalls) {
        return new ChatMessage("assistant", content, null, toolCalls, null);
    }

    /** The outcome of a call that the model asked for. */
    public static ChatMessage tool(ToolCall call, String outcome) {
        return new ChatMessage("tool", outcome, call.name(), List.of(), call.id());
    }
}
