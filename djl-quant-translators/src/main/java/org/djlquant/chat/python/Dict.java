package org.djlquant.chat.python;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A Python dict: insertion order, and keys that are equal across number types ({@code 1 == True == 1.0}). */
public final class Dict implements PyObject {

    /** A key as it was first written, and its value. */
    public record Entry(Object key, Object value) {}

    /** A view of a dict's {@code keys}, {@code values} or {@code items}. */
    record View(Dict dict, String part) implements PyObject {

        @Override
        public String type() {
            return "dict_" + part;
        }

        @Override
        public long length() {
            return dict.size();
        }

        @Override
        public Iterator<Object> iterate() {
            return dict.list(part).iterator();
        }

        @Override
        public void repr(Values values, TextBuilder out) {
            out.append(type()).append("([");
            values.repr(dict.list(part), out);
            out.append("])");
        }
    }

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    /** A dict of named values. */
    public static Dict of(Map<String, Object> named) {
        Dict dict = new Dict();
        named.forEach((name, value) -> dict.put(Text.of(name), value));
        return dict;
    }

    /** Stores a value; a key that is there already keeps its place and its first form. */
    public void put(Object key, Object value) {
        Object hash = hashable(key);
        Entry old = entries.get(hash);
        entries.put(hash, new Entry(old == null ? key : old.key(), value));
    }

    /** The value of a key, or {@link #MISSING}. */
    public Object find(Object key) {
        Entry entry = entries.get(hashable(key));
        return entry == null ? MISSING : entry.value();
    }

    /** Number of entries. */
    public int size() {
        return entries.size();
    }

    /** The entries in order. */
    public Collection<Entry> entries() {
        return entries.values();
    }

    /** Its {@code keys}, {@code values} or {@code items} in order. */
    public List<Object> list(String part) {
        List<Object> list = new ArrayList<>(size());
        for (Entry entry : entries.values()) {
            list.add(part.equals("keys") ? entry.key : part.equals("values") ? entry.value
                    : Seq.pair(entry.key, entry.value));
        }
        return list;
    }

    /** A Java key that is equal exactly if Python's would be. */
    public static Object hashable(Object key) {
        if (key instanceof Text || key instanceof Long || key == null) {
            return key;
        }
        if (key instanceof Seq seq && seq.isTuple()) {
            return seq.items().stream().map(Dict::hashable).toList();
        }
        if (key instanceof Seq || key instanceof Dict) {
            throw PythonError.type("unhashable type: '" + Values.typeName(key) + "'");
        }
        return key instanceof Boolean ? (Object) Numbers.saturated(key)
                : key instanceof Double d && Numbers.isIntegral(d) ? Numbers.truncate(d)
                : key instanceof Undefined ? Undefined.class : key;
    }

    @Override
    public String type() {
        return "dict";
    }

    @Override
    public long length() {
        return size();
    }

    @Override
    public Iterator<Object> iterate() {
        return list("keys").iterator();
    }

    /** {@inheritDoc} An index that cannot be a key is missing too. */
    @Override
    public Object element(Object index) {
        try {
            return find(index);
        } catch (PythonError unhashable) {
            return MISSING;
        }
    }

    @Override
    public void repr(Values values, TextBuilder out) {
        values.budget().enter();
        String before = "{";
        for (Entry entry : entries.values()) {
            out.append(before);
            values.repr(entry.key, out);
            out.append(": ");
            values.repr(entry.value, out);
            before = ", ";
        }
        out.append(size() == 0 ? "{}" : "}");
        values.budget().leave();
    }
}
