package org.djlquant.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlquant.chat.ValueTypes.Undefined;

/** The filters on text and numbers. */
final class TextFilters {

    private static final Pattern WORD = Pattern.compile("[\\w&&[^\\u203f\\u2040]]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern WORD_BREAK = Pattern.compile("[-\\s({\\[<]+");
    private static final Pattern FLOAT = Pattern.compile(
            "[+-]?(?:(?:\\d+(?:_\\d+)*)(?:\\.(?:\\d+(?:_\\d+)*)?)?|\\.\\d+(?:_\\d+)*)(?:[eE][+-]?\\d+(?:_\\d+)*)?");
    private static final String[] DECIMAL_UNITS = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
    private static final String[] BINARY_UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};

    private final Interpreter in;
    private final Values values;

    TextFilters(Interpreter in) {
        this.in = in;
        values = in.values();
    }

    Object apply(String name, Object value, CallArguments args) {
        return switch (name) {
            case "string" -> values.str(value);
            case "safe" -> values.str(value).asMarkup(true);
            case "e", "escape" -> values.escape(value);
            case "forceescape" -> values.escape(values.plain(value));
            case "upper", "lower", "capitalize" -> StringMethods.changeCase(values.str(value), name);
            case "title" -> title(values.str(value));
            case "trim" -> strings().strip(values.str(value), args.optional("chars", null), true, true);
            case "center" -> strings().pad(values.str(value), "center", args.integer("width", 80), Text.of(" "));
            case "replace" -> {
                Text old = values.str(args.required("old"));
                Text by = values.str(args.required("new"));
                Object count = args.optional("count", null);
                Text s = in.autoescape() ? values.str(value) : values.plain(value);
                yield strings().replace(s, old, s.markup ? values.escape(by) : by.asMarkup(false),
                        count == null ? -1 : CallArguments.integer(count));
            }
            case "format" -> {
                if (!args.positional.isEmpty() && !args.named.isEmpty()) {
                    throw ChatTemplateException.runtime("can't handle positional and keyword arguments at the same time");
                }
                Dict named = new Dict();
                args.named.forEach((key, element) -> named.put(Text.of(key), element));
                yield new PercentFormat(values, values.str(value)).format(
                        named.size() > 0 ? named : Seq.tuple(args.positional));
            }
            case "indent" -> indent(value, args);
            case "truncate" -> truncate(value, args);
            case "wordcount" -> WORD.matcher(values.str(value).s).results().count();
            case "wordwrap" -> {
                long width = args.integer("width", 79);
                boolean breakLong = values.truth(args.optional("break_long_words", true));
                Object with = args.optional("wrapstring", null);
                boolean hyphens = values.truth(args.optional("break_on_hyphens", true));
                yield new WordWrap(values, width, breakLong, hyphens).wrap(requireText(value),
                        with == null ? Text.of("\n") : requireText(with));
            }
            case "striptags" -> strings().stripTags(values.str(value));
            case "urlencode" -> urlencode(value);
            case "xmlattr" -> xmlattr(value, values.truth(args.optional("autospace", true)));
            case "filesizeformat" -> fileSize(toFloat(value), args.flag("binary", values));
            case "int" -> toInt(value, args.optional("default", 0L), args.integer("base", 10));
            case "float" -> {
                Object otherwise = args.optional("default", 0.0);
                try {
                    yield toFloat(value);
                } catch (ChatTemplateException e) {
                    if (e.kind() != ChatTemplateException.Kind.TYPE && e.kind() != ChatTemplateException.Kind.VALUE) {
                        throw e;
                    }
                    yield otherwise;
                }
            }
            case "abs" -> {
                if (!Numbers.isNumber(value)) {
                    throw ChatTemplateException.type("bad operand type for abs(): '" + Values.typeName(value) + "'");
                }
                yield value instanceof Double d ? (Object) Math.abs(d) : Numbers.norm(Numbers.big(value).abs());
            }
            case "round" -> round(value, args.optional("precision", 0L), values.str(args.optional("method", Text.of("common"))));
            case "pprint" -> new PrettyPrint(values).print(value);
            default -> throw ChatTemplateException.runtime("the filter " + Values.quote(name) + " is not supported");
        };
    }

    private StringMethods strings() {
        return in.methods().strings();
    }

    private static Text requireText(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(value instanceof Text text)) {
            throw ChatTemplateException.type("expected a string, not " + Values.typeName(value));
        }
        return text;
    }

    private static Text title(Text s) {
        StringBuilder out = new StringBuilder();
        Matcher breaks = WORD_BREAK.matcher(s.s);
        int from = 0;
        while (breaks.find()) {
            capitalized(s.s.substring(from, breaks.start()), out);
            out.append(breaks.group());
            from = breaks.end();
        }
        capitalized(s.s.substring(from), out);
        return s.mapped(out.toString());
    }

    private static void capitalized(String word, StringBuilder out) {
        if (!word.isEmpty()) {
            int first = word.offsetByCodePoints(0, 1);
            out.append(word.substring(0, first).toUpperCase(java.util.Locale.ROOT))
                    .append(word.substring(first).toLowerCase(java.util.Locale.ROOT));
        }
    }

    private Text indent(Object value, CallArguments args) {
        Object width = args.optional("width", 4L);
        boolean first = args.flag("first", values);
        boolean blank = args.flag("blank", values);
        Text s = requireText(value);
        Text indention = width instanceof Text text ? text
                : (Text) in.operators().binary("*", Text.of(" "), width);
        List<Object> lines = StringMethods.lines(in.operators().concat(s, Text.of("\n")), false);
        TextBuilder out = new TextBuilder();
        for (int i = 0; i < lines.size(); i++) {
            Text line = (Text) lines.get(i);
            if (i > 0) {
                out.append("\n");
            }
            if (i == 0 ? first : blank || !line.isEmpty()) {
                values.budget.append(out.length(), indention.s.length());
                out.append(indention);
            }
            values.budget.append(out.length(), line.s.length());
            out.append(line);
        }
        return out.build(s.markup);
    }

    private Object truncate(Object value, CallArguments args) {
        long length = args.integer("length", 255);
        boolean kill = args.flag("killwords", values);
        Text end = args.has("end") ? args.text("end") : Text.of("...");
        Object slack = args.optional("leeway", null);
        long leeway = slack == null ? 5 : CallArguments.integer(slack);
        if (length < end.length()) {
            throw ChatTemplateException.runtime("expected length >= " + end.length() + ", got " + length);
        }
        if (leeway < 0) {
            throw ChatTemplateException.runtime("expected leeway >= 0, got " + leeway);
        }
        if (values.length(value) <= length + leeway) {
            return value;
        }
        Text s = requireText(value);
        Text cut = s.sub(0, s.offset((int) (length - end.length())));
        int space = kill ? -1 : cut.s.lastIndexOf(' ');
        return in.operators().concat(space < 0 ? cut : cut.sub(0, space), end);
    }

    private Text urlencode(Object value) {
        if (value instanceof Text || !values.isIterable(value)) {
            return quoted(values.str(value), true);
        }
        List<Object> pairs = value instanceof Dict dict ? new ValueTypes.DictView(dict, "items").list() : values.list(value);
        TextBuilder out = new TextBuilder();
        for (Object pair : pairs) {
            List<Object> two = values.list(pair);
            if (two.size() != 2) {
                throw ChatTemplateException.value((two.size() < 2 ? "not enough" : "too many") + " values to unpack (expected 2)");
            }
            out.append(out.length() > 0 ? "&" : "");
            out.append(quoted(values.str(two.get(0)), false)).append("=").append(quoted(values.str(two.get(1)), false));
        }
        return out.build();
    }

    private static Text quoted(Text text, boolean path) {
        StringBuilder out = new StringBuilder();
        for (byte b : text.s.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 128 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0) || path && c == '/') {
                out.append(c);
            } else if (c == ' ' && !path) {
                out.append('+');
            } else {
                out.append("%%%02X".formatted((int) c));
            }
        }
        return text.asMarkup(false).derive(out.toString());
    }

