package org.djlquant.chat.python;

import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code format % values}. */
public final class PercentFormat {

    private static final Pattern DIRECTIVE = Pattern.compile(
            "%(?:\\(((?:[^()]|\\([^()]*\\))*)\\))?([-+ #0]*)(\\*|\\d*)(?:\\.(\\*|\\d*))?[hlL]?(.)", Pattern.DOTALL);

    private final Values values;
    private final Text format;
    private final Object given;
    private final List<Object> positional;
    private int next;

    /** A format with what follows the percent sign: a tuple of values, a mapping, or one value. */
    public PercentFormat(Values values, Text format, Object given) {
        this.values = values;
        this.format = format;
        this.given = given;
        positional = given instanceof Seq seq && seq.isTuple() ? seq.items() : Collections.singletonList(given);
    }

    /** The formatted text. */
    public Text format() {
        TextBuilder out = values.builder();
        Matcher m = DIRECTIVE.matcher(format.s);
        int from = 0;
        for (int percent = format.s.indexOf('%'); percent >= 0; percent = format.s.indexOf('%', from)) {
            out.append(format, from, percent);
            if (!m.find(percent) || m.start() != percent) {
                throw PythonError.value("incomplete format");
            }
            out.append(m.group().equals("%%") ? Text.of("%") : directive(m));
            from = m.end();
        }
        boolean mapping = given instanceof Dict || given instanceof Undefined || given instanceof Seq s && !s.isTuple();
        if (next < positional.size() && !mapping) {
            throw PythonError.type("not all arguments converted during string formatting");
        }
        return out.append(format.sub(from)).build(format.markup);
    }

    private Object argument() {
        if (next >= positional.size()) {
            throw PythonError.type("not enough arguments for format string");
        }
        return positional.get(next++);
    }

    private Object keyed(String key) {
        Undefined.refuse(given);
        if (!(given instanceof Dict dict)) {
            throw PythonError.type("format requires a mapping");
        }
        Object value = dict.find(Text.of(key));
        if (value == PyObject.MISSING) {
            throw PythonError.lookup(Values.quote(key));
        }
        next = positional.size();
        return value;
    }

    private int size(String digits, int missing) {
        return "*".equals(digits) ? Math.clamp(Arguments.integer(argument()), -(1 << 30), 1 << 30)
                : FormatSpec.size(digits, digits == null ? missing : 0);
    }

    private Text directive(Matcher m) {
        Object value = m.group(1) == null ? null : keyed(m.group(1));
        String flags = m.group(2);
        int width = size(m.group(3), 0);
        int precision = size(m.group(4), -1);
        char type = "iu".contains(m.group(5)) ? 'd' : m.group(5).charAt(0);
        value = m.group(1) == null ? argument() : value;
        values.budget().characters(Math.max(0, precision));
        boolean left = flags.contains("-") || width < 0;
        boolean zero = flags.contains("0") && !left && "sarc".indexOf(type) < 0;
        char sign = flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : 0;
        FormatSpec spec = new FormatSpec(Text.of(zero ? "0" : " "), left ? '<' : zero ? '=' : '>', sign,
                flags.contains("#"), zero, Math.abs(width), (char) 0, precision, type);
        return switch (type) {
            case 's', 'r', 'a' -> {
                Object shown = type == 's' ? value : values.representation(value);
                yield spec.aligned(values, spec.cut(values.str(shown, format.markup)), '>');
            }
            case 'c' -> spec.aligned(values, character(value), '>');
            case 'd', 'o', 'x', 'X' -> spec.integer(values, integer(value, type), precision);
            case 'e', 'E', 'f', 'F', 'g', 'G' -> {
                Undefined.refuse(value);
                if (!Numbers.isNumber(value)) {
                    throw PythonError.type("must be real number, not " + Values.typeName(value));
                }
                yield spec.number(values, Numbers.toDouble(value));
            }
            default -> throw PythonError.value("unsupported format character '" + type + "' (0x"
                    + Integer.toHexString(type) + ") at index " + format.index(m.end() - 1));
        };
    }

    private static Text character(Object value) {
        if (value instanceof Text text && text.length() == 1) {
            return text;
        }
        if (!Numbers.isInt(value)) {
            throw PythonError.type("%c requires int or char");
        }
        long code = Numbers.saturated(value);
        if (code < 0 || code > Character.MAX_CODE_POINT) {
            throw PythonError.arithmetic("%c arg not in range(0x110000)");
        }
        return Text.of(Character.toString((int) code));
    }

    private static Object integer(Object value, char type) {
        boolean decimal = type == 'd';
        if (decimal) {
            Undefined.refuse(value);
        }
        if (!Numbers.isInt(value) && !(decimal && value instanceof Double)) {
            throw PythonError.type("%" + type + " format: " + (decimal ? "a real number" : "an integer")
                    + " is required, not " + Values.typeName(value));
        }
        return value instanceof Double d ? Numbers.truncate(d) : value;
    }
}
