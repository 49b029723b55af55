package org.djlquant.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's textwrap as the {@code wordwrap} filter uses it: tabs and white space inside lines are kept. */
final class WordWrap {

    /** Chunks a line may be broken between: words cut after inner hyphens and around dashes, and white space. */
    private static final Pattern HYPHENATED = Pattern.compile("[\\t\\n\\x0b\\x0c\\r ]+|(?<=[\\w!\"'&.,?])-{2,}(?=\\w)"
            + "|[^\\t\\n\\x0b\\x0c\\r ]+?(?:-(?:(?<=[^\\d\\W]{2}-)|(?<=[^\\d\\W]-[^\\d\\W]-))(?=[^\\d\\W]-?[^\\d\\W])"
            + "|(?=[\\t\\n\\x0b\\x0c\\r ]|\\z)|(?<=[\\w!\"'&.,?])(?=-{2,}\\w))", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern PLAIN = Pattern.compile("[\\t\\n\\x0b\\x0c\\r ]+|[^\\t\\n\\x0b\\x0c\\r ]+");

    private final Values values;
    private final long width;
    private final boolean breakLongWords;
    private final boolean breakOnHyphens;

    WordWrap(Values values, long width, boolean breakLongWords, boolean breakOnHyphens) {
        this.values = values;
        this.width = width;
        this.breakLongWords = breakLongWords;
        this.breakOnHyphens = breakOnHyphens;
    }

    Text wrap(Text text, Text separator) {
        TextBuilder out = new TextBuilder();
        boolean first = true;
        for (Object line : StringMethods.lines(text, false)) {
            if (!first) {
                out.append(separator);
            }
            first = false;
            List<Text> wrapped = wrap((Text) line);
            for (int i = 0; i < wrapped.size(); i++) {
                values.budget.append(out.length(), separator.s.length() + wrapped.get(i).s.length());
                out.append(i > 0 ? separator : Text.EMPTY).append(wrapped.get(i));
            }
        }
        return out.build();
    }

    private List<Text> wrap(Text line) {
        if (width <= 0) {
            throw ChatTemplateException.value("invalid width " + width + " (must be > 0)");
        }
        List<Text> chunks = new ArrayList<>();
        Matcher matcher = (breakOnHyphens ? HYPHENATED : PLAIN).matcher(line.s);
        while (matcher.find()) {
            chunks.add(line.sub(matcher.start(), matcher.end()));
        }
        List<Text> lines = new ArrayList<>();
        int next = 0;
        while (next < chunks.size()) {
            if (!lines.isEmpty() && isBlank(chunks.get(next))) {
                next++;
                continue;
            }
            List<Text> current = new ArrayList<>();
            long length = 0;
            while (next < chunks.size() && length + chunks.get(next).length() <= width) {
                length += chunks.get(next).length();
                current.add(chunks.get(next++));
            }
            if (next < chunks.size() && chunks.get(next).length() > width) {
                Text chunk = chunks.get(next);
                long room = width - length;
                if (breakLongWords) {
                    int cut = (int) room;
                    int hyphen = breakOnHyphens && chunk.length() > room
                            ? chunk.s.lastIndexOf('-', Math.max(0, chunk.offset(cut) - 1)) : -1;
                    if (hyphen > 0 && chunk.s.substring(0, hyphen).chars().anyMatch(c -> c != '-')) {
                        cut = chunk.index(hyphen + 1);
                    }
                    if (cut > 0) {
                        current.add(chunk.sub(0, chunk.offset(cut)));
                        chunks.set(next, chunk.sub(chunk.offset(cut), chunk.s.length()));
                    }
                } else if (current.isEmpty()) {
                    current.add(chunks.get(next++));
                }
            }
            if (!current.isEmpty() && isBlank(current.getLast())) {
                current.removeLast();
            }
            if (!current.isEmpty()) {
                TextBuilder joined = new TextBuilder();
                current.forEach(joined::append);
                lines.add(joined.build());
            }
            values.budget.step();
        }
        return lines;
    }

    private static boolean isBlank(Text chunk) {
        return StringMethods.isSpace(chunk.s);
    }
}
