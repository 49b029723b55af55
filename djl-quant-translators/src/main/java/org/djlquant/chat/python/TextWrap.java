package org.djlquant.chat.python;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's textwrap as Jinja's {@code wordwrap} uses it: tabs and white space inside lines are kept. */
public record TextWrap(Values values, long width, boolean breakLongWords, boolean breakOnHyphens) {

    private static final String SPACE = "\\t\\n\\x0b\\x0c\\r ";
    /** Chunks a line may be broken between: words cut after inner hyphens and around dashes, and white space. */
    private static final Pattern HYPHENATED = Pattern.compile("[" + SPACE + "]+|(?<=[\\w!\"'&.,?])-{2,}(?=\\w)"
            + "|[^" + SPACE + "]+?(?:-(?:(?<=[^\\d\\W]{2}-)|(?<=[^\\d\\W]-[^\\d\\W]-))(?=[^\\d\\W]-?[^\\d\\W])"
            + "|(?=[" + SPACE + "]|\\z)|(?<=[\\w!\"'&.,?])(?=-{2,}\\w))", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern PLAIN = Pattern.compile("[" + SPACE + "]+|[^" + SPACE + "]+");

    /** The lines of a text wrapped, with a separator between them. */
    public Text wrap(Text text, Text separator) {
        TextBuilder out = values.builder();
        Text before = Text.EMPTY;
        for (Object line : Strings.lines(text, false)) {
            out.append(before);
            before = separator;
            List<Text> wrapped = wrap((Text) line);
            for (int i = 0; i < wrapped.size(); i++) {
                out.append(i > 0 ? separator : Text.EMPTY).append(wrapped.get(i));
            }
        }
        return out.build();
    }

    private List<Text> wrap(Text line) {
        if (width <= 0) {
            throw PythonError.value("invalid width " + width + " (must be > 0)");
        }
        List<Text> chunks = new ArrayList<>();
        Matcher matcher = (breakOnHyphens ? HYPHENATED : PLAIN).matcher(line.s);
        while (matcher.find()) {
            chunks.add(line.sub(matcher.start(), matcher.end()));
        }
        List<Text> lines = new ArrayList<>();
        int next = 0;
        while (next < chunks.size()) {
            if (!lines.isEmpty() && Strings.isSpace(chunks.get(next).s)) {
                next++;
                continue;
            }
            List<Text> current = new ArrayList<>();
            long room = width;
            while (next < chunks.size() && chunks.get(next).length() <= room) {
                room -= chunks.get(next).length();
                current.add(chunks.get(next++));
            }
            if (next < chunks.size() && chunks.get(next).length() > width) {
                Text chunk = chunks.get(next);
                int cut = breakLongWords ? cut(chunk, (int) room) : current.isEmpty() ? chunk.s.length() : 0;
                current.addAll(cut > 0 ? List.of(chunk.sub(0, cut)) : List.of());
                chunks.set(next, chunk.sub(cut));
                next += cut == chunk.s.length() ? 1 : 0;
            }
            if (!current.isEmpty() && Strings.isSpace(current.getLast().s)) {
                current.removeLast();
            }
            TextBuilder joined = values.builder();
            current.forEach(joined::append);
            if (joined.length() > 0) {
                lines.add(joined.build());
            }
        }
        return lines;
    }

    /** Where a word that is longer than a line is cut: after a hyphen if there is one that fits. */
    private int cut(Text chunk, int room) {
        int cut = chunk.offset(room);
        int hyphen = breakOnHyphens ? chunk.s.lastIndexOf('-', Math.max(0, cut - 1)) : -1;
        return hyphen > 0 && chunk.s.substring(0, hyphen).chars().anyMatch(c -> c != '-') ? hyphen + 1 : cut;
    }
}
