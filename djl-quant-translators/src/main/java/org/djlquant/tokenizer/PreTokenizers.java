package org.djlquant.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.djlquant.format.UnsupportedModelException;

/**
 * The pre-tokenizers that GGUF files name in {@code tokenizer.ggml.pre}: regular expressions (Oniguruma
 * syntax) applied one after the other, each to the pieces the one before left; what none matches stays
 * a piece too. Names and expressions are those of llama.cpp's llama-vocab.cpp and the tokenizer.json
 * files it refers to.
 */
final class PreTokenizers {
    private static final String SPACES = "|\\s+(?!\\S)|\\s+";
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String WORD = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
    private static final String REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+";
    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
    private static final String DIGIT = "\\p{N}";
    private static final String THREE_DIGITS = "\\p{N}{1,3}";
    private static final String LLAMA3 = CONTRACTIONS + WORD + "|\\p{N}{1,3}" + REST + SPACES;
    private static final String QWEN2 = CONTRACTIONS + WORD + "|\\p{N}" + REST + SPACES;
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String CASED_1 = "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+";
    private static final String CASED_2 = "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER + "*";
    private static final String CASED_REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+" + SPACES;
    private static final String TEKKEN = CASED_1 + "|" + CASED_2 + "|\\p{N}" + CASED_REST;
    private static final String CASED = CASED_1 + CONTRACTIONS + "?|" + CASED_2 + CONTRACTIONS + "?|";
    private static final String GPT4O = CASED + "\\p{N}{1,3}" + CASED_REST;
    private static final String CJK = "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";
    private static final String ASCII_PUNCTUATION = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+";
    private static final String DEEPSEEK3_WORDS = ASCII_PUNCTUATION + "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+";
    private static final String DEEPSEEK3 =
            DEEPSEEK3_WORDS + "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+" + SPACES;
    private static final String BLOOM = " ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";
    private static final String HAN = "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+";

    /** Cased letters, as DeepSeek LLM lists them. */
    private static final String DEEPSEEK_LETTERS = "["
            + "A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-"
            + "\u0373\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-"
            + "\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF"
            + "\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-"
            + "\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC"
            + "\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115"
            + "\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E"
            + "\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-"
            + "\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A"
            + "\uD801\uDC00-\uD801\uDC4F\uD801\uDCB0-\uD801\uDCD3\uD801\uDCD8-\uD801\uDCFB\uD803\uDC80-\uD803\uDCB2"
            + "\uD803\uDCC0-\uD803\uDCF2\uD806\uDCA0-\uD806\uDCDF\uD83A\uDD00-\uD83A\uDD43"
            + "]+";

    private static final String DEEPSEEK_PUNCTUATION =
            "[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+";

    private static final List<String> DEFAULT = List.of(
            "[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]");

    private static final Map<String, List<String>> BY_NAME = new HashMap<>();

    static {
        put(DEFAULT, "default");
        put(List.of(GPT2), "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum",
                "modern-bert", "jina-v1-en", "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais", "trillion",
                "granite-docling", "exaone4");
        put(List.of(LLAMA3), "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
                "jina-v5-nano", "dbrx", "smaug-bpe", "chatglm-bpe", "glm4", "glm5");
        put(List.of(QWEN2), "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "stablelm2", "hunyuan", "solar-open", "megrez",
                "grok-2");
        put(List.of(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+" + SPACES), "qwen35");
        put(List.of(DIGIT, GPT2), "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2");
        put(List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]"), "falcon");
        put(List.of("[\r\n]", "\\s?" + DEEPSEEK_LETTERS, "\\s?" + DEEPSEEK_PUNCTUATION, "\\s+$", HAN, "\\p{N}+"),
                "deepseek-llm");
        put(List.of("[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", HAN, DIGIT), "deepseek-coder");
        put(List.of(THREE_DIGITS, CJK, DEEPSEEK3), "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4");
        put(List.of(BLOOM), "bloom", "poro-chat", "gpt3-finnish");
        put(List.of(BLOOM, DIGIT), "viking");
        put(List.of(TEKKEN), "tekken");
        put(List.of(GPT4O), "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
        put(List.of("\\d{1,3}(?=(?:\\d{3})*\\b)", GPT4O), "tiny_aya", "cohere2moe");
        put(List.of(CONTRACTIONS + WORD + "|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+" + SPACES), "seed-coder");
        put(List.of("'(?i:[sdmt]|ll|ve|re)" + WORD + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]" + SPACES),
                "bailingmoe", "bailingmoe2", "llada-moe");
        put(List.of("[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + REST + SPACES), "ufakzeka");
        put(List.of("[^\\n]+|[\\n]+", QWEN2), "laguna");
        put(List.of(THREE_DIGITS, CONTRACTIONS + WORD + "|\\p{N}+" + REST + SPACES), "minicpm5");
        put(List.of("<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", "([\\t\\n]|    |  )", DIGIT,
                "[\\p{P}!-/:-@\\[-`{-~]", GPT2), "chameleon");
    }

    private PreTokenizers() {}

    private static void put(List<String> regexes, String... names) {
        for (String name : names) {
            BY_NAME.put(name, regexes);
        }
    }

    /**
     * The expressions of a name.
     *
     * @throws UnsupportedModelException if the name is unknown; the message lists the known ones
     */
    static List<String> regexes(String name) {
        List<String> regexes = BY_NAME.get(name);
        if (regexes == null) {
            throw new UnsupportedModelException("pre-tokenizer \"" + name + "\" (tokenizer.ggml.pre) is not supported, so the text "
                    + "would be split into the wrong tokens; supported: " + String.join(", ", new TreeSet<>(BY_NAME.keySet())));
        }
        return regexes;
    }
}
