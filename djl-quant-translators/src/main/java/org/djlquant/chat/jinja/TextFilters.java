package org.djlquant.chat.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlquant.chat.python.Arguments;
import org.djlquant.chat.python.Conversions;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.Numbers;
import org.djlquant.chat.python.PercentFormat;
import org.djlquant.chat.python.PrettyPrint;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.Strings;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.TextBuilder;
import org.djlquant.chat.python.TextWrap;
import org.djlquant.chat.python.Undefined;
import org.djlquant.chat.python.Values;

/** The filters on text and numbers. */
final class TextFilters {

    /** Regular expressions, apart because most templates need none. */
    private static final class Patterns {
        static final Pattern WORD = Pattern.compile("[\\w&&[^\\u203f\\u2040]]+", Pattern.UNICODE_CHARACTER_CLASS);
        static final Pattern TITLE_WORD = Pattern.compile("[^-\\s({\\[<]+");

        private Patterns() {}
    }

    private final Interpreter in;
    private final Values values;
    private final Strings strings;

    TextFilters(Interpreter in) {
        this.in = in;
        values = in.values;
        strings = new Strings(values, in.attributes);
    }

    /** Applies a filter with the arguments that its signature has bound. */
    Object apply(String name, Object value, Arguments args) {
        return switch (name) {
            case "string" -> values.str(value);
            case "safe" -> values.str(value).asMarkup(true);
            case "e", "escape" -> values.escape(value);
            case "forceescape" -> values.escape(values.str(value).asMarkup(false));
            case "upper", "lower", "capitalize" -> Strings.changeCase(values.str(value), name);
            case "title" -> title(values.str(value));
            case "trim" -> Strings.strip(values.str(value), args.get(0), true, true);
            case "center" -> strings.pad(values.str(value), "center", args.integer(0), Text.of(" "));
            case "replace" -> {
                Text s = values.str(value).asMarkup(in.autoescape && values.str(value).isMarkup());
                Text by = values.str(args.get(1));
                yield strings.replace(s, values.str(args.get(0)), s.isMarkup() ? values.escape(by) : by.asMarkup(false),
                        args.get(2) == null ? -1 : args.integer(2));
            }
            case "format" -> {
                if (args.size() > 0 && !args.named().isEmpty()) {
                    throw PythonError.runtime("can't handle positional and keyword arguments at the same time");
                }
                yield new PercentFormat(values, values.str(value),
                        args.named().isEmpty() ? Seq.tuple(args.positional()) : Dict.of(args.named())).format();
            }
            case "indent" -> indent(Arguments.text(value), args);
            case "truncate" -> truncate(value, args);
            case "wordcount" -> Patterns.WORD.matcher(values.str(value).toString()).results().count();
            case "wordwrap" -> new TextWrap(values, args.integer(0), args.flag(1), args.flag(3))
                    .wrap(Arguments.text(value), args.get(2) == null ? Text.of("\n") : args.text(2));
            case "striptags" -> strings.stripTags(values.str(value));
            case "urlencode" -> urlencode(value);
            case "xmlattr" -> xmlattr(value, args.flag(0));
            case "filesizeformat" -> fileSize(Conversions.toFloat(value), args.flag(0));
            case "int" -> Conversions.toInt(value, args.get(0), args.integer(1));
            case "float" -> toFloat(value, args.get(0));
            case "abs" -> {
                if (!Numbers.isNumber(value)) {
                    throw PythonError.type("bad operand type for abs(): '" + Values.typeName(value) + "'");
                }
                yield value instanceof Double d ? (Object) Math.abs(d) : Numbers.norm(Numbers.big(value).abs());
            }
            case "round" -> round(value, args.get(0), values.str(args.get(1)).toString());
            case "pprint" -> new PrettyPrint(values).print(value);
            default -> throw PythonError.runtime("the filter '" + name + "' is not supported");
        };
    }

    private static Text title(Text s) {
        return s.mapped(Patterns.TITLE_WORD.matcher(s.toString()).replaceAll(word -> {
            int first = word.group().offsetByCodePoints(0, 1);
            return Matcher.quoteReplacement(word.group().substring(0, first).toUpperCase(Locale.ROOT)
                    + word.group().substring(first).toLowerCase(Locale.ROOT));
        }));
    }

    private Text indent(Text s, Arguments args) {
        Text indention = args.get(0) instanceof Text text ? text
                : (Text) in.operators.binary("*", Text.of(" "), args.get(0));
        List<Object> lines = Strings.lines(in.operators.concat(s, Text.of("\n")), false);
        TextBuilder out = values.builder();
        for (int i = 0; i < lines.size(); i++) {
            Text line = (Text) lines.get(i);
            boolean indented = i == 0 ? args.flag(1) : args.flag(2) || !line.isEmpty();
            out.append(i > 0 ? "\n" : "").append(indented ? indention : Text.EMPTY).append(line);
        }
        return out.build(s.isMarkup());
    }

