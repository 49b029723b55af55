package org.djlquant.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds a {@link Text} piece by piece, keeping account of whose characters they are. */
final class TextBuilder {

    private final StringBuilder out = new StringBuilder();
    private int[] user = new int[8];
    private int marks;

    TextBuilder append(String template) {
        out.append(template);
        return this;
    }

    TextBuilder append(char c) {
        out.append(c);
        return this;
    }

    TextBuilder append(Text text) {
        return append(text, 0, text.s.length());
    }

    /** Appends the part of a text between two UTF-16 offsets. */
    TextBuilder append(Text text, int from, int to) {
        int base = out.length() - from;
        out.append(text.s, from, to);
        if (text.user != null) {
            for (int i = 0; i < text.user.length; i += 2) {
                mark(Math.max(text.user[i], from) + base, Math.min(text.user[i + 1], to) + base);
            }
        }
        return this;
    }

    /** Appends characters that are the user's if {@code fromUser} says so. */
    TextBuilder append(String s, boolean fromUser) {
        int start = out.length();
        out.append(s);
        if (fromUser) {
            mark(start, out.length());
        }
        return this;
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

    int length() {
        return out.length();
    }

    Text build() {
        if (out.isEmpty()) {
            return Text.EMPTY;
        }
        return marks == 0 ? Text.of(out.toString()) : new Text(out.toString(), Arrays.copyOf(user, marks), false);
    }

    Text build(boolean markup) {
        return build().asMarkup(markup);
    }

    /** The text cut where its origin changes. */
    List<RenderedSpan> spans() {
        List<RenderedSpan> spans = new ArrayList<>(marks + 1);
        int at = 0;
        for (int i = 0; i < marks; i += 2) {
            if (user[i] > at) {
                spans.add(new RenderedSpan(out.substring(at, user[i]), false));
            }
            spans.add(new RenderedSpan(out.substring(user[i], user[i + 1]), true));
            at = user[i + 1];
        }
        if (at < out.length()) {
            spans.add(new RenderedSpan(out.substring(at), false));
        }
        return spans;
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
