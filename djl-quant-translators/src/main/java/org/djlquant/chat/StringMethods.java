package org.djlquant.chat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of Python's str. Offsets inside are UTF-16; what templates see are code points. */
final class StringMethods {

    static final Set<String> NAMES = Set.of("capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find",
            "format", "format_map", "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier",
            "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip",
            "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit",
            "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill");
    static final Set<String> MARKUP_NAMES = Set.of("striptags", "unescape");

    private final Values values;
    private final Interpreter in;

    StringMethods(Interpreter in) {
        this.in = in;
        values = in.values();
    }

    /** Python's str.isspace for one character. */
    static boolean isSpace(int c) {
        return c == ' ' || c >= 9 && c <= 13 || c >= 0x1c && c <= 0x1f || c == 0x85 || c == 0xa0
                || c > 0xff && Character.isSpaceChar(c);
    }

    static boolean isSpace(String s) {
        return !s.isEmpty() && s.codePoints().allMatch(StringMethods::isSpace);
    }

    static String rstrip(String s) {
        int end = s.length();
        while (end > 0 && isSpace(s.charAt(end - 1))) {
            end--;
        }
        return s.substring(0, end);
    }

    Object call(Text s, String name, CallArguments args) {
        values.budget.characters(s.s.length());
        Object result = switch (name) {
            case "strip", "lstrip", "rstrip" -> {
                Object chars = args.positionalOnly().optional("chars", null);
                yield strip(s, chars, !name.equals("rstrip"), !name.equals("lstrip"));
            }
            case "upper", "lower", "title", "capitalize", "swapcase", "casefold" -> changeCase(s, name);
            case "split" -> split(s, args.optional("sep", null), args.integer("maxsplit", -1));
            case "rsplit" -> rsplit(s, args.optional("sep", null), args.integer("maxsplit", -1));
            case "splitlines" -> Seq.list(lines(s, args.integer("keepends", 0) != 0));
            case "partition", "rpartition" -> partition(s, args.positionalOnly().text("sep"), name.equals("rpartition"));
            case "replace" -> {
                Text old = args.positionalOnly().text("old");
                Text by = args.text("new");
                yield replace(s, old, s.markup ? values.escape(by) : by, args.integer("count", -1));
            }
            case "startswith", "endswith" -> affix(s, name, args.positionalOnly());
            case "removeprefix" -> {
                Text prefix = args.text("prefix");
                yield s.s.startsWith(prefix.s) ? s.sub(prefix.s.length(), s.s.length()) : s;
            }
            case "removesuffix" -> {
                Text suffix = args.text("suffix");
                yield !suffix.isEmpty() && s.s.endsWith(suffix.s) ? s.sub(0, s.s.length() - suffix.s.length()) : s;
            }
            case "find", "rfind", "index", "rindex", "count" -> search(s, name, args.positionalOnly());
            case "join" -> join(s, args.positionalOnly().required("iterable"));
            case "center", "ljust", "rjust" -> {
                long width = args.positionalOnly().requiredInteger("width");
                Text fill = args.has("fillchar") ? args.text("fillchar") : Text.of(" ");
                yield pad(s, name, width, fill);
            }
            case "zfill" -> zfill(s, args.positionalOnly().requiredInteger("width"));
            case "expandtabs" -> expandTabs(s, args.integer("tabsize", 8));
            case "format" -> {
                Text formatted = new BraceFormat(in, s).format(args.positional, args.named);
                yield formatted;
            }
            case "format_map" -> {
                Object map = args.positionalOnly().required("mapping");
                args.end();
                yield new BraceFormat(in, s).formatMap(map);
            }
            case "striptags" -> stripTags(s);
            case "unescape" -> unescape(s);
            default -> is(s, name);
        };
        if (!name.equals("format")) {
            args.end();
        }
        return result;
    }

