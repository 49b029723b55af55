package org.djlquant.chat.python;

import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * A Python str that remembers which of its characters came from the user. Positions are UTF-16 offsets unless a
 * method says code points; Python counts code points. Equality is that of the characters alone. Immutable.
 */
public final class Text {

    /** The empty str. */
    public static final Text EMPTY = new Text("", null, false);

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

    /** A str of the template. */
    public static Text of(String s) {
        return s.isEmpty() ? EMPTY : new Text(s, null, false);
    }

    /** A str of the user. */
    public static Text user(String s) {
        return s.isEmpty() ? EMPTY : new Text(s, new int[] {0, s.length()}, false);
    }

    /**
     * The result of an operation whose characters cannot be traced back one by one: all of it counts as the
     * user's if any character of this text did.
     */
    public Text derive(String result) {
        int[] all = user == null || result.isEmpty() ? null : new int[] {0, result.length()};
        return result.equals(s) ? this : new Text(result, all, markup);
    }

    /** A result of the same length, character for character. */
    public Text mapped(String result) {
        return result.length() == s.length() ? new Text(result, user, markup) : derive(result);
    }

    /** The same characters, marked safe or not. */
    public Text asMarkup(boolean safe) {
        return markup == safe ? this : new Text(s, user, safe);
    }

    /** Whether it is marked safe. */
    public boolean isMarkup() {
        return markup;
    }

    /** Whether there are no characters. */
    public boolean isEmpty() {
        return s.isEmpty();
    }

    boolean hasAstral() {
        if (astral == 0) {
            astral = (byte) (s.codePointCount(0, s.length()) == s.length() ? 1 : 2);
        }
        return astral == 2;
    }

    /** Length in code points. */
    public int length() {
        return hasAstral() ? s.codePointCount(0, s.length()) : s.length();
    }

    /** UTF-16 offset of a code point index from 0 to {@link #length()}. */
    public int offset(long codePoint) {
        return hasAstral() ? s.offsetByCodePoints(0, (int) codePoint) : (int) codePoint;
    }

    /** Code point index of a UTF-16 offset. */
    int index(int offset) {
        return hasAstral() ? s.codePointCount(0, offset) : offset;
    }

    /** The text from a UTF-16 offset on. */
    public Text sub(int from) {
        return sub(from, s.length());
    }

    /** The text between two UTF-16 offsets; empty if they are in the wrong order. */
    public Text sub(int from, int to) {
        if (from == 0 && to == s.length()) {
            return this;
        }
        return from >= to ? EMPTY.asMarkup(markup) : new Text(s.substring(from, to), clip(from, to), markup);
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
        return n == 0 ? null : Arrays.copyOf(kept, n);
    }

    /** Gives the text piece by piece, cut where its origin changes, with whether the piece is the user's. */
    public void forEachSpan(BiConsumer<String, Boolean> consumer) {
        int at = 0;
        for (int i = 0; user != null && i < user.length; i += 2) {
            if (user[i] > at) {
                consumer.accept(s.substring(at, user[i]), false);
            }
            consumer.accept(s.substring(user[i], user[i + 1]), true);
            at = user[i + 1];
        }
        if (at < s.length()) {
            consumer.accept(s.substring(at), false);
        }
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