    private Object truncate(Object value, Arguments args) {
        long length = args.integer(0);
        Text end = args.text(2);
        long leeway = args.get(3) == null ? 5 : args.integer(3);
        if (length < end.length() || leeway < 0) {
            throw PythonError.runtime(leeway < 0 ? "expected leeway >= 0, got " + leeway
                    : "expected length >= " + end.length() + ", got " + length);
        }
        if (Values.length(value) <= length + leeway) {
            return value;
        }
        Text s = Arguments.text(value);
        Text cut = s.sub(0, s.offset(length - end.length()));
        int space = args.flag(1) ? -1 : cut.toString().lastIndexOf(' ');
        return in.operators.concat(space < 0 ? cut : cut.sub(0, space), end);
    }

    private Text urlencode(Object value) {
        if (value instanceof Text || !Values.isIterable(value)) {
            return quoted(values.str(value), true);
        }
        TextBuilder out = values.builder();
        for (Object pair : value instanceof Dict dict ? dict.list("items") : values.list(value)) {
            List<Object> entry = values.unpack(pair, 2);
            out.append(out.length() > 0 ? "&" : "").append(quoted(values.str(entry.get(0)), false))
                    .append("=").append(quoted(values.str(entry.get(1)), false));
        }
        return out.build();
    }

    private static Text quoted(Text text, boolean path) {
        StringBuilder out = new StringBuilder();
        for (byte b : text.toString().getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0) || path && c == '/';
            out.append(plain ? String.valueOf(c) : c == ' ' && !path ? "+" : "%%%02X".formatted((int) c));
        }
        return text.asMarkup(false).derive(out.toString());
    }

    private Text xmlattr(Object value, boolean space) {
        TextBuilder out = values.builder();
        for (Dict.Entry entry : Filters.mapping(value).entries()) {
            if (entry.value() == null || entry.value() instanceof Undefined) {
                continue;
            }
            Text key = Arguments.text(entry.key());
            if (key.toString().chars().anyMatch(c -> c < 128 && (Strings.isSpace(c) || "/>=".indexOf(c) >= 0))) {
                throw PythonError.value("Invalid character in attribute name: " + Values.quote(key.toString()));
            }
            out.append(out.length() > 0 || space ? " " : "").append(values.escape(key)).append("=\"")
                    .append(values.escape(entry.value())).append("\"");
        }
        return out.build(in.autoescape);
    }

    private Text fileSize(double bytes, boolean binary) {
        int base = binary ? 1024 : 1000;
        if (bytes < base) {
            return Text.of(bytes == 1 ? "1 Byte" : values.str(Numbers.truncate(bytes)) + " Bytes");
        }
        int i = 0;
        double unit = base;
        for (; i < 7 && bytes >= unit * base; i++) {
            unit *= base;
        }
        return Text.of(new BigDecimal(bytes / unit).setScale(1, RoundingMode.HALF_EVEN).toPlainString() + " "
                + (i == 0 && !binary ? 'k' : "KMGTPEZY".charAt(i)) + (binary ? "iB" : "B"));
    }

    // -- numbers

    private static Object toFloat(Object value, Object otherwise) {
        try {
            return Conversions.toFloat(value);
        } catch (PythonError e) {
            if (!e.isTypeOrValue()) {
                throw e;
            }
            return otherwise;
        }
    }

    private Object round(Object value, Object precision, String method) {
        if (method.equals("common")) {
            int digits = precision == null ? 0 : Math.clamp(Arguments.integer(precision), -400, 400);
            Object rounded = rounded(value, digits);
            return precision == null && rounded instanceof Double d ? Numbers.truncate(d) : rounded;
        }
        if (!method.equals("ceil") && !method.equals("floor")) {
            throw PythonError.runtime("method must be common, ceil or floor");
        }
        Object factor = in.operators.binary("**", 10L, precision);
        Object scaled = in.operators.binary("*", value, factor);
        if (!Numbers.isNumber(scaled)) {
            throw PythonError.type("must be real number, not " + Values.typeName(scaled));
        }
        if (scaled instanceof Double d) {
            scaled = Numbers.truncate(method.equals("ceil") ? Math.ceil(d) : Math.floor(d));
        }
        return in.operators.binary("/", scaled, factor);
    }

    private static Object rounded(Object value, int digits) {
        if (!Numbers.isNumber(value)) {
            throw PythonError.type("type " + Values.typeName(value) + " doesn't define __round__ method");
        }
        boolean real = value instanceof Double;
        if (real ? !Double.isFinite((Double) value) : digits >= 0) {
            return real ? value : Numbers.norm(Numbers.big(value));
        }
        BigDecimal exact = real ? new BigDecimal((Double) value) : new BigDecimal(Numbers.big(value));
        BigDecimal rounded = exact.setScale(digits, RoundingMode.HALF_EVEN);
        return !real ? Numbers.norm(rounded.toBigInteger())
                : (Object) Math.copySign(rounded.doubleValue(), (Double) value);
    }
}
