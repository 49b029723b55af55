package org.djlquant.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.djlquant.format.ModelFormatException;

/** The one implementation of {@link Tokenizer}: Hugging Face's native library, driven by a tokenizer.json. */
final class HuggingFaceFastTokenizer implements Tokenizer {
    static {
        // Without this a machine with an NVIDIA GPU downloads a GPU build that tokenizing has no use for.
        if (System.getenv("RUST_FLAVOR") == null && System.getProperty("RUST_FLAVOR") == null) {
            System.setProperty("RUST_FLAVOR", "cpu");
        }
    }

    private static final Map<String, String> OPTIONS =
            Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

    private final TokenizerSpec spec;
    private final Vocabulary vocabulary;
    private final HuggingFaceTokenizer full;
    private final int[] prefix;
    private final int[] suffix;
    /** Special tokens by falling length, so that the first that fits is the longest. */
    private final List<AddedToken> specials;
    /** Encodings run together under the read lock; closing takes the write lock, since it frees native memory. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    private boolean closed;
    private HuggingFaceTokenizer plain;

    HuggingFaceFastTokenizer(TokenizerSpec spec) {
        this.spec = spec;
        vocabulary = spec.vocabulary();
        full = create(spec.json().get());
        specials = vocabulary.added().stream()
                .filter(t -> t.special() && !t.text().isEmpty())
                .sorted((a, b) -> Integer.compare(b.text().length(), a.text().length()))
                .toList();
        int[] prefixIds = spec.prefix();
        int[] suffixIds = spec.suffix();
        if (prefixIds == null) {
            // What the post-processor puts around a text is learnt from one, and then added here.
            int[] bare = ids(full, "a", false);
            int[] framed = ids(full, "a", true);
            int at = bare.length == 0 ? framed.length : indexOf(framed, bare);
            prefixIds = Arrays.copyOf(framed, at);
            suffixIds = Arrays.copyOfRange(framed, at + bare.length, framed.length);
        }
        prefix = prefixIds;
        suffix = suffixIds;
    }

    private HuggingFaceTokenizer create(String json) {
        try {
            return HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), OPTIONS);
        } catch (IOException | RuntimeException e) {
            throw new ModelFormatException(spec.file(), "tokenizer", "the tokenizer cannot be built: " + e.getMessage(), e);
        }
    }

    private static int indexOf(int[] whole, int[] part) {
        for (int at = 0; at + part.length <= whole.length; at++) {
            if (Arrays.equals(whole, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        return 0;
    }

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        int[] ids = locked(() -> ids(full, text, false));
        return addSpecialTokens ? concat(concat(prefix, ids), suffix) : ids;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Method: the spans are put together to one text. If no special token's text touches a character
     * of a user span, that text is encoded as it is, so that tokens merge across span borders exactly as
     * in a text that never was in spans. Otherwise special tokens are cut out here, only where all their
     * characters are the template's, and what lies between is encoded by a second tokenizer that knows
     * no special tokens at all.
     */
    @Override
    public int[] encodeChat(List<Span> spans) {
        StringBuilder joined = new StringBuilder();
        for (Span span : spans) {
            joined.append(span.text());
        }
        String text = joined.toString();
        boolean[] fromUser = new boolean[text.length()];
        int at = 0;
        for (Span span : spans) {
            if (!span.parseSpecial()) {
                Arrays.fill(fromUser, at, at + span.text().length(), true);
            }
            at += span.text().length();
        }
        int[] ids = locked(() -> userTextIsHarmless(text, fromUser) ? ids(full, text, false) : encodeApart(text, fromUser));
        boolean begun = prefix.length == 0 || ids.length > 0 && ids[0] == prefix[0];
        return begun ? ids : concat(prefix, ids);
    }

