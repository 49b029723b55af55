package org.djlquant.generate;

/** Why a generation ended. */
public enum FinishReason {
    /** An EOS token, or the listener (a stop string) ended it. */
    STOP,
    /** max_new_tokens or the context length was reached. */
    LENGTH,
    /** It was cancelled. */
    CANCELLED
}
