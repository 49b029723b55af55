package org.djlquant.translate;

import java.util.Map;

/** What text is generated from: a conversation, or a text to continue. */
public sealed interface TextInput permits ChatInput, CompletionInput {
    /** How to generate, by the names in docs/generation.md; what is missing comes from the model's defaults. */
    Map<String, Object> parameters();
}
