package org.djlquant.chat.python;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The methods of Python's str. Offsets inside are UTF-16; what templates see are code points. */
public final class Strings {

    private static final Map<String, Signature> METHODS = Signature.table("""
            capitalize(); casefold(); center(width, fillchar=' ', /); count(sub, start=None, end=None, /);
            endswith(suffix, start=None, end=None, /); expandtabs(tabsize=8); find(sub, start=None, end=None, /);
            format(*); format_map(mapping, /); index(sub, start=None, end=None, /); isalnum(); isalpha(); isascii();
            isdecimal(); isdigit(); isidentifier(); islower(); isnumeric(); isprintable(); isspace(); istitle();
            isupper(); join(iterable, /); ljust(width, fillchar=' ', /); lower(); lstrip(chars=None, /);
            partition(sep, /); removeprefix(prefix, /); removesuffix(suffix, /); replace(old, new, count=-1, /);
            rfind(sub, start=None, end=None, /); rindex(sub, start=None, end=None, /); rjust(width, fillchar=' ', /);
            rpartition(sep, /); rsplit(sep=None, maxsplit=-1); rstrip(chars=None, /); split(sep=None, maxsplit=-1);
            splitlines(keepends=False); startswith(prefix, start=None, end=None, /); strip(chars=None, /); swapcase();
            title(); upper(); zfill(width, /); striptags(); unescape()""");

    private static final String LINE_ENDS = "\n\u000b\f\r\u001c\u001d\u001e\u0085\u2028\u2029";

    private final Values values;
    private final Attributes attributes;

    /** Methods that draw on the budget of the values. */
    public Strings(Values values, Attributes attributes) {
        this.values = values;
        this.attributes = attributes;
    }

    /** The signature of a method, or null if a text has none of the name; only safe ones have the last two. */
    static Signature signature(Text text, String name) {
        boolean ofMarkup = name.equals("striptags") || name.equals("unescape");
        return ofMarkup && !text.markup ? null : METHODS.get(name);
    }

    /** Calls a method with the arguments that its signature has bound. */
    Object call(Text s, String name, Arguments args) {
        values.budget().characters(s.s.length());
        return switch (name) {
            case "strip", "lstrip", "rstrip" -> strip(s, args.get(0), !name.equals("rstrip"), !name.equals("lstrip"));
            case "upper", "lower", "title", "capitalize", "swapcase", "casefold" -> changeCase(s, name);
            case "split", "rsplit" -> split(s, args.get(0), args.integer(1), name.equals("rsplit"));
            case "splitlines" -> Seq.list(lines(s, args.integer(0) != 0));
            case "partition", "rpartition" -> partition(s, args.text(0), name.equals("rpartition"));
            case "replace" -> replace(s, args.text(0), values.str(args.text(1), s.markup), args.integer(2));
            case "startswith", "endswith" -> affix(s, name.equals("endswith"), args);
            case "removeprefix" -> s.s.startsWith(args.text(0).s) ? s.sub(args.text(0).s.length()) : s;
            case "removesuffix" -> s.s.endsWith(args.text(0).s) ? s.sub(0, s.s.length() - args.text(0).s.length()) : s;
            case "find", "rfind", "index", "rindex", "count" -> search(s, name, args);
            case "join" -> join(s, args.get(0));
            case "center", "ljust", "rjust" -> pad(s, name, args.integer(0), args.text(1));
            case "zfill" -> {
                int sign = s.s.startsWith("-") || s.s.startsWith("+") ? 1 : 0;
                yield values.builder().append(s, 0, sign).repeat(Text.of("0"), args.integer(0) - s.length())
                        .append(s.sub(sign)).build(s.markup);
            }
            case "expandtabs" -> expandTabs(s, args.integer(0));
            case "format" -> new BraceFormat(values, attributes, s, args.positional(), Dict.of(args.named())).format();
            case "format_map" -> new BraceFormat(values, attributes, s, List.of(), args.get(0)).format();
            case "striptags" -> stripTags(s);
            case "unescape" -> unescape(s);
            default -> is(s, name);
        };
    }

    // -- characters

    /** Python's str.isspace for one character. */
    public static boolean isSpace(int c) {
        return c == ' ' || c >= 9 && c <= 13 || c >= 0x1c && c <= 0x1f || c == 0x85 || c == 0xa0
                || c > 0xff && Character.isSpaceChar(c);
    }

    /** Whether a text is white space and not empty. */
    public static boolean isSpace(String s) {
        return !s.isEmpty() && rstrip(s).isEmpty();
    }

