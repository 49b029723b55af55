package org.djlquant.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A Python dict: insertion order, and keys that are equal across number types ({@code 1 == True == 1.0}). */
final class Dict {

    /** A key as it was first written, and its value. */
    record Entry(Object key, Object value) {}

    private enum Singleton { NONE, UNDEFINED }

    private final Map<Object, Entry> entries;

    Dict() {
        entries = new LinkedHashMap<>();
    }

    Dict(int capacity) {
        entries = LinkedHashMap.newLinkedHashMap(capacity);
    }

    /** Stores a value; a key that is there already keeps its place and its first form. */
    void put(Object key, Object value) {
        Object hash = hashable(key);
        Entry old = entries.get(hash);
        entries.put(hash, new Entry(old == null ? key : old.key(), value));
    }

    void putAll(Dict other) {
        other.entries.forEach((hash, entry) -> put(entry.key(), entry.value()));
    }

    /** The entry of a key, or null. */
    Entry find(Object key) {
        return entries.get(hashable(key));
    }

    Object get(String key) {
        Entry entry = entries.get(Text.of(key));
        return entry == null ? null : entry.value();
    }

    int size() {
        return entries.size();
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    List<Object> keys() {
        List<Object> keys = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> keys.add(entry.key()));
        return keys;
    }

    /** A Java key that is equal exactly if Python's would be. */
    static Object hashable(Object key) {
        return switch (key) {
            case null -> Singleton.NONE;
            case Text text -> text;
            case Boolean b -> b ? 1L : 0L;
            case Double d -> Numbers.isIntegral(d) ? Numbers.truncate(d) : d;
            case Seq seq when seq.isTuple() -> seq.items.stream().map(Dict::hashable).toList();
            case Seq seq -> throw unhashable(seq);
            case Dict dict -> throw unhashable(dict);
            case ValueTypes.Undefined undefined -> Singleton.UNDEFINED;
            default -> key;
        };
    }

    private static ChatTemplateException unhashable(Object value) {
        return ChatTemplateException.type("unhashable type: '" + Values.typeName(value) + "'");
    }
}
