package org.djlquant.tokenizer;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.tokenizer.SentencePieceVocabulary.Normalization;
import org.djlquant.tokenizer.TokenizerSpec.Decoding;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tokenizers from the {@code tokenizer.ggml.*} keys of GGUF files, kinds {@code llama}, {@code gpt2}, {@code bert} and {@code t5}. */
final class GgufVocabulary {
    private static final Logger LOG = LoggerFactory.getLogger(GgufVocabulary.class);
    private static final String PREFIX = "tokenizer.ggml.";

    /** Pre-tokenizers that imply BOS when the file does not say. */
    private static final Set<String> ADD_BOS = Set.of(
            "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano", "tekken",
            "chameleon");

    /** Pre-tokenizers whose pieces are taken whole when they are tokens. */
    private static final Set<String> IGNORE_MERGES = Set.of(
            "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano", "tekken",
            "glm4", "glm5", "minicpm5");

    private final Path file;
    private final Metadata metadata;
    private final List<String> tokens;

    private GgufVocabulary(Path file, Metadata metadata) {
        this.file = file;
        this.metadata = metadata;
        tokens = metadata.strings(PREFIX + "tokens").orElseThrow(() -> broken("tokens", "the file has no vocabulary"));
    }

    /**
     * Reads the vocabulary.
     *
     * @throws ModelFormatException if it is missing or contradicts itself
     * @throws UnsupportedModelException if its kind or pre-tokenizer is not supported
     */
    static TokenizerSpec read(Path file, Metadata metadata) {
        GgufVocabulary reader = new GgufVocabulary(file, metadata);
        String kind = metadata.string(PREFIX + "model").orElse("");
        return switch (kind) {
            case "llama" -> reader.sentencePiece();
            case "gpt2" -> reader.byteLevel();
            case "bert" -> reader.wordPiece();
            case "t5" -> reader.unigram();
            default -> throw new UnsupportedModelException(file + ": tokenizers of kind \"" + kind
                    + "\" (tokenizer.ggml.model) are not supported; supported: llama, gpt2, bert, t5");
        };
    }

    private TokenizerSpec sentencePiece() {
        // absent in files converted from the unversioned GGML format
        float[] scores = metadata.numbers(PREFIX + "scores").orElseGet(() -> new float[tokens.size()]);
        boolean spacePrefix = metadata.bool(PREFIX + "add_space_prefix").orElse(true);
        SentencePieceVocabulary pieces = new SentencePieceVocabulary(
                file, tokens, scores, types(), false, new Normalization(spacePrefix, false, new byte[0]));
        Map<String, String> roles = roles(Map.of("bos", 1, "eos", 2, "unknown", 0));
        return new TokenizerSpec(
                file,
                pieces::json,
                pieces.vocabulary(),
                pieces.decoding(),
                wanted("add_bos_token", true, "bos_token", roles, pieces.vocabulary()),
                wanted("add_eos_token", false, "eos_token", roles, pieces.vocabulary()),
                roles);
    }

    private TokenizerSpec unigram() {
        float[] scores = metadata.numbers(PREFIX + "scores").orElseThrow(() -> broken("scores", "a t5 vocabulary needs scores"));
        long[] stored = metadata.integers(PREFIX + "precompiled_charsmap").orElse(new long[0]);
        byte[] charsMap = new byte[stored.length];
        for (int i = 0; i < stored.length; i++) {
            charsMap[i] = (byte) stored[i];
        }
        Normalization normalization = new Normalization(
                metadata.bool(PREFIX + "add_space_prefix").orElse(true),
                metadata.bool(PREFIX + "remove_extra_whitespaces").orElse(true),
                charsMap);
        SentencePieceVocabulary pieces = new SentencePieceVocabulary(file, tokens, scores, types(), true, normalization);
        Map<String, String> roles = roles(Map.of("eos", 1, "unknown", 2, "padding", 0));
        return new TokenizerSpec(
                file,
                pieces::json,
                pieces.vocabulary(),
                pieces.decoding(),
                wanted("add_bos_token", false, "bos_token", roles, pieces.vocabulary()),
                wanted("add_eos_token", true, "eos_token", roles, pieces.vocabulary()),
                roles);
    }

