package org.djlquant.chat;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Python's {@code str.format} and the format specifications of its built-in types. */
final class BraceFormat {

    private final Interpreter in;
    private final Values values;
    private final Text format;
    private List<Object> positional = List.of();
    private Map<String, Object> named = Map.of();
    private Object mapping;
    /** Index of the next {@code {}}; −1 once fields are numbered by hand. */
    private int automatic;

    BraceFormat(Interpreter in, Text format) {
        this.in = in;
        this.values = in.values();
        this.format = format;
    }

    Text format(List<Object> list, Map<String, Object> map) {
        positional = list;
        named = map;
        return expand(format, 2);
    }

    Text formatMap(Object map) {
        mapping = map;
        return expand(format, 2);
    }

    private Text expand(Text template, int depth) {
        if (depth == 0) {
            throw ChatTemplateException.value("Max string recursion exceeded");
        }
        TextBuilder out = new TextBuilder();
        String s = template.s;
        int i = 0;
        while (i < s.length()) {
            char c = s.charAt(i);
            if (c != '{' && c != '}') {
                out.append(template, i, i + 1);
                i++;
            } else if (i + 1 < s.length() && s.charAt(i + 1) == c) {
                out.append(template, i, i + 1);
                i += 2;
            } else if (c == '}') {
                throw ChatTemplateException.value("Single '}' encountered in format string");
            } else {
                int end = fieldEnd(s, i + 1);
                Text field = field(template.sub(i + 1, end), depth);
                values.budget.append(out.length(), field.s.length());
                out.append(field);
                i = end + 1;
            }
        }
        return out.build(template.markup);
    }

