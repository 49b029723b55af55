package org.djlquant.tokenizer;

/**
 * A token that is cut out of the text before anything else is tokenized.
 *
 * @param id its id
 * @param text its exact text
 * @param special whether it is a control token (BOS, EOS, role markers …), which user text must not yield
 * @param lstrip whether it swallows white space before it
 * @param rstrip whether it swallows white space after it
 */
record AddedToken(int id, String text, boolean special, boolean lstrip, boolean rstrip) {}
