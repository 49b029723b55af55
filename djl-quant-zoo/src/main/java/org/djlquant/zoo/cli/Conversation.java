package org.djlquant.zoo.cli;

import ai.djl.inference.Predictor;
import ai.djl.translate.TranslateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.djlquant.translate.ChatInput;
import org.djlquant.translate.ChatMessage;
import org.djlquant.translate.TextStream;

/** What was said so far. */
final class Conversation {
    private final Predictor<ChatInput, TextStream> predictor;
    private final Map<String, Object> parameters;
    private final List<ChatMessage> messages = new ArrayList<>();
    private String system;

    Conversation(Predictor<ChatInput, TextStream> predictor, Map<String, Object> parameters, String system) {
        this.predictor = predictor;
        this.parameters = parameters;
        this.system = system;
    }

    /** Asks for the answer to a message; {@link #answered} must follow, or {@link #takeBack}. */
    TextStream say(String message) throws TranslateException {
        messages.add(ChatMessage.user(message));
        List<ChatMessage> all = new ArrayList<>(messages);
        if (system != null) {
            all.addFirst(ChatMessage.system(system));
        }
        return predictor.predict(new ChatInput(all, List.of(), parameters));
    }

    /** Remembers an answer, complete or stopped. */
    void answered(String text) {
        messages.add(ChatMessage.assistant(text));
    }

    /** Forgets the last message, which could not be answered. */
    void takeBack() {
        messages.removeLast();
    }

    /** Forgets everything but the system prompt. */
    void reset() {
        messages.clear();
    }

    /** Sets the system prompt, or removes it if the text is empty, and begins anew. */
    void system(String text) {
        system = text.isEmpty() ? null : text;
        reset();
    }
}
