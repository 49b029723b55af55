package org.djlquant.translate;

import java.util.List;

/**
 * A step of an answer that grows.
 *
 * @param choice which of the answers to an input, from 0
 * @param text what it goes on with; may be empty where log-probabilities or the end come
 * @param logProbs of the tokens whose text is now out, if they are asked for
 * @param end the whole answer if this was its last piece, else {@code null}
 */
record AnswerPiece(int choice, String text, List<TokenLogProb> logProbs, ChatOutput end) {}
