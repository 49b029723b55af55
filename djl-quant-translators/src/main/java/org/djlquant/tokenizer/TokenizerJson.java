package org.djlquant.tokenizer;

import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/** Writes the tokenizer.json of a vocabulary that came without one. */
final class TokenizerJson {
    private static final String REPLACE_AND_FUSE =
            """
            {"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}""";

    /** The decoder of SentencePiece vocabularies that put no space before a text. */
    static final String SENTENCE_PIECE_DECODER = "{\"type\":\"Sequence\",\"decoders\":[" + REPLACE_AND_FUSE + "]}";

    /** The decoder of those that do, and so drop one. */
    static final String SENTENCE_PIECE_STRIPPING_DECODER = "{\"type\":\"Sequence\",\"decoders\":[" + REPLACE_AND_FUSE
            + ",{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}]}";

    private TokenizerJson() {}

    /** Something that writes a part of the document. */
    @FunctionalInterface
    interface Part {
        void write(JsonWriter out) throws IOException;
    }

    /**
     * Byte-level BPE.
     *
     * @param merges pairs with one space between; byte-level tokens contain none
     * @param regexes pre-tokenizer: each splits the pieces that the one before left; gaps stay as pieces
     * @param ignoreMerges whether a piece that is a token is taken whole, whatever the merges
     */
    static String byteLevel(Vocabulary vocabulary, List<String> merges, List<String> regexes, boolean ignoreMerges) {
        return document(vocabulary, out -> {
            out.name("normalizer").nullValue();
            out.name("pre_tokenizer").beginObject().name("type").value("Sequence");
            out.name("pretokenizers").beginArray();
            for (String regex : regexes) {
                out.beginObject().name("type").value("Split");
                out.name("pattern").beginObject().name("Regex").value(regex).endObject();
                out.name("behavior").value("Isolated").name("invert").value(false).endObject();
            }
            byteLevelPart(out);
            out.endArray().endObject();
            out.name("decoder");
            byteLevelPart(out);
            StringBuilder list = new StringBuilder(16 * merges.size()).append('[');
            for (String merge : merges) {
                list.append(list.length() > 1 ? "," : "").append(quoted(merge));
            }
            bpe(out, null, false, ignoreMerges, vocabulary, list.append(']'));
        });
    }

    /** WordPiece of uncased BERT models: lower case, no accents, longest pieces first, ## before those within a word. */
    static String wordPiece(Vocabulary vocabulary, String unknown) {
        return document(vocabulary, out -> {
            out.name("normalizer").beginObject().name("type").value("BertNormalizer").name("clean_text").value(true);
            out.name("handle_chinese_chars").value(true).name("strip_accents").value(true);
            out.name("lowercase").value(true).endObject();
            out.name("pre_tokenizer").beginObject().name("type").value("BertPreTokenizer").endObject();
            out.name("decoder").beginObject().name("type").value("WordPiece").name("prefix").value("##");
            out.name("cleanup").value(false).endObject();
            out.name("model").beginObject().name("type").value("WordPiece").name("unk_token").value(unknown);
            out.name("continuing_subword_prefix").value("##").name("max_input_chars_per_word").value(100);
            vocabulary(out, vocabulary);
            out.endObject();
        });
    }

    /** Common frame: added tokens, then what {@code rest} writes. No post-processor: special tokens are added in Java. */
    static String document(Vocabulary vocabulary, Part rest) {
        StringWriter text = new StringWriter(vocabulary.size() * 48);
        try (JsonWriter out = new JsonWriter(text)) {
            out.beginObject().name("version").value("1.0");
            out.name("truncation").nullValue().name("padding").nullValue().name("post_processor").nullValue();
            out.name("added_tokens").beginArray();
            for (AddedToken t : vocabulary.added()) {
                if (vocabulary.id(t.text()) == t.id()) {
                    out.beginObject().name("id").value(t.id()).name("content").value(t.text());
                    out.name("single_word").value(false).name("normalized").value(false);
                    out.name("lstrip").value(t.lstrip()).name("rstrip").value(t.rstrip());
                    out.name("special").value(t.special()).endObject();
                }
            }
            out.endArray();
            rest.write(out);
            out.endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** Writes a BPE model. */
    static void bpe(
            JsonWriter out, String unknown, boolean byteFallback, boolean ignoreMerges, Vocabulary vocabulary, StringBuilder merges)
            throws IOException {
        out.name("model").beginObject().name("type").value("BPE").name("dropout").nullValue();
        out.name("unk_token").value(unknown);
        out.name("continuing_subword_prefix").nullValue().name("end_of_word_suffix").nullValue();
        out.name("fuse_unk").value(true).name("byte_fallback").value(byteFallback);
        out.name("ignore_merges").value(ignoreMerges);
        vocabulary(out, vocabulary);
        out.name("merges").jsonValue(merges.toString()).endObject();
    }

    private static void vocabulary(JsonWriter out, Vocabulary vocabulary) throws IOException {
        StringBuilder text = new StringBuilder(24 * vocabulary.size()).append('{');
        for (int id = 0; id < vocabulary.size(); id++) {
            String token = vocabulary.text(id);
            if (token != null && vocabulary.id(token) == id) {
                text.append(text.length() > 1 ? "," : "").append(quoted(token)).append(':').append(id);
            }
        }
        out.name("vocab").jsonValue(text.append('}').toString());
    }

    /** A JSON string. A JsonWriter does the same in ten times the time while it is not compiled, as at every start. */
    static String quoted(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '"' || c == '\\') {
                return new JsonPrimitive(text).toString();
            }
        }
        return '"' + text + '"';
    }

    private static void byteLevelPart(JsonWriter out) throws IOException {
        out.beginObject().name("type").value("ByteLevel").name("add_prefix_space").value(false);
        out.name("trim_offsets").value(true).name("use_regex").value(false).endObject();
    }
}
