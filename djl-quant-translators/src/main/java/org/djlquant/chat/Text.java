package org.djlquant.chat;

import java.util.Arrays;

/**
 * A Python string that remembers which of its characters came from the user. Positions are UTF-16 offsets
 * unless a method says code points; Python counts code points. Equality is that of the characters alone.
 * Immutable.
 */
final class Text {

    static final Text EMPTY = new Text("", null, false);
    private static final Text[] ASCII = new Text[128];

    static {
        for (int i = 0; i < ASCII.length; i++) {
            ASCII[i] = new Text(String.valueOf((char) i), null, false);
        }
    }

    /** The characters. */
    final String s;
    /** Ascending, disjoint [start, end) pairs of user characters; null if there are none. */
    final int[] user;
    /** True for a string marked safe: operators escape what is combined with it (markupsafe's Markup). */
    final boolean markup;
    /** Whether a code point may differ from a char: 0 not known yet, 1 no, 2 yes. */
    private byte astral;

    Text(String s, int[] user, boolean markup) {
        this.s = s;
        this.user = user;
        this.markup = markup;
    }

    static Text of(String s) {
        if (s.length() == 1 && s.charAt(0) < 128) {
            return ASCII[s.charAt(0)];
        }
        return s.isEmpty() ? EMPTY : new Text(s, null, false);
    }

    static Text user(String s) {
        return s.isEmpty() ? EMPTY : new Text(s, new int[] {0, s.length()}, false);
    }

    /**
     * The result of an operation whose characters cannot be traced back one by one: all of it counts as the
     * user's if any character of this text did.
     */
    Text derive(String result) {
        if (result.equals(s)) {
            return this;
        }
        if (user == null) {
            return markup ? new Text(result, null, true) : of(result);
        }
        return new Text(result, result.isEmpty() ? null : new int[] {0, result.length()}, markup);
    }

    /** A result of the same length, character for character. */
    Text mapped(String result) {
        return result.length() == s.length() ? new Text(result, user, markup) : derive(result);
    }

    Text asMarkup(boolean safe) {
        return markup == safe ? this : new Text(s, user, safe);
    }

    boolean isEmpty() {
        return s.isEmpty();
    }

    boolean hasAstral() {
        if (astral == 0) {
            byte found = 1;
            for (int i = 0; i < s.length(); i++) {
                if (Character.isSurrogate(s.charAt(i))) {
                    found = 2;
                    break;
                }
            }
            astral = found;
        }
        return astral == 2;
    }

    /** Length in code points. */
    int length() {
        return hasAstral() ? s.codePointCount(0, s.length()) : s.length();
    }

    /** UTF-16 offset of a code point index from 0 to {@link #length()}. */
    int offset(int codePoint) {
        return hasAstral() ? s.offsetByCodePoints(0, codePoint) : codePoint;
    }

    /** Code point index of a UTF-16 offset. */
    int index(int offset) {
        return hasAstral() ? s.codePointCount(0, offset) : offset;
    }

    /** The text between two UTF-16 offsets. */
    Text sub(int from, int to) {
        if (from == 0 && to == s.length()) {
            return this;
        }
        if (from >= to) {
            return markup ? new Text("", null, true) : EMPTY;
        }
        return new Text(s.substring(from, to), clip(from, to), markup);
    }

    private int[] clip(int from, int to) {
        if (user == null) {
            return null;
        }
        int[] kept = new int[user.length];
        int n = 0;
        for (int i = 0; i < user.length; i += 2) {
            int a = Math.max(user[i], from);
            int b = Math.min(user[i + 1], to);
            if (a < b) {
                kept[n++] = a - from;
                kept[n++] = b - from;
            }
        }
        return n == 0 ? null : n == kept.length ? kept : Arrays.copyOf(kept, n);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Text t && t.s.equals(s);
    }

    @Override
    public int hashCode() {
        return s.hashCode();
    }

    @Override
    public String toString() {
        return s;
    }
}
