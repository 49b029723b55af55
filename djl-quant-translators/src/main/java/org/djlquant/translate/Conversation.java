package org.djlquant.translate;

import java.util.List;
import java.util.Map;
import org.djlquant.tokenizer.Tokenizer;

/** Writes conversations the way a model was trained to read them. */
@FunctionalInterface
interface Conversation {
    /**
     * The prompt up to where the model's answer begins.
     *
     * @param messages what was said
     * @param tools functions the model may call; may be empty
     */
    List<Tokenizer.Span> render(List<ChatMessage> messages, List<Map<String, Object>> tools);
}
