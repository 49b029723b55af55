package org.djlquant.generate;

/** Receives generated tokens as they come, on the generating thread. */
@FunctionalInterface
public interface TokenListener {
    /**
     * Called once for each generated token, EOS excluded.
     *
     * @return whether to go on; {@code false} ends the generation with {@link FinishReason#STOP}
     */
    boolean onToken(int token);

    /** How many of the likeliest tokens {@link #onLogProbs} wants to see; negative if it is not to be called. */
    default int topLogProbs() {
        return -1;
    }

    /** Called before {@link #onToken} for the same token, if {@link #topLogProbs()} is not negative. */
    default void onLogProbs(TokenLogProbs logProbs) {}

    /**
     * Called for each token of the prompt but the first, in order and before any token of the answer, if {@link
     * Parameter#ECHO} is set and {@link #topLogProbs()} is not negative.
     */
    default void onPromptLogProbs(TokenLogProbs logProbs) {}
}
