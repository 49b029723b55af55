package org.djlquant.translate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.djlquant.chat.ToolCallFormat;
import org.djlquant.tokenizer.Tokenizer;

/** Writes conversations the way a model was trained to read them. */
interface Conversation {
    /**
     * The prompt up to where the model's answer begins.
     *
     * @param messages what was said
     * @param tools functions the model may call; may be empty
     */
    List<Tokenizer.Span> render(List<ChatMessage> messages, List<Map<String, Object>> tools);

    /** How the model writes calls of tools, as its template teaches it; empty if that is not known. */
    Optional<ToolCallFormat> toolCallFormat();
}
