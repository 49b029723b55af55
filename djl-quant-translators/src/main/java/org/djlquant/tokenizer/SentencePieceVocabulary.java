package org.djlquant.tokenizer;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlquant.format.ModelFormatException;
import org.djlquant.tokenizer.TokenizerSpec.Decoding;

/**
 * Scored pieces, as a SentencePiece model and a GGUF file of kind {@code llama} hold them (GGUF took
 * its token types from SentencePiece).
 *
 * <p>SentencePiece merges, among neighbouring pieces, the pair whose union has the best score. Written
 * as a BPE with ranked merges this is: every split of a piece into two pieces is a merge, ranked by
 * the score of the union — the conversion that transformers makes too.
 */
final class SentencePieceVocabulary {
    static final int NORMAL = 1;
    static final int UNKNOWN = 2;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int BYTE = 6;

    /** Longer pieces get no merges: their splits cost quadratic time, and SentencePiece itself makes none of more than 16 to 128. */
    private static final int MAX_PIECE = 1024;

    /**
     * How text is prepared before it is split into pieces.
     *
     * @param spacePrefix whether a space is put before the text
     * @param removeExtraSpaces whether spaces at the ends and repeated ones are dropped
     * @param charsMap SentencePiece's compiled character replacements; empty = none
     */
    record Normalization(boolean spacePrefix, boolean removeExtraSpaces, byte[] charsMap) {}

    private record Merge(String left, String right, float score, int leftId, int rightId) {}

    private static final Comparator<Merge> BY_IDS = Comparator.comparingInt(Merge::leftId).thenComparingInt(Merge::rightId);

    private final Vocabulary vocabulary;
    private final float[] scores;
    private final int[] types;
    private final boolean unigram;
    private final Normalization normalization;
    private final int unknown;
    private final boolean byteFallback;

    SentencePieceVocabulary(
            Path file, List<String> pieces, float[] scores, int[] types, boolean unigram, Normalization normalization) {
        if (scores.length != pieces.size() || types.length != pieces.size()) {
            throw new ModelFormatException(file, "vocabulary", "expected as many scores and types as tokens, found "
                    + pieces.size() + " tokens, " + scores.length + " scores, " + types.length + " types");
        }
        if (normalization.charsMap.length > 0) {
            CharsMap.flaw(normalization.charsMap).ifPresent(flaw -> {
                throw new ModelFormatException(file, "precompiled_charsmap", flaw);
            });
        }
        this.scores = scores;
        this.types = types;
        this.unigram = unigram;
        this.normalization = normalization;
        vocabulary = new Vocabulary(pieces.size());
        int unk = -1;
        int bytes = 0;
        for (int id = 0; id < types.length; id++) {
            String piece = pieces.get(id);
            vocabulary.put(id, piece);
            switch (types[id]) {
                case UNKNOWN, CONTROL -> vocabulary.add(new AddedToken(id, piece, true, false, false));
                case USER_DEFINED -> vocabulary.add(new AddedToken(id, piece, false, false, false));
                case BYTE -> bytes++;
                default -> {}
            }
            if (types[id] == UNKNOWN || unk < 0 && piece.equals("<unk>")) {
                unk = id;
            }
        }
        unknown = unk;
        byteFallback = bytes == 256;
    }

    /** Texts and ids; tokens may be added before {@link #json()} is called. */
    Vocabulary vocabulary() {
        return vocabulary;
    }

    /** Number of pieces. */
    int size() {
        return types.length;
    }

    boolean unigram() {
        return unigram;
    }

    Decoding decoding() {
        return normalization.spacePrefix ? Decoding.SENTENCE_PIECE_STRIPPED : Decoding.SENTENCE_PIECE;
    }

