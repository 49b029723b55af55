package org.djlquant.chat.python;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How one value is written by {@code format % value} or {@code '{:spec}'.format(value)}: Python's format
 * specification mini-language, into which the older language's flags translate.
 *
 * @param fill one character to pad with
 * @param align one of {@code < > = ^}, or 0 for that of the value's type
 * @param sign {@code +} or a blank for non-negative numbers, or 0
 * @param alternate the {@code #} flag
 * @param zero the {@code 0} flag
 * @param grouping what separates thousands, or 0
 * @param precision digits or characters, or −1
 * @param type the conversion, or 0 for that of the value's type
 */
record FormatSpec(Text fill, char align, char sign, boolean alternate, boolean zero, long width, char grouping,
        int precision, char type) {

    private static final Pattern SPEC = Pattern.compile(
            "(?:(.)?([<>=^]))?([+\\- ])?(#)?(0)?(\\d+)?([,_])?(?:\\.(\\d+))?(.)?", Pattern.DOTALL);
    /** Longest precision that is accepted: more is an attack. */
    private static final int MAX_PRECISION = 10_000;

    static FormatSpec parse(String spec, String typeName) {
        Matcher m = SPEC.matcher(spec);
        if (!m.matches()) {
            throw PythonError.value("Invalid format specifier '" + spec + "' for object of type '" + typeName + "'");
        }
        boolean zero = m.group(5) != null;
        String fill = m.group(1) == null ? zero ? "0" : " " : m.group(1);
        char align = first(m.group(2));
        return new FormatSpec(Text.of(zero && fill.equals(" ") ? "0" : fill), zero && align == 0 ? '=' : align,
                first(m.group(3)), m.group(4) != null, zero, size(m.group(6), 0), first(m.group(7)),
                size(m.group(8), -1), first(m.group(9)));
    }

    private static char first(String group) {
        return group == null || group.isEmpty() ? 0 : group.charAt(0);
    }

    /** A width or precision of digits. */
    static int size(String digits, int missing) {
        if (digits == null || digits.isEmpty()) {
            return missing;
        }
        if (digits.length() > 9) {
            throw PythonError.value("Too many decimal digits in format string");
        }
        return Integer.parseInt(digits);
    }

    /** Python's format(value, spec) for a spec that is not empty. */
    static Text format(Values values, Object value, String spec) {
        String type = Values.typeName(value);
        if (value instanceof Text text) {
            return parse(spec, type).text(values, text);
        }
        if (Numbers.isNumber(value)) {
            return parse(spec, type).number(values, value);
        }
        throw PythonError.type("unsupported format string passed to " + type + ".__format__");
    }

    private PythonError unknown(Object value) {
        return PythonError.value("Unknown format code '" + type + "' for object of type '" + Values.typeName(value)
                + "'");
    }

    private Text text(Values values, Text text) {
        if (type != 0 && type != 's') {
            throw unknown(text);
        }
        if (sign != 0 || alternate || grouping != 0 || align == '=' && !zero) {
            throw PythonError.value("Sign, '#', '" + (grouping == 0 ? ',' : grouping)
                    + "' and '=' are not allowed in string format specifier");
        }
        return aligned(values, cut(text), '<');
    }

    /** A text cut to the precision. */
    Text cut(Text text) {
        return precision >= 0 && precision < text.length() ? text.sub(0, text.offset(precision)) : text;
    }

    /** A text padded to the width. */
    Text aligned(Values values, Text text, char defaultAlign) {
        char by = align == 0 || align == '=' ? defaultAlign : align;
        long missing = Math.max(0, width - text.length());
        long left = by == '<' ? 0 : by == '^' ? missing / 2 : missing;
        return values.builder().repeat(fill, left).append(text).repeat(fill, missing - left).build();
    }

    /** A number by its type, or by the type of the specification. */
    Text number(Values values, Object value) {
        boolean integer = Numbers.isInt(value) && "efgEFG%".indexOf(type) < 0;
        if (integer && precision >= 0) {
            throw PythonError.value("Precision not allowed in integer format specifier");
        }
        if (integer && type == 'c') {
            long code = Math.clamp(Numbers.saturated(value), 0, Character.MAX_CODE_POINT);
            return aligned(values, Text.of(Character.toString((int) code)), '<');
        }
        return integer ? integer(values, value, 0) : real(values, value);
    }

    /** An int with at least so many digits. */
    Text integer(Values values, Object value, int minDigits) {
        BigInteger n = Numbers.big(value);
        int radix = switch (type) {
            case 0, 'd', 'n' -> 10;
            case 'b' -> 2;
            case 'o' -> 8;
            case 'x', 'X' -> 16;
            default -> throw unknown(value);
        };
        String digits = radix == 10 ? Numbers.repr(Numbers.norm(n.abs())) : n.abs().toString(radix);
        String padded = "0".repeat(Math.max(0, minDigits - digits.length())) + digits;
        String prefix = alternate && radix != 10 ? "0" + Character.toLowerCase(type) : "";
        return padded(values, n.signum() < 0, prefix, padded, padded.length(), radix == 10 ? 3 : 4);
    }

    private Text real(Values values, Object value) {
        double d = Numbers.toDouble(value);
        double absolute = Math.abs(d);
        String digits = switch (type) {
            case 0 -> {
                String general = precision < 0 ? Numbers.repr(absolute) : digits(absolute, 'g');
                // Without a type a float shows at least one digit after the point.
                yield general.matches("\\d+") ? general + ".0" : general;
            }
            case 'e', 'E', 'f', 'F', 'g', 'G' -> digits(absolute, Character.toLowerCase(type));
            case 'n' -> digits(absolute, 'g');
            case '%' -> digits(absolute * 100, 'f') + "%";
            default -> throw unknown(value);
        };
        int whole = 0;
        while (whole < digits.length() && Character.isDigit(digits.charAt(whole))) {
            whole++;
        }
        return padded(values, d < 0 || 1 / d < 0, "", digits, whole, 3);
    }

    /** Puts sign, prefix, digits with separators in their whole part, and fill together. */
    private Text padded(Values values, boolean negative, String prefix, String digits, int whole, int group) {
        String head = (negative ? "-" : sign == '+' || sign == ' ' ? String.valueOf(sign) : "") + prefix;
        String body = grouping == 0 ? digits : grouped(digits, whole, group);
        if (align == '=') {
            values.budget().characters(width);
            int room = (int) width - head.length();
            if (grouping != 0 && fill.s.equals("0")) {
                // Zeros are grouped like digits: begin a little short, then add one by one.
                int zeros = Math.max(0, (room - digits.length() + whole) * group / (group + 1) - whole - 1);
                for (; body.length() < room; zeros++) {
                    body = grouped("0".repeat(zeros) + digits, whole + zeros, group);
                }
            }
            body = fill.s.repeat(Math.max(0, room - body.length())) + body;
        }
        String text = head + body;
        Text built = Text.of(Character.isUpperCase(type) ? text.toUpperCase(Locale.ROOT) : text);
        return aligned(values, built, '>');
    }

    private String grouped(String digits, int whole, int group) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < whole; i++) {
            if (i > 0 && (whole - i) % group == 0) {
                out.append(grouping);
            }
            out.append(digits.charAt(i));
        }
        return out.append(digits, whole, digits.length()).toString();
    }

    // -- digits of floats, without a sign

    private String digits(double value, char how) {
        int places = precision < 0 ? 6 : precision;
        if (places > MAX_PRECISION) {
            throw PythonError.value("precision too big");
        }
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "nan" : "inf";
        }
        return how == 'f' ? fixed(value, places, alternate) : how == 'e' ? exponential(value, places, alternate)
                : general(value, Math.max(1, places));
    }

    static String fixed(double value, int places, boolean point) {
        return new BigDecimal(value).setScale(places, RoundingMode.HALF_EVEN).toPlainString()
                + (point && places == 0 ? "." : "");
    }

    private static String exponential(double value, int places, boolean point) {
        String digits = "";
        int exponent = 0;
        if (value != 0) {
            BigDecimal rounded = new BigDecimal(value).round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
            digits = rounded.unscaledValue().toString();
            exponent = rounded.precision() - rounded.scale() - 1;
        }
        digits = (digits + "0".repeat(places + 1)).substring(0, places + 1);
        return digits.charAt(0) + (places > 0 || point ? "." : "") + digits.substring(1) + Numbers.exponent(exponent);
    }

    private String general(double value, int places) {
        String exponential = exponential(value, places - 1, true);
        int e = exponential.indexOf('e');
        int exponent = Integer.parseInt(exponential.substring(e + 1));
        boolean small = exponent >= -4 && exponent < places;
        String digits = small ? fixed(value, places - 1 - exponent, true) : exponential.substring(0, e);
        return (alternate ? digits : digits.replaceFirst("\\.?0*$", "")) + (small ? "" : Numbers.exponent(exponent));
    }
}
