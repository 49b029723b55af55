package org.djlquant.tokenizer;

import java.util.List;

/** Text to token ids and back, as the checkpoint's own tokenizer does it. Thread-safe. */
public interface Tokenizer extends AutoCloseable {

    /** A piece of text, and whether special tokens written in it count as such. */
    record Span(String text, boolean parseSpecial) {}

    /** Ids of plain text, with the special tokens (BOS …) that the checkpoint adds if asked for. */
    int[] encode(String text, boolean addSpecialTokens);

    /**
     * Ids of a rendered chat template. Spans that come from user text are encoded so that no special
     * token can appear in them; BOS is at the beginning exactly once if the checkpoint wants one.
     */
    int[] encodeChat(List<Span> spans);

    /** Text of ids. */
    String decode(int[] ids, boolean skipSpecialTokens);

    /** A decoder for one stream of generated ids. */
    StreamingDetokenizer newDetokenizer();

    /** The text of one id by itself: a leading space is kept, bytes that are no whole character are U+FFFD. */
    String tokenText(int id);

    /** Whether an id is a special token, which decoding leaves out. */
    boolean isSpecial(int id);

    /** Number of ids. */
    int vocabularySize();

    /** The text of a special token such as {@code bos_token} or {@code eos_token}, or {@code null}. */
    String specialToken(String role);

    /** The id of a token's exact text, or −1. */
    int tokenId(String token);

    @Override
    void close();
}
