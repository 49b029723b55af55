package org.djlquant.translate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A text to continue as it is, without a chat template. Special tokens written in it count as such, and
 * those that the tokenizer puts around every text (BOS) are added.
 *
 * @param prompt the text
 * @param parameters how to generate, by the names in docs/generation.md
 */
public record CompletionInput(String prompt, Map<String, Object> parameters) implements TextInput {
    /** Copies the parameters. */
    public CompletionInput {
        Objects.requireNonNull(prompt, "prompt");
        parameters = Map.copyOf(parameters);
    }

    /** A text to continue with the model's default parameters. */
    public CompletionInput(String prompt) {
        this(prompt, Map.of());
    }

    /** The same with one parameter changed; null leaves it to the defaults. */
    public CompletionInput with(String parameter, Object value) {
        Map<String, Object> changed = new LinkedHashMap<>(parameters);
        changed.compute(parameter, (name, before) -> value);
        return new CompletionInput(prompt, changed);
    }
}