    /** A text without the white space at its end. */
    public static String rstrip(String s) {
        int end = s.length();
        while (end > 0 && isSpace(s.charAt(end - 1))) {
            end--;
        }
        return s.substring(0, end);
    }

    private static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    private static boolean isDigit(int c) {
        return Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER || c == 0xb2 || c == 0xb3 || c == 0xb9
                || c == 0x2070 || c >= 0x2074 && c <= 0x2079 || c >= 0x2080 && c <= 0x2089
                || c >= 0x2460 && c <= 0x2468 || c >= 0x2776 && c <= 0x277e;
    }

    private static boolean isNumeric(int c) {
        int type = Character.getType(c);
        return isDigit(c) || type == Character.LETTER_NUMBER || type == Character.OTHER_NUMBER
                || "\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\u842c\u4e07\u3007\u96f6"
                        .indexOf(c) >= 0;
    }

    /** One of the {@code is…} methods. */
    public static boolean is(Text text, String name) {
        int[] s = text.s.codePoints().toArray();
        return switch (name) {
            case "isascii" -> all(s, true, c -> c < 128);
            case "isprintable" -> all(s, true, Values::isPrintable);
            case "isspace" -> all(s, false, Strings::isSpace);
            case "isalpha" -> all(s, false, Character::isLetter);
            case "isdecimal" -> all(s, false, c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER);
            case "isdigit" -> all(s, false, Strings::isDigit);
            case "isnumeric" -> all(s, false, Strings::isNumeric);
            case "isalnum" -> all(s, false, c -> Character.isLetter(c) || isNumeric(c));
            case "islower" -> text.s.codePoints().anyMatch(Strings::isCased)
                    && all(s, false, c -> !isCased(c) || Character.isLowerCase(c));
            case "isupper" -> text.s.codePoints().anyMatch(Strings::isCased)
                    && all(s, false, c -> !isCased(c) || Character.isUpperCase(c));
            case "istitle" -> isTitle(s);
            default -> s.length > 0 && (s[0] == '_' || Character.isUnicodeIdentifierStart(s[0]))
                    && all(s, false, c -> Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
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

    private static boolean isTitle(int[] s) {
        boolean inWord = false;
        boolean any = false;
        for (int c : s) {
            if (isCased(c) && Character.isLowerCase(c) != inWord) {
                return false;
            }
            inWord = isCased(c);
            any |= inWord;
        }
        return any;
    }

    /** One of {@code upper, lower, title, capitalize, swapcase, casefold}. */
    public static Text changeCase(Text text, String how) {
        String s = text.s;
        if (how.equals("upper") || how.equals("lower")) {
            return text.mapped(how.equals("upper") ? s.toUpperCase(Locale.ROOT) : s.toLowerCase(Locale.ROOT));
        }
        if (how.equals("casefold")) {
            return text.mapped(s.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT).replace("\u03c2", "\u03c3"));
        }
        StringBuilder out = new StringBuilder();
        int[] characters = s.codePoints().toArray();
        for (int i = 0; i < characters.length; i++) {
            int c = characters[i];
            boolean lower = how.equals("title") ? i > 0 && isCased(characters[i - 1])
                    : how.equals("swapcase") ? Character.isUpperCase(c) : i > 0;
            out.append(lower ? lower(characters, i)
                    : how.equals("swapcase") ? Character.toString(c).toUpperCase(Locale.ROOT) : title(c));
        }
        return text.mapped(out.toString());
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

    // -- cutting and joining

    /** A text without white space, or without the characters of a str, at one end or both. */
    public static Text strip(Text s, Object chars, boolean left, boolean right) {
        if (chars != null && !(chars instanceof Text)) {
            throw PythonError.type("strip arg must be None or str");
        }
        String set = chars == null ? null : ((Text) chars).s;
        int from = 0;
        int to = s.s.length();
        while (left && from < to && drops(set, s.s.codePointAt(from))) {
            from += Character.charCount(s.s.codePointAt(from));
        }
        while (right && from < to && drops(set, s.s.codePointBefore(to))) {
            to -= Character.charCount(s.s.codePointBefore(to));
        }
        return s.sub(from, to);
    }

    private static boolean drops(String set, int c) {
        return set == null ? isSpace(c) : set.indexOf(c) >= 0;
    }

    private Seq split(Text text, Object separator, long limit, boolean fromRight) {
        Text s = separator == null ? strip(text, null, !fromRight, fromRight) : text;
        List<int[]> cuts = separator == null ? spaces(s.s) : cuts(s.s, separator(Arguments.text(separator)), fromRight);
        if (limit >= 0 && limit < cuts.size()) {
            int n = (int) limit;
            cuts = fromRight ? cuts.subList(cuts.size() - n, cuts.size()) : cuts.subList(0, n);
        }
        List<Object> parts = new ArrayList<>(cuts.size() + 1);
        int from = 0;
        for (int[] cut : cuts) {
            parts.add(s.sub(from, cut[0]));
            from = cut[1];
        }
        parts.add(s.sub(from));
        // White space at the far end is a separator with nothing behind it.
        if (separator == null && ((Text) (fromRight ? parts.getFirst() : parts.getLast())).isEmpty()) {
            parts.remove(fromRight ? 0 : parts.size() - 1);
        }
        values.budget().steps(parts.size());
        return Seq.list(parts);
    }

    private static Text separator(Text separator) {
        if (separator.isEmpty()) {
            throw PythonError.value("empty separator");
        }
        return separator;
    }

    /** Where runs of white space begin and end. */
    private static List<int[]> spaces(String s) {
        List<int[]> runs = new ArrayList<>();
        for (int i = 0; i < s.length(); i++) {
            if (isSpace(s.charAt(i))) {
                int from = i;
                while (i < s.length() && isSpace(s.charAt(i))) {
                    i++;
                }
                runs.add(new int[] {from, i});
            }
        }
        return runs;
    }

    /** Where a separator begins and ends; overlapping ones count in the direction of the search. */
    private static List<int[]> cuts(String s, Text separator, boolean fromRight) {
        List<int[]> cuts = new ArrayList<>();
        int n = separator.s.length();
        int at = fromRight ? s.lastIndexOf(separator.s) : s.indexOf(separator.s);
        while (at >= 0) {
            cuts.add(new int[] {at, at + n});
            at = fromRight ? s.lastIndexOf(separator.s, at - n) : s.indexOf(separator.s, at + n);
        }
        return fromRight ? cuts.reversed() : cuts;
    }

    /** Python's splitlines. */
    public static List<Object> lines(Text s, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        for (int from = 0, after; from < s.s.length(); from = after) {
            int to = from;
            while (to < s.s.length() && LINE_ENDS.indexOf(s.s.charAt(to)) < 0) {
                to++;
            }
            after = to == s.s.length() ? to : s.s.startsWith("\r\n", to) ? to + 2 : to + 1;
            lines.add(s.sub(from, keepEnds ? after : to));
        }
        return lines;
    }

    private Seq partition(Text s, Text separator, boolean last) {
        int at = last ? s.s.lastIndexOf(separator(separator).s) : s.s.indexOf(separator(separator).s);
        Text none = Text.EMPTY.asMarkup(s.markup);
        int after = at + separator.s.length();
        return Seq.tuple(at >= 0 ? List.of(s.sub(0, at), s.sub(at, after), s.sub(after))
                : last ? List.of(none, none, s) : List.of(s, none, none));
    }

    /** Python's str.replace; a negative count is no limit. */
    public Text replace(Text s, Text old, Text by, long count) {
        TextBuilder out = values.builder();
        int from = 0;
        long left = count < 0 ? Long.MAX_VALUE : count;
        for (int at = s.s.indexOf(old.s); at >= 0 && left > 0; left--) {
            out.append(s, from, at).append(by);
            from = at + old.s.length();
            // An empty pattern matches between any two characters.
            at = !old.isEmpty() ? s.s.indexOf(old.s, from)
                    : at == s.s.length() ? -1 : at + Character.charCount(s.s.codePointAt(at));
        }
        return from == 0 && out.length() == 0 ? s : out.append(s.sub(from)).build(s.markup);
    }

    private Text join(Text separator, Object iterable) {
        if (!Values.isIterable(iterable)) {
            throw PythonError.type("can only join an iterable");
        }
        TextBuilder out = values.builder();
        Text before = Text.EMPTY;
        for (Iterator<Object> items = values.iterate(iterable); items.hasNext();) {
            Object item = items.next();
            if (!separator.markup && !(item instanceof Text)) {
                throw PythonError.type("sequence item: expected str instance, " + Values.typeName(item) + " found");
            }
            out.append(before).append(values.str(item, separator.markup));
            before = separator;
        }
        return out.build(separator.markup);
    }

    // -- searching

    private static boolean affix(Text s, boolean end, Arguments args) {
        int[] range = range(s, args);
        boolean several = args.get(0) instanceof Seq seq && seq.isTuple();
        List<Object> options = several ? ((Seq) args.get(0)).items() : args.positional().subList(0, 1);
        boolean found = false;
        for (Object option : options) {
            String part = Arguments.text(option).s;
            found |= range != null && range[1] - range[0] >= part.length()
                    && s.s.startsWith(part, end ? range[1] - part.length() : range[0]);
        }
        return found;
    }

    /** The optional start and end arguments as offsets; null if no text, not even an empty one, is between them. */
    private static int[] range(Text s, Arguments args) {
        long length = s.length();
        long from = args.get(1) == null ? 0 : args.integer(1);
        long to = args.get(2) == null ? length : args.integer(2);
        from = from < 0 ? Math.max(0, from + length) : from;
        to = to < 0 ? Math.max(0, to + length) : Math.min(to, length);
        return from > to ? null : new int[] {s.offset(from), s.offset(to)};
    }

    private static Object search(Text s, String name, Arguments args) {
        Text part = args.text(0);
        int[] range = range(s, args);
        Text window = range == null ? null : s.sub(range[0], range[1]);
        if (name.equals("count")) {
            return range == null ? 0L
                    : part.isEmpty() ? window.length() + 1L : (long) cuts(window.s, part, false).size();
        }
        int at = range == null ? -1 : name.startsWith("r") ? window.s.lastIndexOf(part.s) : window.s.indexOf(part.s);
        if (at < 0 && name.endsWith("index")) {
            throw PythonError.value("substring not found");
        }
        return (long) (at < 0 ? -1 : s.index(at + range[0]));
    }

    // -- padding

    /** One of {@code center, ljust, rjust}. */
    public Text pad(Text s, String how, long width, Text fill) {
        if (fill.length() != 1) {
            throw PythonError.type("The fill character must be exactly one character long");
        }
        long missing = width - s.length();
        if (missing <= 0) {
            return s;
        }
        // Python's centring puts the odd blank to the left if the width is odd too.
        long left = how.equals("ljust") ? 0 : how.equals("rjust") ? missing : missing / 2 + (missing & width & 1);
        return values.builder().repeat(fill, left).append(s).repeat(fill, missing - left).build(s.markup);
    }

    private Text expandTabs(Text s, long size) {
        TextBuilder out = values.builder();
        Text blank = s.user == null ? Text.of(" ") : Text.user(" ");
        long column = 0;
        for (int i = 0; i < s.s.length(); i++) {
            char c = s.s.charAt(i);
            if (c == '\t') {
                long blanks = size <= 0 ? 0 : size - column % size;
                out.repeat(blank, blanks);
                column += blanks;
            } else {
                out.append(s, i, i + 1);
                column = c == '\n' || c == '\r' ? 0 : Character.isLowSurrogate(c) ? column : column + 1;
            }
        }
        return out.build(s.markup);
    }

    // -- markup

    /** Text without tags and comments, white space collapsed, entities resolved. */
    public Text stripTags(Text s) {
        TextBuilder out = values.builder();
        int from = 0;
        for (int open = s.s.indexOf('<'); open >= 0; open = s.s.indexOf('<', from)) {
            String end = s.s.startsWith("<!--", open) ? "-->" : ">";
            int close = s.s.indexOf(end, open + (end.length() == 3 ? 4 : 0));
            if (close < 0) {
                break;
            }
            out.append(s, from, open);
            from = close + end.length();
        }
        return unescape(join(Text.of(" "), split(out.append(s.sub(from)).build(), null, -1, false)));
    }

    private static Text unescape(Text s) {
        Pattern entities = Pattern.compile("&(#\\d+|#[xX][0-9a-fA-F]+|lt|gt|amp|quot|apos|nbsp);");
        String plain = entities.matcher(s.s).replaceAll(entity -> Matcher.quoteReplacement(switch (entity.group(1)) {
            case "lt" -> "<";
            case "gt" -> ">";
            case "amp" -> "&";
            case "quot" -> "\"";
            case "apos" -> "'";
            case "nbsp" -> "\u00a0";
            default -> codePoint(entity.group(1));
        }));
        return s.asMarkup(false).derive(plain);
    }

    private static String codePoint(String reference) {
        boolean hex = reference.startsWith("#x") || reference.startsWith("#X");
        BigInteger value = new BigInteger(reference.substring(hex ? 2 : 1), hex ? 16 : 10);
        return value.bitLength() > 21 || value.intValue() > Character.MAX_CODE_POINT || value.signum() == 0
                ? "\ufffd" : Character.toString(value.intValue());
    }
}
