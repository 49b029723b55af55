package org.djlquant.chat;

import java.util.List;

/**
 * An answer taken apart.
 *
 * @param content what the model said besides; empty if it said nothing
 * @param toolCalls the calls it asked for, in order; empty if it asked for none
 */
public record ToolAnswer(String content, List<ToolCall> toolCalls) {
    /** Copies the list. */
    public ToolAnswer {
        toolCalls = List.copyOf(toolCalls);
    }
}