    /** BERT's pieces: where words begin they have a ▁ here, where they go on they have ## in tokenizer.json. */
    private TokenizerSpec wordPiece() {
        int[] types = types();
        Vocabulary vocabulary = new Vocabulary(tokens.size());
        for (int id = 0; id < types.length; id++) {
            String token = tokens.get(id);
            if (types[id] == SentencePieceVocabulary.UNKNOWN || types[id] == SentencePieceVocabulary.CONTROL) {
                vocabulary.put(id, token);
                vocabulary.add(new AddedToken(id, token, true, false, false));
            } else {
                vocabulary.put(id, token.startsWith("▁") ? token.substring(1) : "##" + token);
            }
        }
        Map<String, String> roles = roles(Map.of("cls", 101, "seperator", 102, "unknown", 100, "padding", 0));
        String unknown = roles.get("unk_token");
        if (unknown == null) {
            throw broken("unknown_token_id", "a bert vocabulary needs a token for unknown words");
        }
        return new TokenizerSpec(
                file,
                () -> TokenizerJson.wordPiece(vocabulary, unknown),
                vocabulary,
                Decoding.OTHER,
                wanted("add_bos_token", true, "cls_token", roles, vocabulary),
                wanted("add_eos_token", true, "sep_token", roles, vocabulary),
                roles);
    }

    private TokenizerSpec byteLevel() {
        List<String> merges = metadata.strings(PREFIX + "merges")
                .orElseThrow(() -> broken("merges", "a gpt2 vocabulary needs merges; convert the model again"));
        for (String merge : merges) {
            if (merge.indexOf(' ', 1) < 0) {
                throw broken("merges", "expected two tokens with a space between, found \"" + merge + "\"");
            }
        }
        Optional<String> named = metadata.string(PREFIX + "pre").filter(name -> !name.isEmpty());
        if (named.isEmpty()) {
            LOG.warn("{} does not name its pre-tokenizer (tokenizer.ggml.pre); the default one is used, which may split text "
                    + "in another way than the model was trained with. Convert the model again to get rid of this.", file);
        }
        String pre = named.orElse("default");
        List<String> regexes = PreTokenizers.regexes(pre);
        int[] types = types();
        Vocabulary vocabulary = new Vocabulary(tokens.size());
        for (int id = 0; id < types.length; id++) {
            String token = tokens.get(id);
            switch (types[id]) {
                case SentencePieceVocabulary.UNKNOWN, SentencePieceVocabulary.CONTROL ->
                        vocabulary.add(new AddedToken(id, token, true, false, false));
                case SentencePieceVocabulary.USER_DEFINED ->
                        vocabulary.add(new AddedToken(id, token, false, false, false));
                default -> vocabulary.put(id, token);
            }
        }
        Map<String, String> roles = roles(Map.of());
        return new TokenizerSpec(
                file,
                () -> TokenizerJson.byteLevel(vocabulary, merges, regexes, IGNORE_MERGES.contains(pre)),
                vocabulary,
                Decoding.BYTE_LEVEL,
                wanted("add_bos_token", ADD_BOS.contains(pre), "bos_token", roles, vocabulary),
                wanted("add_eos_token", false, "eos_token", roles, vocabulary),
                roles);
    }

    private int[] types() {
        int n = tokens.size();
        long[] stored = metadata.integers(PREFIX + "token_type").orElse(null);
        int[] types = new int[n];
        if (stored == null) {
            Arrays.fill(types, SentencePieceVocabulary.NORMAL);
            return types;
        }
        if (stored.length != n) {
            throw broken("token_type", "expected one per token, " + n + ", found " + stored.length);
        }
        for (int i = 0; i < n; i++) {
            types[i] = (int) stored[i];
        }
        return types;
    }

    private Map<String, String> roles(Map<String, Integer> defaults) {
        Map<String, String> roles = new HashMap<>();
        for (String name : new String[] {"bos", "eos", "unknown", "padding", "seperator", "eot", "cls"}) {
            String key = PREFIX + name + "_token_id";
            long id = metadata.integer(key).orElse((long) defaults.getOrDefault(name, -1));
            if (id >= tokens.size() || id < -1) {
                // some converters write 2^32-1 or an id of another vocabulary for "none"
                LOG.warn("{}: {} is {}, beyond the {} tokens; it is left out", file, key, id, tokens.size());
            } else if (id >= 0) {
                roles.put(role(name), tokens.get((int) id));
            }
        }
        return roles;
    }

    private static String role(String ggufName) {
        return switch (ggufName) {
            case "unknown" -> "unk_token";
            case "padding" -> "pad_token";
            case "seperator" -> "sep_token";
            default -> ggufName + "_token";
        };
    }

    private int[] wanted(String key, boolean byDefault, String role, Map<String, String> roles, Vocabulary vocabulary) {
        boolean wanted = metadata.bool(PREFIX + key).orElse(byDefault);
        return wanted && roles.containsKey(role) ? new int[] {vocabulary.id(roles.get(role))} : new int[0];
    }

    private ModelFormatException broken(String key, String problem) {
        return new ModelFormatException(file, PREFIX + key, problem);
    }
}
