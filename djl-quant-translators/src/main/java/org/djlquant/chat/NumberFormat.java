package org.djlquant.chat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Digits of floats and ints for Python's two formatting languages, without sign and padding. */
final class NumberFormat {

    /** Longest precision that is accepted: more is an attack. */
    private static final int MAX_PRECISION = 10_000;

    private NumberFormat() {}

    /** A non-negative finite or infinite value by one of the types {@code e f g}, in lower case. */
    static String digits(double value, char type, int precision, boolean alternate) {
        if (precision > MAX_PRECISION) {
            throw ChatTemplateException.value("precision too big");
        }
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return "inf";
        }
        return switch (type) {
            case 'f' -> new BigDecimal(value).setScale(precision, RoundingMode.HALF_EVEN).toPlainString()
                    + (alternate && precision == 0 ? "." : "");
            case 'e' -> exponential(value, precision, alternate);
            default -> general(value, Math.max(1, precision), alternate);
        };
    }

    private static String exponential(double value, int precision, boolean alternate) {
        String digits = "0".repeat(precision + 1);
        int exponent = 0;
        if (value != 0) {
            BigDecimal rounded = new BigDecimal(value).round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
            digits = rounded.unscaledValue().toString();
            exponent = rounded.precision() - rounded.scale() - 1;
            digits = digits.length() > precision ? digits.substring(0, precision + 1)
                    : digits + "0".repeat(precision + 1 - digits.length());
        }
        return digits.charAt(0) + (precision > 0 || alternate ? "." : "") + digits.substring(1) + exponent(exponent);
    }

    private static String exponent(int exponent) {
        return (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    private static String general(double value, int precision, boolean alternate) {
        String exponential = exponential(value, precision - 1, true);
        int e = exponential.indexOf('e');
        int exponent = Integer.parseInt(exponential.substring(e + 1));
        if (exponent < -4 || exponent >= precision) {
            return (alternate ? exponential.substring(0, e) : trimmed(exponential.substring(0, e))) + exponent(exponent);
        }
        String fixed = digits(value, 'f', precision - 1 - exponent, true);
        return alternate ? fixed : trimmed(fixed);
    }

    private static String trimmed(String digits) {
        int end = digits.length();
        if (digits.indexOf('.') >= 0) {
            while (digits.charAt(end - 1) == '0') {
                end--;
            }
            if (digits.charAt(end - 1) == '.') {
                end--;
            }
        }
        return digits.substring(0, end);
    }

    /** Separators between groups of digits of the whole part. */
    static String grouped(String digits, char separator, int group) {
        int end = 0;
        while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0
                && (group == 4 || Character.isDigit(digits.charAt(end)))) {
            end++;
        }
        StringBuilder out = new StringBuilder(digits);
        for (int i = end - group; i > 0; i -= group) {
            out.insert(i, separator);
        }
        return out.toString();
    }
}