    private Text xmlattr(Object value, boolean space) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(value instanceof Dict dict)) {
            throw ChatTemplateException.type("'" + Values.typeName(value) + "' object has no attribute 'items'");
        }
        TextBuilder out = new TextBuilder();
        for (Dict.Entry entry : dict.entries()) {
            if (entry.value() == null || entry.value() instanceof Undefined) {
                continue;
            }
            if (!(entry.key() instanceof Text key)) {
                throw ChatTemplateException.type("expected string or bytes-like object, got '" + Values.typeName(entry.key()) + "'");
            }
            if (key.s.chars().anyMatch(c -> c < 128 && (StringMethods.isSpace(c) || c == '/' || c == '>' || c == '='))) {
                throw ChatTemplateException.value("Invalid character in attribute name: " + values.repr(key));
            }
            out.append(out.length() > 0 || space ? " " : "").append(values.escape(key)).append("=\"")
                    .append(values.escape(entry.value())).append("\"");
        }
        return out.build(in.autoescape());
    }

    private static Text fileSize(double bytes, boolean binary) {
        int base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return Text.of("1 Byte");
        }
        if (bytes < base) {
            return Text.of(Numbers.string(Numbers.truncate(bytes)) + " Bytes");
        }
        String[] units = binary ? BINARY_UNITS : DECIMAL_UNITS;
        double unit = (double) base * base;
        int i = 0;
        while (i < units.length - 1 && bytes >= unit) {
            unit *= base;
            i++;
        }
        return Text.of(NumberFormat.digits(base * bytes / unit, 'f', 1, false) + " " + units[i]);
    }

    // -- numbers

    private Object toInt(Object value, Object otherwise, long base) {
        try {
            return value instanceof Text text ? parseInt(text.s, base) : truncated(value);
        } catch (ChatTemplateException first) {
            if (first.kind() != ChatTemplateException.Kind.TYPE && first.kind() != ChatTemplateException.Kind.VALUE) {
                throw first;
            }
            try {
                return truncated(toFloat(value));
            } catch (ChatTemplateException second) {
                switch (second.kind()) {
                    case TYPE, VALUE, ARITHMETIC -> {
                        return otherwise;
                    }
                    default -> throw second;
                }
            }
        }
    }

    private static Object truncated(Object value) {
        return switch (value) {
            case Undefined undefined -> throw undefined.error();
            case Double d when Double.isNaN(d) -> throw ChatTemplateException.value("cannot convert float NaN to integer");
            case Double d when Double.isInfinite(d) -> throw Numbers.arithmetic("cannot convert float infinity to integer");
            case Double d -> Numbers.truncate(d);
            case Long n -> n;
            case Boolean n -> n ? 1L : 0L;
            case BigInteger n -> n;
            case null, default -> throw ChatTemplateException.type("int() argument must be a string, a bytes-like object"
                    + " or a real number, not '" + Values.typeName(value) + "'");
        };
    }

    private static Object parseInt(String text, long base) {
        ChatTemplateException invalid = ChatTemplateException.value("invalid literal for int() with base " + base + ": "
                + Values.quote(text));
        if (base != 0 && (base < 2 || base > 36)) {
            throw ChatTemplateException.value("int() base must be >= 2 and <= 36, or 0");
        }
        String s = stripped(text);
        boolean negative = s.startsWith("-");
        s = negative || s.startsWith("+") ? s.substring(1) : s;
        String lower = s.toLowerCase(java.util.Locale.ROOT);
        int prefix = lower.startsWith("0x") ? 16 : lower.startsWith("0o") ? 8 : lower.startsWith("0b") ? 2 : 0;
        long radix = base == 0 ? prefix == 0 ? 10 : prefix : base;
        if (prefix != 0 && prefix == radix) {
            s = s.substring(s.startsWith("_", 2) ? 3 : 2);
        } else if (base == 0 && s.matches("0[0_]*[1-9].*")) {
            throw invalid;
        }
        if (!s.matches("\\p{Alnum}+(_\\p{Alnum}+)*|\\p{Nd}+(_\\p{Nd}+)*")) {
            throw invalid;
        }
        if (s.length() > 4300) {
            throw ChatTemplateException.value("Exceeds the limit (4300 digits) for integer string conversion");
        }
        try {
            BigInteger n = new BigInteger(s.replace("_", ""), (int) radix);
            return Numbers.norm(negative ? n.negate() : n);
        } catch (NumberFormatException e) {
            throw invalid;
        }
    }

    private static String stripped(String s) {
        int from = 0;
        while (from < s.length() && StringMethods.isSpace(s.charAt(from))) {
            from++;
        }
        return StringMethods.rstrip(s.substring(from));
    }

    private static double toFloat(Object value) {
        switch (value) {
            case Undefined undefined -> throw undefined.error();
            case Text text -> {
                String s = stripped(text.s);
                String word = (s.startsWith("+") || s.startsWith("-") ? s.substring(1) : s).toLowerCase(java.util.Locale.ROOT);
                if (word.equals("inf") || word.equals("infinity")) {
                    return s.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
                }
                if (word.equals("nan")) {
                    return Double.NaN;
                }
                if (!FLOAT.matcher(s).matches()) {
                    throw ChatTemplateException.value("could not convert string to float: " + Values.quote(text.s));
                }
                return Double.parseDouble(s.replace("_", ""));
            }
            case null, default -> {
                if (!Numbers.isNumber(value)) {
                    throw ChatTemplateException.type("float() argument must be a string or a real number, not '"
                            + Values.typeName(value) + "'");
                }
                return Numbers.toDouble(value);
            }
        }
    }

    private Object round(Object value, Object precision, Text method) {
        switch (method.s) {
            case "common" -> {
                if (!Numbers.isNumber(value)) {
                    throw ChatTemplateException.type("type " + Values.typeName(value) + " doesn't define __round__ method");
                }
                long digits = precision == null ? 0 : Math.clamp(CallArguments.integer(precision), -400, 400);
                if (value instanceof Double d) {
                    if (!Double.isFinite(d)) {
                        return d;
                    }
                    double rounded = new BigDecimal(d).setScale((int) digits, RoundingMode.HALF_EVEN).doubleValue();
                    Object result = rounded == 0 ? Math.copySign(0.0, d) : rounded;
                    return precision == null ? Numbers.truncate(rounded) : result;
                }
                if (digits >= 0) {
                    return Numbers.norm(Numbers.big(value));
                }
                return Numbers.norm(new BigDecimal(Numbers.big(value)).setScale((int) digits, RoundingMode.HALF_EVEN).toBigInteger());
            }
            case "ceil", "floor" -> {
                Operators operators = in.operators();
                Object factor = Numbers.isInt(precision) ? Numbers.power(10L, precision) : operators.binary("**", 10L, precision);
                Object scaled = operators.binary("*", value, factor);
                if (!Numbers.isNumber(scaled)) {
                    throw ChatTemplateException.type("must be real number, not " + Values.typeName(scaled));
                }
                if (scaled instanceof Double d) {
                    scaled = truncated(method.s.equals("ceil") ? Math.ceil(d) : Math.floor(d));
                }
                return operators.binary("/", scaled, factor);
            }
            default -> throw ChatTemplateException.runtime("method must be common, ceil or floor");
        }
    }

    /** Pretty printing as {@code pprint.pformat} does for what fits one line; longer values go one element a line. */
    private record PrettyPrint(Values values) {
        private static final int WIDTH = 80;

        Text print(Object value) {
            TextBuilder out = new TextBuilder();
            print(value, 0, 0, out);
            return out.build();
        }

        private Object sorted(Object value) {
            if (value instanceof Dict dict) {
                Dict copy = new Dict(dict.size());
                List<Object> entries = new ArrayList<>(dict.entries());
                boolean text = dict.keys().stream().allMatch(Text.class::isInstance);
                for (Object element : text ? values.sorted(entries, dict.keys(), false) : entries) {
                    Dict.Entry entry = (Dict.Entry) element;
                    copy.put(entry.key(), sorted(entry.value()));
                }
                return copy;
            }
            if (value instanceof Seq seq) {
                return seq.like(seq.items.stream().map(this::sorted).collect(java.util.stream.Collectors.toCollection(ArrayList::new)));
            }
            return value;
        }

        private void print(Object value, int indent, int allowance, TextBuilder out) {
            Object ordered = sorted(value);
            TextBuilder line = new TextBuilder();
            values.repr(ordered, line);
            boolean container = ordered instanceof Dict || ordered instanceof Seq;
            if (!container || line.length() <= WIDTH - indent - allowance) {
                out.append(line.build());
                return;
            }
            values.budget.enter();
            if (ordered instanceof Dict dict) {
                out.append("{");
                int i = 0;
                for (Dict.Entry entry : dict.entries()) {
                    boolean last = ++i == dict.size();
                    String key = values.repr(entry.key());
                    out.append(key).append(": ");
                    print(entry.value(), indent + key.length() + 3, last ? allowance + 1 : 1, out);
                    out.append(last ? "}" : ",\n" + " ".repeat(indent + 1));
                }
            } else {
                Seq seq = (Seq) ordered;
                out.append(seq.isTuple() ? "(" : "[");
                for (int i = 0; i < seq.size(); i++) {
                    boolean last = i == seq.size() - 1;
                    print(seq.items.get(i), indent + 1, last ? allowance + 1 : 1, out);
                    out.append(last ? seq.isTuple() ? seq.size() == 1 ? ",)" : ")" : "]" : ",\n" + " ".repeat(indent + 1));
                }
            }
            values.budget.leave();
        }
    }
}
