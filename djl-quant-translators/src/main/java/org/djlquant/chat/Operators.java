package org.djlquant.chat;

import java.util.ArrayList;
import java.util.List;
import org.djlquant.chat.ValueTypes.Undefined;

/** The binary and unary operators on values of any type, with Python's errors. */
final class Operators {

    private final Values values;

    Operators(Values values) {
        this.values = values;
    }

    Object binary(String operator, Object a, Object b) {
        if (operator.equals("%") && a instanceof Text format) {
            return new PercentFormat(values, format).format(b);
        }
        if (a instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (b instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return switch (operator) {
                case "+" -> Numbers.add(a, b);
                case "-" -> Numbers.subtract(a, b);
                case "*" -> Numbers.multiply(a, b);
                case "/" -> Numbers.divide(a, b);
                case "//" -> Numbers.floorDivide(a, b);
                case "%" -> Numbers.modulo(a, b);
                default -> Numbers.power(a, b);
            };
        }
        if (operator.equals("+")) {
            if (a instanceof Text x && b instanceof Text y) {
                return concat(x, y);
            }
            if (a instanceof Seq x && b instanceof Seq y && x.isTuple() == y.isTuple()) {
                values.budget.elements((long) x.size() + y.size());
                List<Object> joined = new ArrayList<>(x.size() + y.size());
                joined.addAll(x.items);
                joined.addAll(y.items);
                return x.like(joined);
            }
            if (a instanceof Text || a instanceof Seq) {
                String type = Values.typeName(a);
                throw ChatTemplateException.type("can only concatenate " + type + " (not \"" + Values.typeName(b) + "\") to " + type);
            }
        } else if (operator.equals("*")) {
            if (Numbers.isInt(b) && (a instanceof Text || a instanceof Seq)) {
                return repeat(a, Numbers.saturated(b));
            }
            if (Numbers.isInt(a) && (b instanceof Text || b instanceof Seq)) {
                return repeat(b, Numbers.saturated(a));
            }
            if (a instanceof Text || a instanceof Seq || b instanceof Text || b instanceof Seq) {
                Object count = a instanceof Text || a instanceof Seq ? b : a;
                throw ChatTemplateException.type("can't multiply sequence by non-int of type '" + Values.typeName(count) + "'");
            }
        }
        throw ChatTemplateException.type("unsupported operand type(s) for " + (operator.equals("**") ? "** or pow()" : operator)
                + ": '" + Values.typeName(a) + "' and '" + Values.typeName(b) + "'");
    }

    /** {@code a + b} of two strings: if one is safe, the other is escaped. */
    Text concat(Text a, Text b) {
        boolean markup = a.markup || b.markup;
        Text x = markup ? values.escape(a) : a;
        Text y = markup ? values.escape(b) : b;
        values.budget.characters((long) x.s.length() + y.s.length());
        return new TextBuilder().append(x).append(y).build(markup);
    }

    private Object repeat(Object sequence, long times) {
        long n = Math.max(0, times);
        if (sequence instanceof Text text) {
            if (text.isEmpty() || n == 0) {
                return Text.EMPTY.asMarkup(text.markup);
            }
            values.budget.characters(n > Integer.MAX_VALUE ? n : n * text.s.length());
            TextBuilder out = new TextBuilder();
            for (long i = 0; i < n; i++) {
                out.append(text);
            }
            return out.build(text.markup);
        }
        Seq seq = (Seq) sequence;
        if (seq.size() == 0) {
            return seq;
        }
        values.budget.elements(n > Integer.MAX_VALUE ? n : n * seq.size());
        List<Object> items = new ArrayList<>();
        for (long i = 0; i < n; i++) {
            items.addAll(seq.items);
        }
        return seq.like(items);
    }

    Object sign(boolean negative, Object operand) {
        if (operand instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!Numbers.isNumber(operand)) {
            throw ChatTemplateException.type("bad operand type for unary " + (negative ? "-" : "+") + ": '"
                    + Values.typeName(operand) + "'");
        }
        return negative ? Numbers.negate(operand) : operand instanceof Boolean b ? (Object) (b ? 1L : 0L) : operand;
    }

    boolean compare(String operator, Object a, Object b) {
        return switch (operator) {
            case "==" -> values.equal(a, b);
            case "!=" -> !values.equal(a, b);
            case "in" -> values.contains(b, a);
            case "not in" -> !values.contains(b, a);
            default -> values.ordered(operator, a, b);
        };
    }
}
