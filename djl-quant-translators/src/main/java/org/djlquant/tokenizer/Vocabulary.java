package org.djlquant.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Token texts by id and ids by text, with the added tokens among them. Filled once, then only read. */
final class Vocabulary {
    /** Far above any real vocabulary, so that a corrupt id cannot ask for gigabytes. */
    private static final int MAX_ID = (1 << 22) - 1;

    private String[] texts;
    private int size;
    private final Map<String, Integer> ids;
    private final Map<Integer, AddedToken> added = new HashMap<>();

    Vocabulary(int expected) {
        texts = new String[Math.max(expected, 16)];
        ids = HashMap.newHashMap(expected);
    }

    /** Registers a token. The first of two ids with the same text keeps the text, as in llama.cpp and SentencePiece. */
    void put(int id, String text) {
        if (id < 0 || id > MAX_ID) {
            throw new IllegalArgumentException("token \"" + text + "\" has id " + id + ", expected 0 to " + MAX_ID);
        }
        if (id >= texts.length) {
            texts = Arrays.copyOf(texts, Math.max(id + 1, texts.length * 2));
        }
        texts[id] = text;
        ids.putIfAbsent(text, id);
        size = Math.max(size, id + 1);
    }

    /** Registers a token that is cut out of the text first. */
    void add(AddedToken token) {
        put(token.id(), token.text());
        ids.put(token.text(), token.id());
        added.put(token.id(), token);
    }

    /** Number of ids: the largest one plus 1. */
    int size() {
        return size;
    }

    /** The text of an id, or {@code null} for an id without token. */
    String text(int id) {
        return id >= 0 && id < size ? texts[id] : null;
    }

    /** The id of a text, or −1. */
    int id(String text) {
        return ids.getOrDefault(text, -1);
    }

    boolean isSpecial(int id) {
        AddedToken token = added.get(id);
        return token != null && token.special();
    }

    /** All added tokens by id. */
    List<AddedToken> added() {
        return new ArrayList<>(added.values());
    }
}