    private static int fieldEnd(String s, int from) {
        if (from == s.length()) {
            throw ChatTemplateException.value("Single '{' encountered in format string");
        }
        int open = 1;
        for (int i = from; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c == '[') {
                int close = s.indexOf(']', i);
                i = close < 0 ? s.length() : close;
            } else if (c == '{') {
                open++;
            } else if (c == '}' && --open == 0) {
                return i;
            }
        }
        throw ChatTemplateException.value("expected '}' before end of string");
    }

    private Text field(Text field, int depth) {
        String s = field.s;
        int end = 0;
        while (end < s.length() && s.charAt(end) != ':' && s.charAt(end) != '!') {
            end = s.charAt(end) == '[' && s.indexOf(']', end) > 0 ? s.indexOf(']', end) + 1 : end + 1;
        }
        Object value = lookup(s.substring(0, end));
        if (end < s.length() && s.charAt(end) == '!') {
            if (end + 1 >= s.length()) {
                throw ChatTemplateException.value("end of string while looking for conversion specifier");
            }
            value = convert(value, s.charAt(end + 1));
            end += 2;
            if (end < s.length() && s.charAt(end) != ':') {
                throw ChatTemplateException.value("expected ':' after conversion specifier");
            }
        }
        Text spec = end < s.length() ? expand(field.sub(end + 1, s.length()), depth - 1) : Text.EMPTY;
        if (format.markup) {
            if (value instanceof Text text && text.markup) {
                return text;
            }
            return values.escape(formatted(value, spec.s));
        }
        return formatted(value, spec.s);
    }

    private Object convert(Object value, char conversion) {
        switch (conversion) {
            case 's' -> {
                return values.str(value);
            }
            case 'r', 'a' -> {
                TextBuilder out = new TextBuilder();
                values.repr(value, out);
                return out.build();
            }
            default -> throw ChatTemplateException.value("Unknown conversion specifier " + conversion);
        }
    }

    private Object lookup(String path) {
        int end = 0;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
            end++;
        }
        Object value = first(path.substring(0, end));
        while (end < path.length()) {
            if (path.charAt(end) == '.') {
                int start = ++end;
                while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
                    end++;
                }
                if (end == start) {
                    throw ChatTemplateException.value("Empty attribute in format string");
                }
                value = in.attributes().attribute(value, Text.of(path.substring(start, end)));
            } else {
                int close = path.indexOf(']', end);
                if (close < 0) {
                    throw ChatTemplateException.value("Missing ']' in format string");
                }
                String index = path.substring(end + 1, close);
                value = in.attributes().item(value, isNumber(index) ? (Object) Long.valueOf(index) : Text.of(index));
                end = close + 1;
            }
        }
        return value;
    }

    private static boolean isNumber(String s) {
        return !s.isEmpty() && s.length() < 18 && s.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private Object first(String name) {
        if (name.isEmpty() || isNumber(name)) {
            if (name.isEmpty() ? automatic < 0 : automatic > 0) {
                throw ChatTemplateException.value(name.isEmpty()
                        ? "cannot switch from manual field specification to automatic field numbering"
                        : "cannot switch from automatic field numbering to manual field specification");
            }
            long index = name.isEmpty() ? automatic++ : Long.parseLong(name);
            automatic = name.isEmpty() ? automatic : -1;
            if (index >= positional.size()) {
                throw lookupError("Replacement index " + index + " out of range for positional args tuple");
            }
            return positional.get((int) index);
        }
        if (mapping != null) {
            Dict.Entry entry = new Subscripts(values).element(mapping, Text.of(name));
            if (entry == null) {
                throw lookupError(Values.quote(name));
            }
            return entry.value();
        }
        if (!named.containsKey(name)) {
            throw lookupError(Values.quote(name));
        }
        return named.get(name);
    }

    private static ChatTemplateException lookupError(String message) {
        return ChatTemplateException.of(ChatTemplateException.Kind.LOOKUP, message);
    }

    /** The parts of a format specification. */
    private record Spec(Text fill, char align, char sign, boolean alternate, boolean zero, int width, char grouping,
            int precision, char type) {}

    private Text formatted(Object value, String spec) {
        if (spec.isEmpty()) {
            return values.str(value);
        }
        String type = Values.typeName(value);
        return switch (value) {
            case Text text -> text(text, parse(spec, type));
            case Double d -> number(d, parse(spec, type), type);
            case Long n -> number(n, parse(spec, type), type);
            case Boolean n -> number(n, parse(spec, type), type);
            case BigInteger n -> number(n, parse(spec, type), type);
            case null, default ->
                    throw ChatTemplateException.type("unsupported format string passed to " + type + ".__format__");
        };
    }

    private Spec parse(String s, String typeName) {
        int i = 0;
        Text fill = Text.of(" ");
        char align = 0;
        int first = Character.charCount(s.codePointAt(0));
        if (first < s.length() && "<>=^".indexOf(s.charAt(first)) >= 0) {
            fill = Text.of(s.substring(0, first));
            align = s.charAt(first);
            i = first + 1;
        } else if ("<>=^".indexOf(s.charAt(0)) >= 0) {
            align = s.charAt(i++);
        }
        char sign = 0;
        if (i < s.length() && "+- ".indexOf(s.charAt(i)) >= 0) {
            sign = s.charAt(i++);
        }
        boolean alternate = s.startsWith("#", i);
        i += alternate ? 1 : 0;
        boolean zero = s.startsWith("0", i);
        i += zero ? 1 : 0;
        int widthEnd = digitsEnd(s, i);
        int width = size(s.substring(i, widthEnd), 0);
        i = widthEnd;
        char grouping = 0;
        if (i < s.length() && ",_".indexOf(s.charAt(i)) >= 0) {
            grouping = s.charAt(i++);
        }
        int precision = -1;
        if (s.startsWith(".", i)) {
            int end = digitsEnd(s, i + 1);
            if (end == i + 1) {
                throw ChatTemplateException.value("Format specifier missing precision");
            }
            precision = size(s.substring(i + 1, end), -1);
            i = end;
        }
        char type = i < s.length() ? s.charAt(i++) : 0;
        if (i < s.length()) {
            throw ChatTemplateException.value("Invalid format specifier '" + s + "' for object of type '" + typeName + "'");
        }
        if (zero && align == 0) {
            align = '=';
            fill = Text.of("0");
        } else if (zero && fill.s.equals(" ")) {
            fill = Text.of("0");
        }
        values.budget.characters(width);
        return new Spec(fill, align, sign, alternate, zero, width, grouping, precision, type);
    }

    private static int digitsEnd(String s, int from) {
        int i = from;
        while (i < s.length() && s.charAt(i) >= '0' && s.charAt(i) <= '9') {
            i++;
        }
        return i;
    }

    private static int size(String digits, int missing) {
        if (digits.length() > 9) {
            throw ChatTemplateException.value("Too many decimal digits in format string");
        }
        return digits.isEmpty() ? missing : Integer.parseInt(digits);
    }

    private static ChatTemplateException unknown(char type, String typeName) {
        return ChatTemplateException.value("Unknown format code '" + type + "' for object of type '" + typeName + "'");
    }

    private Text text(Text text, Spec spec) {
        if (spec.type != 0 && spec.type != 's') {
            throw unknown(spec.type, "str");
        }
        if (spec.sign != 0) {
            throw ChatTemplateException.value("Sign not allowed in string format specifier");
        }
        if (spec.alternate) {
            throw ChatTemplateException.value("Alternate form (#) not allowed in string format specifier");
        }
        if (spec.grouping != 0) {
            throw ChatTemplateException.value("Cannot specify '" + spec.grouping + "' with 's'.");
        }
        char align = spec.align;
        if (align == '=') {
            if (!spec.zero) {
                throw ChatTemplateException.value("'=' alignment not allowed in string format specifier");
            }
            align = '<';
        }
        Text cut = spec.precision >= 0 && spec.precision < text.length() ? text.sub(0, text.offset(spec.precision)) : text;
        return aligned(cut, spec, align == 0 ? '<' : align);
    }

    private Text aligned(Text text, Spec spec, char align) {
        long missing = spec.width - text.length();
        if (missing <= 0) {
            return text;
        }
        long left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
        TextBuilder out = new TextBuilder();
        for (long i = 0; i < left; i++) {
            out.append(spec.fill);
        }
        out.append(text);
        for (long i = left; i < missing; i++) {
            out.append(spec.fill);
        }
        return out.build();
    }

    private Text number(Object value, Spec spec, String typeName) {
        String digits;
        boolean negative;
        String prefix = "";
        boolean integer = !(value instanceof Double) && "efgEFG%".indexOf(spec.type) < 0 || !(value instanceof Double) && spec.type == 0;
        if (integer) {
            if (spec.precision >= 0) {
                throw ChatTemplateException.value("Precision not allowed in integer format specifier");
            }
            int radix = switch (spec.type) {
                case 0, 'd', 'n', 'c' -> 10;
                case 'b' -> 2;
                case 'o' -> 8;
                case 'x', 'X' -> 16;
                default -> throw unknown(spec.type, typeName);
            };
            BigInteger n = Numbers.big(value);
            if (spec.type == 'c') {
                return aligned(Text.of(Character.toString((int) Math.clamp(n.longValue(), 0L, 0x10ffffL))), spec, '<');
            }
            negative = n.signum() < 0;
            digits = radix == 10 ? Numbers.string(Numbers.norm(n.abs())) : n.abs().toString(radix);
            prefix = spec.alternate && radix != 10 ? "0" + spec.type : "";
            digits = spec.type == 'X' ? digits.toUpperCase(Locale.ROOT) : digits;
            digits = spec.grouping == 0 ? digits : NumberFormat.grouped(digits, spec.grouping, radix == 10 ? 3 : 4);
        } else {
            double d = Numbers.toDouble(value);
            negative = d < 0 || 1 / d < 0;
            digits = real(Math.abs(d), spec, typeName);
            digits = spec.grouping == 0 ? digits : NumberFormat.grouped(digits, spec.grouping, 3);
        }
        String sign = negative ? "-" : spec.sign == '+' || spec.sign == ' ' ? String.valueOf(spec.sign) : "";
        String head = sign + prefix;
        if (spec.align == '=') {
            int room = spec.width - head.length();
            if (spec.fill.s.equals("0") && spec.grouping != 0) {
                digits = zeros(digits, spec.grouping, room);
            }
            return Text.of(head + spec.fill.s.repeat(Math.max(0, room - digits.length())) + digits);
        }
        return aligned(Text.of(head + digits), spec, spec.align == 0 ? '>' : spec.align);
    }

    /** Pads with zeros that are grouped like the digits. */
    private static String zeros(String digits, char separator, int room) {
        String padded = digits;
        int whole = padded.indexOf('.') < 0 ? padded.length() : padded.indexOf('.');
        int sinceSeparator = padded.indexOf(separator) < 0 ? whole : padded.indexOf(separator);
        while (padded.length() < room) {
            if (sinceSeparator == 3) {
                padded = separator + padded;
                sinceSeparator = 0;
                if (padded.length() == room) {
                    padded = "0" + padded;
                }
            } else {
                padded = "0" + padded;
                sinceSeparator++;
            }
        }
        return padded;
    }

    private static String real(double value, Spec spec, String typeName) {
        int precision = spec.precision < 0 ? 6 : spec.precision;
        String digits = switch (spec.type) {
            case 0 -> {
                if (spec.precision < 0) {
                    yield Numbers.repr(value);
                }
                String general = NumberFormat.digits(value, 'g', precision, spec.alternate);
                // Without a type a float shows at least one digit after the point.
                yield general.indexOf('.') < 0 && general.indexOf('e') < 0 && Double.isFinite(value) ? general + ".0" : general;
            }
            case 'e', 'E', 'f', 'F', 'g', 'G' ->
                    NumberFormat.digits(value, Character.toLowerCase(spec.type), precision, spec.alternate);
            case 'n' -> NumberFormat.digits(value, 'g', precision, spec.alternate);
            case '%' -> NumberFormat.digits(value * 100, 'f', precision, spec.alternate) + "%";
            default -> throw unknown(spec.type, typeName);
        };
        return Character.isUpperCase(spec.type) ? digits.toUpperCase(Locale.ROOT) : digits;
    }
}