    private boolean userTextIsHarmless(String text, boolean[] fromUser) {
        for (int i = 0; i < text.length(); i++) {
            for (AddedToken special : specials) {
                if (text.startsWith(special.text(), i) && touchesUser(fromUser, i, special.text().length())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean touchesUser(boolean[] fromUser, int from, int length) {
        return IntStream.range(from, from + length).anyMatch(i -> fromUser[i]);
    }

    private int[] encodeApart(String text, boolean[] fromUser) {
        IntStream.Builder out = IntStream.builder();
        int start = 0;
        int i = 0;
        while (i < text.length()) {
            AddedToken special = specialAt(text, i, fromUser);
            if (special == null) {
                i++;
                continue;
            }
            int before = i;
            int after = i + special.text().length();
            while (special.lstrip() && before > start && Character.isWhitespace(text.charAt(before - 1))) {
                before--;
            }
            while (special.rstrip() && after < text.length() && Character.isWhitespace(text.charAt(after))) {
                after++;
            }
            encodePlain(text.substring(start, before), out);
            out.add(special.id());
            start = after;
            i = after;
        }
        encodePlain(text.substring(start), out);
        return out.build().toArray();
    }

    private AddedToken specialAt(String text, int at, boolean[] fromUser) {
        for (AddedToken special : specials) {
            if (text.startsWith(special.text(), at) && !touchesUser(fromUser, at, special.text().length())) {
                return special;
            }
        }
        return null;
    }

    private void encodePlain(String text, IntStream.Builder out) {
        if (text.isEmpty()) {
            return;
        }
        int[] ids = ids(plain(), text, false);
        if (Arrays.stream(ids).noneMatch(vocabulary::isSpecial) || text.codePointCount(0, text.length()) == 1) {
            Arrays.stream(ids).forEach(out::add);
            return;
        }
        // The vocabulary itself can spell a special token: halve the text until it cannot.
        int half = text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2);
        encodePlain(text.substring(0, half), out);
        encodePlain(text.substring(half), out);
    }

    private synchronized HuggingFaceTokenizer plain() {
        if (plain == null) {
            plain = create(SpecialTokens.remove(spec.json().get()));
        }
        return plain;
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        long[] known = Arrays.stream(ids)
                .filter(id -> vocabulary.text(id) != null)
                .asLongStream()
                .toArray();
        return locked(() -> full.decode(known, skipSpecialTokens));
    }

    @Override
    public StreamingDetokenizer newDetokenizer() {
        return switch (spec.decoding()) {
            case BYTE_LEVEL -> new ByteLevelDetokenizer(vocabulary);
            case SENTENCE_PIECE -> new SentencePieceDetokenizer(vocabulary, false);
            case SENTENCE_PIECE_STRIPPED -> new SentencePieceDetokenizer(vocabulary, true);
            case OTHER -> new WindowDetokenizer(ids -> decode(ids, true));
        };
    }

    @Override
    public String tokenText(int id) {
        String token = vocabulary.text(id);
        if (token == null || vocabulary.isSpecial(id)) {
            return token == null ? "" : token;
        }
        return switch (spec.decoding()) {
            case BYTE_LEVEL -> new String(ByteLevel.bytes(token), StandardCharsets.UTF_8);
            case SENTENCE_PIECE, SENTENCE_PIECE_STRIPPED -> {
                int value = SentencePieceDetokenizer.byteValue(token);
                yield value < 0
                        ? token.replace('▁', ' ')
                        : new String(new byte[] {(byte) value}, StandardCharsets.UTF_8);
            }
            case OTHER -> token;
        };
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public boolean isSpecial(int id) {
        return vocabulary.isSpecial(id);
    }

    @Override
    public String specialToken(String role) {
        return spec.roles().get(role);
    }

    @Override
    public int tokenId(String token) {
        return vocabulary.id(token);
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                full.close();
                if (plain != null) {
                    plain.close();
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private <T> T locked(Supplier<T> work) {
        Lock read = lock.readLock();
        read.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the tokenizer is closed");
            }
            return work.get();
        } finally {
            read.unlock();
        }
    }

    private static int[] ids(HuggingFaceTokenizer tokenizer, String text, boolean addSpecialTokens) {
        long[] ids = tokenizer.encode(wellFormed(text), addSpecialTokens, false).getIds();
        return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    }

    /** Half surrogate pairs have no UTF-8 form and would stop the native library; they become U+FFFD. */
    private static String wellFormed(String text) {
        if (text.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            return text;
        }
        StringBuilder fixed = new StringBuilder(text.length());
        text.codePoints().forEach(c -> fixed.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c));
        return fixed.toString();
    }

    private static int[] concat(int[] a, int[] b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