    Text strip(Text s, Object chars, boolean left, boolean right) {
        IntPredicate drop = StringMethods::isSpace;
        if (chars != null) {
            if (!(chars instanceof Text set)) {
                throw ChatTemplateException.type("strip arg must be None or str");
            }
            drop = c -> set.s.indexOf(c) >= 0;
        }
        int from = 0;
        int to = s.s.length();
        while (left && from < to && drop.test(s.s.codePointAt(from))) {
            from += Character.charCount(s.s.codePointAt(from));
        }
        while (right && from < to && drop.test(s.s.codePointBefore(to))) {
            to -= Character.charCount(s.s.codePointBefore(to));
        }
        return s.sub(from, to);
    }

    static Text changeCase(Text s, String how) {
        return s.mapped(switch (how) {
            case "upper" -> s.s.toUpperCase(Locale.ROOT);
            case "lower" -> s.s.toLowerCase(Locale.ROOT);
            case "casefold" -> s.s.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT).replace("\u03c2", "\u03c3");
            case "capitalize" -> s.isEmpty() ? "" : title(s.s.codePointAt(0))
                    + s.s.substring(s.s.offsetByCodePoints(0, 1)).toLowerCase(Locale.ROOT);
            case "title" -> {
                StringBuilder out = new StringBuilder();
                int[] characters = s.s.codePoints().toArray();
                for (int i = 0; i < characters.length; i++) {
                    boolean inWord = i > 0 && isCased(characters[i - 1]);
                    out.append(inWord ? lower(characters, i) : title(characters[i]));
                }
                yield out.toString();
            }
            default -> {
                StringBuilder out = new StringBuilder();
                int[] characters = s.s.codePoints().toArray();
                for (int i = 0; i < characters.length; i++) {
                    out.append(Character.isUpperCase(characters[i]) ? lower(characters, i)
                            : Character.toString(characters[i]).toUpperCase(Locale.ROOT));
                }
                yield out.toString();
            }
        });
    }

    /** Lower case of a character in its place: a sigma at the end of a word has a form of its own. */
    private static String lower(int[] characters, int i) {
        if (characters[i] == 0x3a3) {
            boolean ends = i > 0 && Character.isLetter(characters[i - 1])
                    && (i + 1 == characters.length || !Character.isLetter(characters[i + 1]));
            return ends ? "\u03c2" : "\u03c3";
        }
        return Character.toString(characters[i]).toLowerCase(Locale.ROOT);
    }

    private static String title(int c) {
        if (Character.toTitleCase(c) != c) {
            return Character.toString(Character.toTitleCase(c));
        }
        // A character without a simple title case may have one of several letters: ß becomes Ss.
        String upper = Character.toString(c).toUpperCase(Locale.ROOT);
        if (upper.length() == Character.charCount(c)) {
            return Character.toString(c);
        }
        int first = isCased(upper.charAt(0)) ? 1 : Math.min(2, upper.length());
        return upper.substring(0, first) + upper.substring(first).toLowerCase(Locale.ROOT);
    }

    private static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    private Seq split(Text s, Object separator, long limit) {
        List<Object> parts = new ArrayList<>();
        long left = limit < 0 ? Long.MAX_VALUE : limit;
        int from = 0;
        if (separator == null) {
            while (true) {
                while (from < s.s.length() && isSpace(s.s.charAt(from))) {
                    from++;
                }
                if (from >= s.s.length()) {
                    break;
                }
                if (left-- == 0) {
                    parts.add(s.sub(from, s.s.length()));
                    break;
                }
                int to = from;
                while (to < s.s.length() && !isSpace(s.s.charAt(to))) {
                    to++;
                }
                parts.add(s.sub(from, to));
                from = to;
            }
        } else {
            String sep = separator(separator);
            for (int at = s.s.indexOf(sep); at >= 0 && left-- > 0; at = s.s.indexOf(sep, from)) {
                parts.add(s.sub(from, at));
                from = at + sep.length();
            }
            parts.add(s.sub(from, s.s.length()));
        }
        values.budget.elements(parts.size());
        return Seq.list(parts);
    }

    private Seq rsplit(Text s, Object separator, long limit) {
        List<Object> parts = new ArrayList<>();
        long left = limit < 0 ? Long.MAX_VALUE : limit;
        int to = s.s.length();
        if (separator == null) {
            while (true) {
                while (to > 0 && isSpace(s.s.charAt(to - 1))) {
                    to--;
                }
                if (to == 0) {
                    break;
                }
                if (left-- == 0) {
                    parts.addFirst(s.sub(0, to));
                    break;
                }
                int from = to;
                while (from > 0 && !isSpace(s.s.charAt(from - 1))) {
                    from--;
                }
                parts.addFirst(s.sub(from, to));
                to = from;
            }
        } else {
            String sep = separator(separator);
            for (int at = s.s.lastIndexOf(sep); at >= 0 && at + sep.length() <= to && left-- > 0;
                    at = s.s.lastIndexOf(sep, to - sep.length())) {
                parts.addFirst(s.sub(at + sep.length(), to));
                to = at;
                if (to < sep.length()) {
                    break;
                }
            }
            parts.addFirst(s.sub(0, to));
        }
        values.budget.elements(parts.size());
        return Seq.list(parts);
    }

    private static String separator(Object separator) {
        if (!(separator instanceof Text text)) {
            throw ChatTemplateException.type("must be str or None, not " + Values.typeName(separator));
        }
        if (text.isEmpty()) {
            throw ChatTemplateException.value("empty separator");
        }
        return text.s;
    }

    static List<Object> lines(Text s, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        int from = 0;
        while (from < s.s.length()) {
            int to = from;
            while (to < s.s.length() && !isLineEnd(s.s.charAt(to))) {
                to++;
            }
            int after = to == s.s.length() ? to : s.s.startsWith("\r\n", to) ? to + 2 : to + 1;
            lines.add(s.sub(from, keepEnds ? after : to));
            from = after;
        }
        return lines;
    }

    private static boolean isLineEnd(char c) {
        return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    private Seq partition(Text s, Text separator, boolean last) {
        if (separator.isEmpty()) {
            throw ChatTemplateException.value("empty separator");
        }
        int at = last ? s.s.lastIndexOf(separator.s) : s.s.indexOf(separator.s);
        Text none = Text.EMPTY.asMarkup(s.markup);
        if (at < 0) {
            return Seq.tuple(last ? List.of(none, none, s) : List.of(s, none, none));
        }
        int after = at + separator.s.length();
        return Seq.tuple(List.of(s.sub(0, at), s.sub(at, after), s.sub(after, s.s.length())));
    }

    Text replace(Text s, Text old, Text by, long count) {
        long left = count < 0 ? Long.MAX_VALUE : count;
        int at = left == 0 ? -1 : s.s.indexOf(old.s);
        if (at < 0) {
            return s;
        }
        TextBuilder out = new TextBuilder();
        int from = 0;
        while (at >= 0 && left-- > 0) {
            values.budget.append(out.length(), at - from + by.s.length());
            out.append(s, from, at).append(by);
            from = at + old.s.length();
            if (!old.isEmpty()) {
                at = s.s.indexOf(old.s, from);
            } else if (at == s.s.length()) {
                break;
            } else {
                // An empty pattern matches between any two characters.
                at += Character.charCount(s.s.codePointAt(at));
            }
        }
        return out.append(s, from, s.s.length()).build(s.markup);
    }

    private Object affix(Text s, String name, CallArguments args) {
        Object affix = args.required("prefix");
        int[] range = range(s, args);
        List<Object> options = affix instanceof Seq seq && seq.isTuple() ? seq.items : List.of(affix == null ? false : affix);
        for (Object option : options) {
            if (!(option instanceof Text text)) {
                throw ChatTemplateException.type(name + " first arg must be str or a tuple of str, not " + Values.typeName(affix));
            }
            if (range != null && range[1] - range[0] >= text.s.length() && (name.equals("startswith")
                    ? s.s.startsWith(text.s, range[0]) : s.s.startsWith(text.s, range[1] - text.s.length()))) {
                return true;
            }
        }
        return false;
    }

    /** The optional start and end arguments as offsets; null if no text, not even an empty one, is between them. */
    private static int[] range(Text s, CallArguments args) {
        Object start = args.optional("start", null);
        Object end = args.optional("end", null);
        int length = s.length();
        long from = start == null ? 0 : CallArguments.integer(start);
        long to = end == null ? length : CallArguments.integer(end);
        from = from < 0 ? Math.max(0, from + length) : from;
        to = to < 0 ? Math.max(0, to + length) : Math.min(to, length);
        return from > to ? null : new int[] {s.offset((int) from), s.offset((int) to)};
    }

    private Object search(Text s, String name, CallArguments args) {
        Text part = args.text("sub");
        int[] range = range(s, args);
        if (name.equals("count")) {
            return range == null ? 0L : count(s.sub(range[0], range[1]), part.s);
        }
        int at = -1;
        if (range != null) {
            String window = s.s.substring(range[0], range[1]);
            at = name.startsWith("r") ? window.lastIndexOf(part.s) : window.indexOf(part.s);
            at = at < 0 ? -1 : s.index(at + range[0]);
        }
        if (at < 0 && name.endsWith("index")) {
            throw ChatTemplateException.value("substring not found");
        }
        return (long) at;
    }

    private static long count(Text s, String part) {
        if (part.isEmpty()) {
            return s.length() + 1L;
        }
        long n = 0;
        for (int at = s.s.indexOf(part); at >= 0; at = s.s.indexOf(part, at + part.length())) {
            n++;
        }
        return n;
    }

    private Text join(Text separator, Object iterable) {
        if (!values.isIterable(iterable)) {
            throw ChatTemplateException.type("can only join an iterable");
        }
        Iterator<Object> items = values.iterate(iterable);
        TextBuilder out = new TextBuilder();
        for (long i = 0; items.hasNext(); i++) {
            Object item = items.next();
            if (!separator.markup && !(item instanceof Text)) {
                throw ChatTemplateException.type("sequence item " + i + ": expected str instance, " + Values.typeName(item) + " found");
            }
            Text text = separator.markup ? values.escape(item) : (Text) item;
            values.budget.append(out.length(), (long) text.s.length() + separator.s.length());
            if (i > 0) {
                out.append(separator);
            }
            out.append(text);
        }
        return out.build(separator.markup);
    }

    Text pad(Text s, String how, long width, Text fill) {
        if (fill.length() != 1) {
            throw ChatTemplateException.type("The fill character must be exactly one character long");
        }
        long missing = width - s.length();
        if (missing <= 0) {
            return s;
        }
        values.budget.characters(width);
        // Python's centring puts the odd blank to the left if the width is odd too.
        long left = how.equals("ljust") ? 0 : how.equals("rjust") ? missing : missing / 2 + (missing & width & 1);
        TextBuilder out = new TextBuilder();
        for (long i = 0; i < left; i++) {
            out.append(fill);
        }
        out.append(s);
        for (long i = left; i < missing; i++) {
            out.append(fill);
        }
        return out.build(s.markup);
    }

    private Text zfill(Text s, long width) {
        int sign = s.s.startsWith("-") || s.s.startsWith("+") ? 1 : 0;
        long missing = width - s.length();
        if (missing <= 0) {
            return s;
        }
        values.budget.characters(width);
        return new TextBuilder().append(s, 0, sign).append("0".repeat((int) missing)).append(s, sign, s.s.length()).build(s.markup);
    }

    private Text expandTabs(Text s, long size) {
        TextBuilder out = new TextBuilder();
        long column = 0;
        for (int i = 0; i < s.s.length(); i++) {
            char c = s.s.charAt(i);
            if (c == '\t') {
                long blanks = size <= 0 ? 0 : size - column % size;
                values.budget.append(out.length(), blanks);
                out.append(" ".repeat((int) blanks), s.user != null);
                column += blanks;
            } else {
                out.append(s, i, i + 1);
                column = c == '\n' || c == '\r' ? 0 : Character.isLowSurrogate(c) ? column : column + 1;
            }
        }
        return out.build(s.markup);
    }

    static boolean is(Text text, String name) {
        int[] s = text.s.codePoints().toArray();
        return switch (name) {
            case "isascii" -> all(s, true, c -> c < 128);
            case "isprintable" -> all(s, true, Values::isPrintable);
            case "isspace" -> all(s, false, StringMethods::isSpace);
            case "isalpha" -> all(s, false, Character::isLetter);
            case "isdecimal" -> all(s, false, c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER);
            case "isdigit" -> all(s, false, StringMethods::isDigit);
            case "isnumeric" -> all(s, false, StringMethods::isNumeric);
            case "isalnum" -> all(s, false, c -> Character.isLetter(c) || isNumeric(c));
            case "islower" -> anyCased(s) && all(s, false, c -> !Character.isUpperCase(c) && !Character.isTitleCase(c));
            case "isupper" -> anyCased(s) && all(s, false, c -> !Character.isLowerCase(c) && !Character.isTitleCase(c));
            case "istitle" -> isTitle(s);
            default -> s.length > 0 && (s[0] == '_' || Character.isUnicodeIdentifierStart(s[0]))
                    && all(s, false, c -> c == '_' || Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
        };
    }

    private static boolean isDigit(int c) {
        return Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER || c == 0xb2 || c == 0xb3 || c == 0xb9
                || c == 0x2070 || c >= 0x2074 && c <= 0x2079 || c >= 0x2080 && c <= 0x2089
                || c >= 0x2460 && c <= 0x2468 || c >= 0x2776 && c <= 0x277e;
    }

    private static boolean isNumeric(int c) {
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> "\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\u842c\u4e07\u3007\u96f6"
                    .indexOf(c) >= 0;
        };
    }

    private static boolean all(int[] s, boolean ifEmpty, IntPredicate test) {
        for (int c : s) {
            if (!test.test(c)) {
                return false;
            }
        }
        return s.length > 0 || ifEmpty;
    }

    private static boolean anyCased(int[] s) {
        for (int c : s) {
            if (isCased(c)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isTitle(int[] s) {
        boolean inWord = false;
        for (int c : s) {
            if (Character.isUpperCase(c) || Character.isTitleCase(c)) {
                if (inWord) {
                    return false;
                }
            } else if (Character.isLowerCase(c) && !inWord) {
                return false;
            }
            inWord = isCased(c);
        }
        return anyCased(s);
    }

    /** Text without tags and comments, white space collapsed, entities resolved. */
    Text stripTags(Text s) {
        TextBuilder out = new TextBuilder();
        int from = 0;
        for (int open = s.s.indexOf('<'); open >= 0; open = s.s.indexOf('<', from)) {
            boolean comment = s.s.startsWith("<!--", open);
            int close = comment ? s.s.indexOf("-->", open + 4) : s.s.indexOf('>', open);
            if (close < 0) {
                break;
            }
            out.append(s, from, open);
            from = close + (comment ? 3 : 1);
        }
        out.append(s, from, s.s.length());
        Seq words = split(out.build(), null, -1);
        return unescape(join(Text.of(" "), words));
    }

    private static Text unescape(Text s) {
        if (s.s.indexOf('&') < 0) {
            return s.asMarkup(false);
        }
        StringBuilder out = new StringBuilder();
        java.util.regex.Matcher entity = java.util.regex.Pattern.compile("&(#\\d+|#[xX][0-9a-fA-F]+|lt|gt|amp|quot|apos|nbsp);")
                .matcher(s.s);
        while (entity.find()) {
            String name = entity.group(1);
            String by = switch (name) {
                case "lt" -> "<";
                case "gt" -> ">";
                case "amp" -> "&";
                case "quot" -> "\"";
                case "apos" -> "'";
                case "nbsp" -> "\u00a0";
                default -> codePoint(name);
            };
            entity.appendReplacement(out, java.util.regex.Matcher.quoteReplacement(by));
        }
        return s.asMarkup(false).derive(entity.appendTail(out).toString());
    }

    private static String codePoint(String reference) {
        boolean hex = reference.startsWith("#x") || reference.startsWith("#X");
        java.math.BigInteger value = new java.math.BigInteger(reference.substring(hex ? 2 : 1), hex ? 16 : 10);
        return value.bitLength() > 21 || value.intValue() > Character.MAX_CODE_POINT || value.signum() == 0
                ? "\ufffd" : Character.toString(value.intValue());
    }
}
