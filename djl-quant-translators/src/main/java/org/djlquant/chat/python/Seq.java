package org.djlquant.chat.python;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/** A Python list or tuple. Templates cannot change either, so both are immutable once built. */
public record Seq(String type, List<Object> items) implements PyObject {

    /** A list. */
    public static Seq list(List<Object> items) {
        return new Seq("list", items);
    }

    /** A tuple. */
    public static Seq tuple(List<Object> items) {
        return new Seq("tuple", items);
    }

    /** A pair. */
    static Seq pair(Object a, Object b) {
        return tuple(Arrays.asList(a, b));
    }

    /** The named pair of key and members that Jinja's groupby makes. */
    public static Seq group(Object key, Seq members) {
        return new Seq("_GroupTuple", Arrays.asList(key, members));
    }

    /** A sequence of the same type. */
    Seq like(List<Object> other) {
        return isTuple() ? tuple(other) : list(other);
    }

    /** Whether it is a tuple of any kind. */
    public boolean isTuple() {
        return !type.equals("list");
    }

    /** Number of elements. */
    public int size() {
        return items.size();
    }

    @Override
    public long length() {
        return items.size();
    }

    @Override
    public Iterator<Object> iterate() {
        return items.iterator();
    }

    @Override
    public Object element(Object index) {
        long at = Values.position(index, items.size());
        return at < 0 ? MISSING : items.get((int) at);
    }

    @Override
    public Object attribute(String name) {
        boolean group = type.equals("_GroupTuple");
        return group && name.equals("grouper") ? items.get(0) : group && name.equals("list") ? items.get(1) : MISSING;
    }

    @Override
    public void repr(Values values, TextBuilder out) {
        out.append(isTuple() ? "(" : "[");
        values.repr(items, out);
        out.append(isTuple() ? size() == 1 ? ",)" : ")" : "]");
    }
}
