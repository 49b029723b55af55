package org.djlquant.chat;

import java.util.List;

/** A Python list or tuple. Templates cannot change either, so both are immutable once built. */
final class Seq {

    /** Which of Python's types it is; {@code GROUP} is the named pair (grouper, list) that groupby makes. */
    enum Kind { LIST, TUPLE, GROUP }

    static final Seq EMPTY_TUPLE = new Seq(Kind.TUPLE, List.of());

    final Kind kind;
    final List<Object> items;

    private Seq(Kind kind, List<Object> items) {
        this.kind = kind;
        this.items = items;
    }

    static Seq list(List<Object> items) {
        return new Seq(Kind.LIST, items);
    }

    static Seq tuple(List<Object> items) {
        return new Seq(Kind.TUPLE, items);
    }

    static Seq tuple(Object a, Object b) {
        return new Seq(Kind.TUPLE, java.util.Arrays.asList(a, b));
    }

    static Seq group(Object key, Seq members) {
        return new Seq(Kind.GROUP, java.util.Arrays.asList(key, members));
    }

    /** A sequence of the same type. */
    Seq like(List<Object> other) {
        return new Seq(isTuple() ? Kind.TUPLE : Kind.LIST, other);
    }

    boolean isTuple() {
        return kind != Kind.LIST;
    }

    int size() {
        return items.size();
    }
}
