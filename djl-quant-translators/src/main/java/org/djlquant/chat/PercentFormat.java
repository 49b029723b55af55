package org.djlquant.chat;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import org.djlquant.chat.ValueTypes.Undefined;

/** Python's {@code format % values}. */
final class PercentFormat {

    private final Values values;
    private final Text format;
    private final TextBuilder out = new TextBuilder();
    private Object given;
    private List<Object> positional;
    private int next;
    private int at;

    PercentFormat(Values values, Text format) {
        this.values = values;
        this.format = format;
    }

    Text format(Object arguments) {
        given = arguments;
        positional = arguments instanceof Seq seq && seq.isTuple() ? seq.items : java.util.Collections.singletonList(arguments);
        boolean mapping = arguments instanceof Dict || arguments instanceof Undefined
                || arguments instanceof Seq seq && !seq.isTuple();
        String s = format.s;
        while (at < s.length()) {
            int percent = s.indexOf('%', at);
            if (percent < 0) {
                break;
            }
            out.append(format, at, percent);
            at = percent + 1;
            directive();
        }
        out.append(format, Math.min(at, s.length()), s.length());
        if (next < positional.size() && !mapping) {
            throw ChatTemplateException.type("not all arguments converted during string formatting");
        }
        return out.build(format.markup);
    }

    private char current() {
        if (at >= format.s.length()) {
            throw ChatTemplateException.value("incomplete format");
        }
        return format.s.charAt(at);
    }

    private Object argument() {
        if (next >= positional.size()) {
            throw ChatTemplateException.type("not enough arguments for format string");
        }
        return positional.get(next++);
    }

    private void directive() {
        if (current() == '%') {
            at++;
            out.append('%');
            return;
        }
        boolean keyed = current() == '(';
        Object value = keyed ? keyed() : null;
        String flags = "";
        while ("-+ #0".indexOf(current()) >= 0) {
            flags += current();
            at++;
        }
        long width = count();
        if (width < 0) {
            flags += "-";
            width = -width;
        }
        long precision = -1;
        if (current() == '.') {
            at++;
            precision = Math.max(0, count());
        }
        while ("hlL".indexOf(current()) >= 0) {
            at++;
        }
        char type = current();
        at++;
        values.budget.characters(width);
        values.budget.characters(Math.max(0, precision));
        if (!keyed) {
            value = argument();
        }
        convert(value, type, flags, (int) width, (int) precision);
    }

    private Object keyed() {
        if (!(given instanceof Dict) && !(given instanceof Undefined)) {
            throw ChatTemplateException.type("format requires a mapping");
        }
        int open = 1;
        int start = ++at;
        while (open > 0) {
            char c = current();
            open += c == '(' ? 1 : c == ')' ? -1 : 0;
            at++;
        }
        String key = format.s.substring(start, at - 1);
        if (given instanceof Undefined undefined) {
            throw undefined.error();
        }
        Dict.Entry entry = ((Dict) given).find(Text.of(key));
        if (entry == null) {
            throw ChatTemplateException.of(ChatTemplateException.Kind.LOOKUP, Values.quote(key));
        }
        next = positional.size();
        return entry.value();
    }

    private long count() {
        if (current() == '*') {
            at++;
            Object value = argument();
            if (!Numbers.isInt(value)) {
                throw ChatTemplateException.type("* wants int");
            }
            return Math.clamp(Numbers.saturated(value), -(1L << 40), 1L << 40);
        }
        long n = 0;
        while (Character.digit(current(), 10) >= 0) {
            n = Math.min(1L << 40, n * 10 + Character.digit(current(), 10));
            at++;
        }
        return n;
    }

    private void convert(Object value, char type, String flags, int width, int precision) {
        switch (type) {
            case 's', 'r', 'a' -> {
                Text text = type == 's' ? values.str(value) : represented(value);
                if (format.markup) {
                    text = values.escape(type == 's' ? value : text);
                }
                if (precision >= 0 && precision < text.length()) {
                    text = text.sub(0, text.offset(precision));
                }
                padded(text, flags, width);
            }
            case 'c' -> padded(character(value), flags, width);
            case 'd', 'i', 'u', 'o', 'x', 'X' -> number(integer(value, type), type, flags, width, precision);
            case 'e', 'E', 'f', 'F', 'g', 'G' -> number(real(value), type, flags, width, precision);
            default -> throw ChatTemplateException.value("unsupported format character '" + type + "' (0x"
                    + Integer.toHexString(type) + ") at index " + format.index(at - 1));
        }
    }

    private Text represented(Object value) {
        TextBuilder text = new TextBuilder();
        values.repr(value, text);
        return text.build();
    }

    private static Text character(Object value) {
        if (value instanceof Text text && text.length() == 1) {
            return text;
        }
        if (!Numbers.isInt(value)) {
            throw ChatTemplateException.type("%c requires int or char");
        }
        long code = Numbers.saturated(value);
        if (code < 0 || code > Character.MAX_CODE_POINT) {
            throw Numbers.arithmetic("%c arg not in range(0x110000)");
        }
        return Text.of(Character.toString((int) code));
    }

    private static Object integer(Object value, char type) {
        if (value instanceof Undefined undefined && "diu".indexOf(type) >= 0) {
            throw undefined.error();
        }
        if (value instanceof Double d && "diu".indexOf(type) >= 0) {
            if (!Double.isFinite(d)) {
                throw ChatTemplateException.of(Double.isNaN(d) ? ChatTemplateException.Kind.VALUE
                        : ChatTemplateException.Kind.ARITHMETIC, "cannot convert float " + Numbers.repr(d) + " to integer");
            }
            return Numbers.truncate(d);
        }
        if (!Numbers.isInt(value)) {
            throw ChatTemplateException.type("%" + type + " format: " + ("diu".indexOf(type) >= 0 ? "a real number"
                    : "an integer") + " is required, not " + Values.typeName(value));
        }
        return value;
    }

    private static Object real(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!Numbers.isNumber(value)) {
            throw ChatTemplateException.type("must be real number, not " + Values.typeName(value));
        }
        return Numbers.toDouble(value);
    }

    private void number(Object value, char type, String flags, int width, int precision) {
        boolean negative;
        String digits;
        String prefix = "";
        boolean alternate = flags.contains("#");
        if (value instanceof Double d) {
            negative = d < 0 || 1 / d < 0;
            digits = NumberFormat.digits(Math.abs(d), Character.toLowerCase(type), precision < 0 ? 6 : precision, alternate);
        } else {
            BigInteger n = Numbers.big(value);
            negative = n.signum() < 0;
            int radix = type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
            digits = radix == 10 ? Numbers.string(Numbers.norm(n.abs())) : n.abs().toString(radix);
            digits = "0".repeat(Math.max(0, precision - digits.length())) + digits;
            prefix = alternate && radix != 10 ? radix == 8 ? "0o" : "0x" : "";
        }
        String sign = negative ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
        String head = sign + prefix;
        if (flags.contains("0") && !flags.contains("-")) {
            head += "0".repeat(Math.max(0, width - head.length() - digits.length()));
        }
        String text = head + digits;
        padded(Text.of(Character.isUpperCase(type) ? text.toUpperCase(Locale.ROOT) : text), flags, width);
    }

    private void padded(Text text, String flags, int width) {
        String blanks = " ".repeat(Math.max(0, width - text.length()));
        values.budget.append(out.length(), (long) blanks.length() + text.s.length());
        if (flags.contains("-")) {
            out.append(text).append(blanks);
        } else {
            out.append(blanks).append(text);
        }
    }
}