    /** The control tokens that SentencePiece gives names to. */
    Map<String, String> defaultRoles() {
        Map<String, String> roles = new HashMap<>();
        for (String[] role : new String[][] {{"bos_token", "<s>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}}) {
            int id = vocabulary.id(role[1]);
            if (id >= 0 && vocabulary.isSpecial(id)) {
                roles.put(role[0], role[1]);
            }
        }
        return roles;
    }

    /** The tokenizer.json. */
    String json() {
        return TokenizerJson.document(vocabulary, out -> {
            writeNormalizer(out);
            out.name("pre_tokenizer").nullValue();
            out.name("decoder").jsonValue(normalization.spacePrefix
                    ? TokenizerJson.SENTENCE_PIECE_STRIPPING_DECODER
                    : TokenizerJson.SENTENCE_PIECE_DECODER);
            if (unigram) {
                writeUnigram(out);
            } else {
                writeBpe(out);
            }
        });
    }

    private void writeNormalizer(JsonWriter out) throws IOException {
        out.name("normalizer").beginObject().name("type").value("Sequence").name("normalizers").beginArray();
        if (normalization.charsMap.length > 0) {
            out.beginObject().name("type").value("Precompiled").name("precompiled_charsmap");
            out.value(Base64.getEncoder().encodeToString(normalization.charsMap)).endObject();
        }
        if (normalization.removeExtraSpaces) {
            replace(out, "Regex", "\\A +| +\\z", "");
            replace(out, "Regex", " {2,}", " ");
        }
        if (normalization.spacePrefix) {
            out.beginObject().name("type").value("Prepend").name("prepend").value("▁").endObject();
        }
        replace(out, "String", " ", "▁");
        out.endArray().endObject();
    }

    private static void replace(JsonWriter out, String kind, String pattern, String content) throws IOException {
        out.beginObject().name("type").value("Replace");
        out.name("pattern").beginObject().name(kind).value(pattern).endObject();
        out.name("content").value(content).endObject();
    }

    private void writeUnigram(JsonWriter out) throws IOException {
        out.name("model").beginObject().name("type").value("Unigram");
        out.name("unk_id");
        if (unknown >= 0) {
            out.value(unknown);
        } else {
            out.nullValue();
        }
        out.name("byte_fallback").value(byteFallback).name("vocab").beginArray();
        for (int id = 0; id < types.length; id++) {
            // control pieces have score 0, the best of all: only the added-token matcher may find them in a text
            boolean findable = types[id] != CONTROL && types[id] != UNKNOWN;
            out.beginArray().value(vocabulary.text(id)).value(findable ? scores[id] : -1e6).endArray();
        }
        out.endArray().endObject();
    }

    private void writeBpe(JsonWriter out) throws IOException {
        String unknownToken = unknown >= 0 ? vocabulary.text(unknown) : null;
        List<Merge> merges = merges();
        StringBuilder list = new StringBuilder(24 * merges.size()).append('[');
        for (Merge merge : merges) {
            list.append(list.length() > 1 ? ",[" : "[").append(TokenizerJson.quoted(merge.left));
            list.append(',').append(TokenizerJson.quoted(merge.right)).append(']');
        }
        TokenizerJson.bpe(out, unknownToken, byteFallback, false, vocabulary, list.append(']'));
    }

    private List<Merge> merges() {
        List<Merge> merges = new ArrayList<>(2 * types.length);
        List<Merge> local = new ArrayList<>();
        for (int id = 0; id < types.length; id++) {
            // control and byte tokens are never the result of merging text
            if (types[id] == CONTROL || types[id] == UNKNOWN || types[id] == BYTE) {
                continue;
            }
            String piece = vocabulary.text(id);
            if (piece.length() > MAX_PIECE) {
                continue;
            }
            for (int i = 1; i < piece.length(); i++) {
                if (Character.isLowSurrogate(piece.charAt(i))) {
                    continue;
                }
                String left = piece.substring(0, i);
                int leftId = vocabulary.id(left);
                if (leftId < 0) {
                    continue;
                }
                String right = piece.substring(i);
                int rightId = vocabulary.id(right);
                if (rightId >= 0) {
                    local.add(new Merge(left, right, scores[id], leftId, rightId));
                }
            }
            if (local.size() > 1) {
                local.sort(BY_IDS);
            }
            merges.addAll(local);
            local.clear();
        }
        // stable; the order of equal scores is transformers'
        merges.sort((a, b) -> {
            int c = Float.compare(b.score, a.score);
            c = c != 0 ? c : Integer.compare(b.left.length(), a.left.length());
            return c != 0 ? c : Integer.compare(b.right.length(), a.right.length());
        });
        return merges;
    }
}
