package org.djlquant.chat.python;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * Python's arithmetic. An int is a Long, or a BigInteger where it does not fit one; a bool counts as 0 or 1; a
 * float is a Double.
 */
public final class Numbers {

    /** Longest integer, in bits, that arithmetic may make: 4,300 digits is the longest that Python prints. */
    private static final int MAX_BITS = 1 << 17;

    private Numbers() {}

    /** Whether a value is an int, bool or float. */
    public static boolean isNumber(Object value) {
        return value instanceof Double || isInt(value);
    }

    /** Whether a value is an int or bool. */
    public static boolean isInt(Object value) {
        return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
    }

    /** The value of an int or bool. */
    public static BigInteger big(Object value) {
        return value instanceof BigInteger big ? big : BigInteger.valueOf(saturated(value));
    }

    /** A Long if the value fits one. */
    public static Object norm(BigInteger value) {
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    /** The value of any number as a float. */
    public static double toDouble(Object value) {
        if (value instanceof Double d) {
            return d;
        }
        double d = big(value).doubleValue();
        if (Double.isInfinite(d)) {
            throw PythonError.arithmetic("int too large to convert to float");
        }
        return d;
    }

    /** The value of an int or bool as a long, saturated: enough for indexes and counts. */
    public static long saturated(Object value) {
        if (value instanceof Long l) {
            return l;
        }
        if (value instanceof Boolean b) {
            return b ? 1 : 0;
        }
        return ((BigInteger) value).signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    static boolean isIntegral(double d) {
        return d == Math.rint(d) && !Double.isInfinite(d);
    }

    /** The int of a float, towards zero. */
    public static Object truncate(double d) {
        if (!Double.isFinite(d)) {
            String message = "cannot convert float " + repr(d) + " to integer";
            throw Double.isNaN(d) ? PythonError.value(message) : PythonError.arithmetic(message);
        }
        return Math.abs(d) < 9e18 ? (Object) (long) d : norm(new BigDecimal(d).toBigInteger());
    }

    private static PythonError tooLarge() {
        return PythonError.limit("a number of more than " + MAX_BITS + " bits");
    }

    /** The negative of a number. */
    static Object negate(Object a) {
        return a instanceof Double d ? (Object) (-d) : norm(big(a).negate());
    }

    /** One of {@code + - * / // % **} on two numbers. */
    static Object binary(String operator, Object a, Object b) {
        boolean real = a instanceof Double || b instanceof Double;
        if (operator.equals("**")) {
            return power(a, b, real);
        }
        if (real) {
            return real(operator, toDouble(a), toDouble(b));
        }
        return operator.equals("/") ? (Object) quotient(big(a), big(b)) : norm(integer(operator, big(a), big(b)));
    }

    private static double real(String operator, double x, double y) {
        if (y == 0 && "/%".indexOf(operator.charAt(0)) >= 0) {
            throw PythonError.arithmetic(operator.equals("/") ? "float division by zero"
                    : operator.equals("%") ? "float modulo" : "float floor division by zero");
        }
        return switch (operator) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "/" -> x / y;
            case "%" -> modulo(x, y);
            default -> {
                double quotient = (x - modulo(x, y)) / y;
                double floor = Math.floor(quotient);
                yield quotient == 0 ? Math.copySign(0.0, x / y) : quotient - floor > 0.5 ? floor + 1 : floor;
            }
        };
    }

    private static double modulo(double x, double y) {
        double remainder = x % y;
        return remainder == 0 ? Math.copySign(0.0, y) : remainder < 0 != y < 0 ? remainder + y : remainder;
    }

    private static double quotient(BigInteger x, BigInteger y) {
        if (y.signum() == 0) {
            throw PythonError.arithmetic("division by zero");
        }
        boolean exact = x.bitLength() <= 53 && y.bitLength() <= 53;
        double quotient = exact ? x.doubleValue() / y.doubleValue()
                : new BigDecimal(x).divide(new BigDecimal(y), new MathContext(60)).doubleValue();
        if (Double.isInfinite(quotient)) {
            throw PythonError.arithmetic("integer division result too large for a float");
        }
        return quotient;
    }

    private static BigInteger integer(String operator, BigInteger x, BigInteger y) {
        switch (operator) {
            case "+" -> {
                return x.add(y);
            }
            case "-" -> {
                return x.subtract(y);
            }
            case "*" -> {
                if (x.bitLength() + y.bitLength() > MAX_BITS) {
                    throw tooLarge();
                }
                return x.multiply(y);
            }
            default -> {
                if (y.signum() == 0) {
                    throw PythonError.arithmetic(operator.equals("%") ? "integer modulo by zero"
                            : "integer division or modulo by zero");
                }
                BigInteger[] parts = x.divideAndRemainder(y);
                boolean down = parts[1].signum() != 0 && parts[1].signum() != y.signum();
                return operator.equals("%") ? down ? parts[1].add(y) : parts[1]
                        : down ? parts[0].subtract(BigInteger.ONE) : parts[0];
            }
        }
    }

    private static Object power(Object a, Object b, boolean real) {
        if (!real && big(b).signum() >= 0) {
            BigInteger base = big(a);
            long exponent = saturated(b);
            if (base.abs().bitLength() <= 1) {
                // 0, 1 and −1 to any power: only whether it is even, and zero, matters.
                return norm(base.pow((int) (exponent == 0 ? 0 : 2 - (exponent & 1))));
            }
            if (exponent > MAX_BITS || (base.bitLength() - 1L) * exponent > MAX_BITS) {
                throw tooLarge();
            }
            return norm(base.pow((int) exponent));
        }
        double x = toDouble(a);
        double y = toDouble(b);
        if (x == 0 && y < 0) {
            throw PythonError.arithmetic("0.0 cannot be raised to a negative power");
        }
        if (x == 1 || y == 0 || x == -1 && Double.isInfinite(y)) {
            return 1.0;
        }
        boolean finite = !Double.isInfinite(x) && !Double.isInfinite(y);
        if (x < 0 && finite && !isIntegral(y) && !Double.isNaN(y)) {
            throw PythonError.type("a negative number to a fractional power is complex, which templates cannot use");
        }
        double result = Math.pow(x, y);
        if (Double.isInfinite(result) && finite) {
            throw PythonError.arithmetic("(34, 'Numerical result out of range')");
        }
        return result;
    }

    /** Order of two numbers; 2 if one of them is not a number. */
    static int compare(Object a, Object b) {
        if (a instanceof Long x && b instanceof Long y) {
            return Long.compare(x, y);
        }
        double x = a instanceof Double d ? d : big(a).doubleValue();
        double y = b instanceof Double d ? d : big(b).doubleValue();
        if (Double.isNaN(x) || Double.isNaN(y)) {
            return 2;
        }
        boolean infinite = a instanceof Double && Double.isInfinite(x) || b instanceof Double && Double.isInfinite(y);
        return infinite ? x < y ? -1 : x > y ? 1 : 0 : decimal(a).compareTo(decimal(b));
    }

    private static BigDecimal decimal(Object value) {
        return value instanceof Double d ? new BigDecimal(d) : new BigDecimal(big(value));
    }

    /** Python's repr of a number that is not a bool. */
    static String repr(Object number) {
        if (number instanceof BigInteger value && value.bitLength() > 14_285) {
            throw PythonError.value("Exceeds the limit (4300 digits) for integer string conversion");
        }
        return number instanceof Double d ? repr(d.doubleValue()) : number.toString();
    }

    /** The shortest digits of a float that read back the same; an exponent from 1e16 on and below 1e-4. */
    private static String repr(double d) {
        if (!Double.isFinite(d)) {
            return Double.isNaN(d) ? "nan" : d > 0 ? "inf" : "-inf";
        }
        if (d == 0) {
            return 1 / d < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = new BigDecimal(Double.toString(Math.abs(d))).stripTrailingZeros();
        String digits = shortest.unscaledValue().toString();
        int point = digits.length() - shortest.scale();
        String sign = d < 0 ? "-" : "";
        if (point > 16 || point < -3) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return sign + digits.charAt(0) + fraction + exponent(point - 1);
        }
        if (point <= 0) {
            return sign + "0." + "0".repeat(-point) + digits;
        }
        return point >= digits.length() ? sign + digits + "0".repeat(point - digits.length()) + ".0"
                : sign + digits.substring(0, point) + "." + digits.substring(point);
    }

    /** An exponent of ten as Python writes it. */
    static String exponent(int exponent) {
        return (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }
}
