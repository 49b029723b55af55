package org.djlquant.translate;

import java.util.List;
import org.djlquant.chat.ToolCall;

/**
 * An answer.
 *
 * @param text its text, without stop strings, end tokens and tool calls; with {@code echo} the prompt stands before it
 * @param finishReason {@code stop} (the model or a stop string ended it), {@code length} (max_new_tokens or the context
 *     was reached), {@code tool_calls} (it asks for functions to be called) or {@code cancelled}
 * @param usage tokens
 * @param timings time
 * @param logProbs one entry for each token if the parameter {@code logprobs} asked for them, else empty; with {@code echo}
 *     those of the prompt come first
 * @param toolCalls functions the model asks to be called, each with an id; empty if none
 * @param alternatives the other answers if {@code n} asked for several, else empty
 */
public record ChatOutput(
        String text,
        String finishReason,
        Usage usage,
        Timings timings,
        List<TokenLogProb> logProbs,
        List<ToolCall> toolCalls,
        List<ChatOutput> alternatives) {
    /** Copies the lists. */
    public ChatOutput {
        logProbs = List.copyOf(logProbs);
        toolCalls = List.copyOf(toolCalls);
        alternatives = List.copyOf(alternatives);
    }

    /** This answer with others beside it. */
    ChatOutput with(List<ChatOutput> others) {
        return new ChatOutput(text, finishReason, usage, timings, logProbs, toolCalls, others);
    }

    /** The answer as a message, for the conversation to go on. */
    public ChatMessage message() {
        return ChatMessage.assistant(text, toolCalls);
    }
}
