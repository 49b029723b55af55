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
}
