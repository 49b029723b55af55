package org.djlquant.translate;

import java.util.Objects;

/**
 * One message of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant}, or what the model's chat template knows
 * @param content the text
 */
public record ChatMessage(String role, String content) {
    /** Checks that both are there. */
    public ChatMessage {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
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
}
