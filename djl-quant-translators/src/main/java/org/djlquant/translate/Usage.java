package org.djlquant.translate;

/**
 * Tokens of a request.
 *
 * @param promptTokens tokens of the prompt
 * @param completionTokens generated tokens, end tokens not counted
 */
public record Usage(int promptTokens, int completionTokens) {
    /** Both together. */
    public int totalTokens() {
        return promptTokens + completionTokens;
    }
}
