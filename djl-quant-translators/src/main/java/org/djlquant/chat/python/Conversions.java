package org.djlquant.chat.python;

import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Pattern;

/** Python's int() and float(). */
public final class Conversions {

    private static final Pattern FLOAT = Pattern.compile("(?i)[+-]?(?:(?:\\d+(?:_\\d+)*)(?:\\.(?:\\d+(?:_\\d+)*)?)?"
            + "|\\.\\d+(?:_\\d+)*)(?:e[+-]?\\d+(?:_\\d+)*)?|([+-])?(?:(inf(?:inity)?)|nan)");
    private static final Pattern DIGITS = Pattern.compile("\\p{Alnum}+(_\\p{Alnum}+)*|\\p{Nd}+(_\\p{Nd}+)*");

    private Conversions() {}

    /** Jinja's int filter: the int of a value, or of the float that its text stands for, or another value. */
    public static Object toInt(Object value, Object otherwise, long base) {
        try {
            return value instanceof Text text ? parseInt(text, base) : truncated(value);
        } catch (PythonError first) {
            if (!first.isTypeOrValue()) {
                throw first;
            }
        }
        try {
            return truncated(toFloat(value));
        } catch (PythonError second) {
            if (!second.isTypeOrValue() && second.kind() != PythonError.Kind.ARITHMETIC) {
                throw second;
            }
            return otherwise;
        }
    }

    private static Object truncated(Object value) {
        Undefined.refuse(value);
        if (!Numbers.isNumber(value)) {
            throw PythonError.type("int() argument must be a string or number, not '" + Values.typeName(value) + "'");
        }
        return value instanceof Double d ? Numbers.truncate(d) : Numbers.norm(Numbers.big(value));
    }

    private static Object parseInt(Text text, long base) {
        if (base != 0 && (base < 2 || base > 36)) {
            throw PythonError.value("int() base must be >= 2 and <= 36, or 0");
        }
        String s = Strings.strip(text, null, true, true).s.toLowerCase(Locale.ROOT);
        boolean negative = s.startsWith("-");
        s = negative || s.startsWith("+") ? s.substring(1) : s;
        int prefix = s.startsWith("0x") ? 16 : s.startsWith("0o") ? 8 : s.startsWith("0b") ? 2 : 0;
        long radix = base != 0 ? base : prefix == 0 ? 10 : prefix;
        boolean leadingZero = base == 0 && prefix == 0 && s.matches("0[0_]*[1-9].*");
        if (prefix != 0 && prefix == radix) {
            s = s.substring(s.startsWith("_", 2) ? 3 : 2);
        }
        if (leadingZero || s.length() > 4300 || !DIGITS.matcher(s).matches()) {
            throw PythonError.value("invalid literal for int() with base " + base + ": " + Values.quote(text.s));
        }
        try {
            BigInteger n = new BigInteger(s.replace("_", ""), (int) radix);
            return Numbers.norm(negative ? n.negate() : n);
        } catch (NumberFormatException e) {
            throw PythonError.value("invalid literal for int() with base " + base + ": " + Values.quote(text.s));
        }
    }

    /** Python's float(). */
    public static double toFloat(Object value) {
        Undefined.refuse(value);
        if (value instanceof Text text) {
            String s = Strings.strip(text, null, true, true).s;
            var m = FLOAT.matcher(s);
            if (!m.matches()) {
                throw PythonError.value("could not convert string to float: " + Values.quote(text.s));
            }
            return m.group(2) != null ? "-".equals(m.group(1)) ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY
                    : s.endsWith("n") || s.endsWith("N") ? Double.NaN : Double.parseDouble(s.replace("_", ""));
        }
        if (!Numbers.isNumber(value)) {
            throw PythonError.type("float() argument must be a string or number, not '" + Values.typeName(value) + "'");
        }
        return Numbers.toDouble(value);
    }
}
