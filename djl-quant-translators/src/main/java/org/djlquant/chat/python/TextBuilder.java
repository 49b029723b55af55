package org.djlquant.chat.python;

import java.util.Arrays;

/** Builds a {@link Text} piece by piece within a budget, keeping account of whose characters they are. */
public final class TextBuilder {

    private final Budget budget;
    private final StringBuilder out = new StringBuilder();
    private int[] user = new int[8];
    private int marks;

    /** An empty text; what is appended to it draws on the budget. */
    public TextBuilder(Budget budget) {
        this.budget = budget;
    }

    /** Appends characters of the template. */
    public TextBuilder append(String template) {
        return append(template, false);
    }

    /** Appends characters that are the user's if {@code fromUser} says so. */
    public TextBuilder append(String s, boolean fromUser) {
        budget.append(out.length(), s.length());
        out.append(s);
        if (fromUser) {
            mark(out.length() - s.length(), out.length());
        }
        return this;
    }

    /** Appends a text. */
    public TextBuilder append(Text text) {
        return append(text, 0, text.s.length());
    }

    /** Appends the part of a text between two UTF-16 offsets. */
    public TextBuilder append(Text text, int from, int to) {
        budget.append(out.length(), to - from);
        put(text, from, to);
        return this;
    }

    private void put(Text text, int from, int to) {
        int base = out.length() - from;
        out.append(text.s, from, to);
        for (int i = 0; text.user != null && i < text.user.length; i += 2) {
            mark(Math.max(text.user[i], from) + base, Math.min(text.user[i + 1], to) + base);
        }
    }

    /** Appends a text so many times. */
    public TextBuilder repeat(Text text, long times) {
        // The product cannot overflow where the budget has room.
        budget.append(out.length(), times > Integer.MAX_VALUE ? times : Math.max(0, times) * text.s.length());
        for (long i = 0; i < times && !text.isEmpty(); i++) {
            put(text, 0, text.s.length());
        }
        return this;
    }

    /**
     * Appends a text with some of its characters replaced.
     *
     * @param escapes gives what replaces a code point, or null where it stays
     */
    TextBuilder escaped(Text text, Escapes escapes) {
        int plain = 0;
        for (int i = 0, after; i < text.s.length(); i = after) {
            int c = text.s.codePointAt(i);
            after = i + Character.charCount(c);
            String escape = escapes.of(c);
            if (escape != null) {
                append(text, plain, i).append(escape, text.user != null);
                plain = after;
            }
        }
        return append(text, plain, text.s.length());
    }

    /** What to write in place of a code point; null for itself. */
    interface Escapes {
        String of(int codePoint);
    }

    private void mark(int from, int to) {
        if (from >= to) {
            return;
        }
        if (marks > 0 && user[marks - 1] == from) {
            user[marks - 1] = to;
            return;
        }
        if (marks == user.length) {
            user = Arrays.copyOf(user, marks * 2);
        }
        user[marks++] = from;
        user[marks++] = to;
    }

    /** Number of chars so far. */
    public int length() {
        return out.length();
    }

    /** The text built so far. */
    public Text build() {
        return build(false);
    }

    /** The text built so far, marked safe or not. */
    public Text build(boolean markup) {
        return out.isEmpty() ? Text.EMPTY.asMarkup(markup)
                : new Text(out.toString(), marks == 0 ? null : Arrays.copyOf(user, marks), markup);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
