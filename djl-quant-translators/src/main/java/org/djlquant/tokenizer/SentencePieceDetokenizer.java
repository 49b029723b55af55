package org.djlquant.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Streaming decoder of SentencePiece vocabularies. A run of byte tokens is text only as a whole — one
 * malformed byte turns every byte of the run into U+FFFD, in Hugging Face's decoder and so here — which
 * is why a run is held until another token ends it.
 */
final class SentencePieceDetokenizer implements StreamingDetokenizer {
    private final Vocabulary vocabulary;
    private final ByteArrayOutputStream run = new ByteArrayOutputStream();
    private boolean dropSpace;

    SentencePieceDetokenizer(Vocabulary vocabulary, boolean dropLeadingSpace) {
        this.vocabulary = vocabulary;
        this.dropSpace = dropLeadingSpace;
    }

    @Override
    public String add(int token) {
        String text = vocabulary.text(token);
        if (text == null || vocabulary.isSpecial(token)) {
            return "";
        }
        int value = byteValue(text);
        if (value >= 0) {
            run.write(value);
            return "";
        }
        return strip(endRun() + text.replace('▁', ' '));
    }

    @Override
    public String finish() {
        return strip(endRun());
    }

    /** The byte that a token such as {@code <0x0A>} stands for, or −1. */
    static int byteValue(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
            return -1;
        }
        char high = token.charAt(3);
        char low = token.charAt(4);
        return HexFormat.isHexDigit(high) && HexFormat.isHexDigit(low) ? HexFormat.fromHexDigits(token, 3, 5) : -1;
    }

    private String endRun() {
        if (run.size() == 0) {
            return "";
        }
        byte[] bytes = run.toByteArray();
        run.reset();
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return "\uFFFD".repeat(bytes.length);
        }
    }

    private String strip(String piece) {
        if (!dropSpace || piece.isEmpty()) {
            return piece;
        }
        dropSpace = false;
        return piece.startsWith(" ") ? piece.substring(1) : piece;
    }
}
