package org.djlquant.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * Python's arithmetic. An int is a Long, or a BigInteger where it does not fit one; a bool counts as 0 or 1;
 * a float is a Double.
 */
final class Numbers {

    /** Longest integer, in bits, that arithmetic may make: 4,300 digits is the longest that Python prints. */
    private static final int MAX_BITS = 1 << 17;

    private Numbers() {}

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean || value instanceof BigInteger;
    }

    static boolean isInt(Object value) {
        return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
    }

    static BigInteger big(Object value) {
        return switch (value) {
            case Long l -> BigInteger.valueOf(l);
            case Boolean b -> b ? BigInteger.ONE : BigInteger.ZERO;
            default -> (BigInteger) value;
        };
    }

    /** A Long if the value fits one. */
    static Object norm(BigInteger value) {
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    static double toDouble(Object value) {
        return switch (value) {
            case Long l -> l.doubleValue();
            case Double d -> d;
            case Boolean b -> b ? 1 : 0;
            default -> {
                double d = ((BigInteger) value).doubleValue();
                if (Double.isInfinite(d)) {
                    throw arithmetic("int too large to convert to float");
                }
                yield d;
            }
        };
    }

    /** The value as a long, saturated: enough for indexes and counts. */
    static long saturated(Object value) {
        return switch (value) {
            case Long l -> l;
            case Boolean b -> b ? 1 : 0;
            default -> ((BigInteger) value).signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        };
    }

    static boolean isIntegral(double d) {
        return d == Math.rint(d) && !Double.isInfinite(d);
    }

    /** The int of a finite float, towards zero. */
    static Object truncate(double d) {
        return Math.abs(d) < 9e18 ? (Object) (long) d : norm(new BigDecimal(d).toBigInteger());
    }

    static ChatTemplateException arithmetic(String message) {
        return ChatTemplateException.of(ChatTemplateException.Kind.ARITHMETIC, message);
    }

    private static ChatTemplateException tooLarge() {
        return Budget.exceeded("a number of more than " + MAX_BITS + " bits");
    }

    private static boolean bothLong(Object a, Object b) {
        return a instanceof Long && b instanceof Long;
    }

    static Object add(Object a, Object b) {
        if (a instanceof Double || b instanceof Double) {
            return toDouble(a) + toDouble(b);
        }
        if (bothLong(a, b)) {
            long x = (Long) a;
            long y = (Long) b;
            long sum = x + y;
            if (((x ^ sum) & (y ^ sum)) >= 0) {
                return sum;
            }
        }
        return norm(big(a).add(big(b)));
    }

    static Object negate(Object a) {
        return a instanceof Double d ? (Object) (-d) : norm(big(a).negate());
    }

    static Object subtract(Object a, Object b) {
        if (a instanceof Double || b instanceof Double) {
            return toDouble(a) - toDouble(b);
        }
        return add(a instanceof Boolean ? norm(big(a)) : a, negate(b));
    }

    static Object multiply(Object a, Object b) {
        if (a instanceof Double || b instanceof Double) {
            return toDouble(a) * toDouble(b);
        }
        BigInteger x = big(a);
        BigInteger y = big(b);
        if (x.bitLength() + y.bitLength() > MAX_BITS) {
            throw tooLarge();
        }
        return norm(x.multiply(y));
    }

    static Object divide(Object a, Object b) {
        if (!(a instanceof Double) && !(b instanceof Double)) {
            BigInteger x = big(a);
            BigInteger y = big(b);
            if (y.signum() == 0) {
                throw arithmetic("division by zero");
            }
            if (x.bitLength() <= 53 && y.bitLength() <= 53) {
                return x.doubleValue() / y.doubleValue();
            }
            double quotient = new BigDecimal(x).divide(new BigDecimal(y), new MathContext(60)).doubleValue();
            if (Double.isInfinite(quotient)) {
                throw arithmetic("integer division result too large for a float");
            }
            return quotient;
        }
        double divisor = toDouble(b);
        if (divisor == 0) {
            throw arithmetic("float division by zero");
        }
        return toDouble(a) / divisor;
    }

    static Object floorDivide(Object a, Object b) {
        if (a instanceof Double || b instanceof Double) {
            double x = toDouble(a);
            double y = toDouble(b);
            if (y == 0) {
                throw arithmetic("float floor division by zero");
            }
            double quotient = (x - floatModulo(x, y)) / y;
            if (quotient == 0) {
                return Math.copySign(0.0, x / y);
            }
            double floor = Math.floor(quotient);
            return quotient - floor > 0.5 ? floor + 1 : floor;
        }
        BigInteger y = big(b);
        if (y.signum() == 0) {
            throw arithmetic("integer division or modulo by zero");
        }
        BigInteger[] parts = big(a).divideAndRemainder(y);
        boolean down = parts[1].signum() != 0 && parts[1].signum() != y.signum();
        return norm(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
    }

    static Object modulo(Object a, Object b) {
        if (a instanceof Double || b instanceof Double) {
            double y = toDouble(b);
            if (y == 0) {
                throw arithmetic("float modulo");
            }
            return floatModulo(toDouble(a), y);
        }
        BigInteger y = big(b);
        if (y.signum() == 0) {
            throw arithmetic("integer modulo by zero");
        }
        BigInteger remainder = big(a).remainder(y);
        return norm(remainder.signum() != 0 && remainder.signum() != y.signum() ? remainder.add(y) : remainder);
    }

    private static double floatModulo(double x, double y) {
        double remainder = x % y;
        if (remainder == 0) {
            return Math.copySign(0.0, y);
        }
        return remainder < 0 != y < 0 ? remainder + y : remainder;
    }

    static Object power(Object a, Object b) {
        boolean ints = isInt(a) && isInt(b);
        if (ints && big(b).signum() >= 0) {
            BigInteger base = big(a);
            long exponent = saturated(b);
            if (base.bitLength() <= 1 && base.abs().bitLength() <= 1) {
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
            throw arithmetic("0.0 cannot be raised to a negative power");
        }
        if (x == 1 || y == 0) {
            return 1.0;
        }
        if (x < 0 && !isIntegral(y) && !Double.isInfinite(x) && !Double.isInfinite(y) && !Double.isNaN(y)) {
            throw ChatTemplateException.type("a negative number to a fractional power is complex, which templates cannot use");
        }
        double result = x == -1 && Double.isInfinite(y) ? 1.0 : Math.pow(x, y);
        if (Double.isInfinite(result) && !Double.isInfinite(x) && !Double.isInfinite(y)) {
            throw arithmetic("(34, 'Numerical result out of range')");
        }
        return result;
    }

    /** Order of two numbers; 2 if one of them is not a number. */
    static int compare(Object a, Object b) {
        if (a instanceof Long x && b instanceof Long y) {
            return Long.compare(x, y);
        }
        if (a instanceof Double || b instanceof Double) {
            double x = a instanceof Double d ? d : big(a).doubleValue();
            double y = b instanceof Double d ? d : big(b).doubleValue();
            if (Double.isNaN(x) || Double.isNaN(y)) {
                return 2;
            }
            boolean exact = a instanceof Double && b instanceof Double || Double.isInfinite(x) || Double.isInfinite(y)
                    || Math.abs(x) < 9e15 && Math.abs(y) < 9e15;
            return exact ? x < y ? -1 : x > y ? 1 : 0 : decimal(a).compareTo(decimal(b));
        }
        return big(a).compareTo(big(b));
    }

    private static BigDecimal decimal(Object value) {
        return value instanceof Double d ? new BigDecimal(d) : new BigDecimal(big(value));
    }

    /** Python's repr of an int. */
    static String string(Object integer) {
        if (integer instanceof BigInteger value && value.bitLength() > 14_285) {
            throw ChatTemplateException.value("Exceeds the limit (4300 digits) for integer string conversion");
        }
        return integer.toString();
    }

    /** Python's repr of a float: the shortest digits that read back the same, exponent from 1e16 and below 1e-4. */
    static String repr(double d) {
        if (Double.isNaN(d)) {
            return "nan";
        }
        if (Double.isInfinite(d)) {
            return d > 0 ? "inf" : "-inf";
        }
        if (d == 0) {
            return 1 / d < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = new BigDecimal(Double.toString(Math.abs(d))).stripTrailingZeros();
        String digits = shortest.unscaledValue().toString();
        int point = digits.length() - shortest.scale();
        String sign = d < 0 ? "-" : "";
        if (point > 16 || point < -3) {
            int exponent = point - 1;
            return sign + digits.charAt(0) + (digits.length() > 1 ? "." + digits.substring(1) : "") + "e"
                    + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
        if (point <= 0) {
            return sign + "0." + "0".repeat(-point) + digits;
        }
        if (point >= digits.length()) {
            return sign + digits + "0".repeat(point - digits.length()) + ".0";
        }
        return sign + digits.substring(0, point) + "." + digits.substring(point);
    }
}
