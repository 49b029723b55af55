package org.djlquant.generate;

/** When a beam search ends, once as many answers are complete as there are beams. */
public enum EarlyStopping {
    /** At once. */
    TRUE,
    /** When the likeliest open beam, scored at its present length, is no better than the worst complete answer. */
    FALSE,
    /** When no open beam can become better than the worst complete answer, at any length. */
    NEVER
}
