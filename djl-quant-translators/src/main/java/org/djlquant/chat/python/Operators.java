package org.djlquant.chat.python;

import java.util.ArrayList;
import java.util.List;

/** The operators and slices on values of any type, with Python's errors. */
public final class Operators {

    private final Values values;

    /** Operators that draw on the budget of the values. */
    public Operators(Values values) {
        this.values = values;
    }

    /** One of {@code + - * / // % **}. */
    public Object binary(String operator, Object a, Object b) {
        if (operator.equals("%") && a instanceof Text format) {
            return new PercentFormat(values, format, b).format();
        }
        Undefined.refuse(a);
        Undefined.refuse(b);
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.binary(operator, a, b);
        }
        if (operator.equals("+") && a instanceof Text x && b instanceof Text y) {
            return concat(x, y);
        }
        if (operator.equals("+") && a instanceof Seq x && b instanceof Seq y && x.isTuple() == y.isTuple()) {
            values.budget().steps((long) x.size() + y.size());
            List<Object> joined = new ArrayList<>(x.items());
            joined.addAll(y.items());
            return x.like(joined);
        }
        if (operator.equals("*") && (a instanceof Text || a instanceof Seq) && Numbers.isInt(b)) {
            return repeat(a, Math.max(0, Numbers.saturated(b)));
        }
        if (operator.equals("*") && (b instanceof Text || b instanceof Seq) && Numbers.isInt(a)) {
            return repeat(b, Math.max(0, Numbers.saturated(a)));
        }
        if (operator.equals("+") && (a instanceof Text || a instanceof Seq)) {
            String type = Values.typeName(a);
            throw PythonError.type("can only concatenate " + type + " (not \"" + Values.typeName(b) + "\") to " + type);
        }
        throw PythonError.type("unsupported operand type(s) for " + (operator.equals("**") ? "** or pow()" : operator)
                + ": '" + Values.typeName(a) + "' and '" + Values.typeName(b) + "'");
    }

    /** {@code a + b} of two strings: if one is safe, the other is escaped. */
    public Text concat(Text a, Text b) {
        boolean safe = a.markup || b.markup;
        return values.builder().append(values.str(a, safe)).append(values.str(b, safe)).build(safe);
    }

    private Object repeat(Object sequence, long times) {
        if (sequence instanceof Text text) {
            return values.builder().repeat(text, times).build(text.markup);
        }
        Seq seq = (Seq) sequence;
        // The product cannot overflow where the budget has room.
        values.budget().steps(times > Integer.MAX_VALUE ? times : times * seq.size());
        List<Object> items = new ArrayList<>();
        for (long i = 0; i < times && seq.size() > 0; i++) {
            items.addAll(seq.items());
        }
        return seq.like(items);
    }

    /** {@code -operand} or {@code +operand}. */
    public Object sign(boolean negative, Object operand) {
        Undefined.refuse(operand);
        if (!Numbers.isNumber(operand)) {
            throw PythonError.type("bad operand type for unary " + (negative ? "-" : "+") + ": '"
                    + Values.typeName(operand) + "'");
        }
        return negative ? Numbers.negate(operand) : Numbers.binary("+", operand, 0L);
    }

    /** One of {@code == != < <= > >=}, {@code in} and {@code not in}. */
    public boolean compare(String operator, Object a, Object b) {
        return switch (operator) {
            case "==" -> values.equal(a, b);
            case "!=" -> !values.equal(a, b);
            case "in" -> values.contains(b, a);
            case "not in" -> !values.contains(b, a);
            default -> values.ordered(operator, a, b);
        };
    }

    /** {@code container[start:stop:step]}; a bound that is not there is null. */
    public Object slice(Object container, Object start, Object stop, Object step) {
        Undefined.refuse(container);
        if (!(container instanceof Text || container instanceof Seq || container instanceof Range)) {
            throw PythonError.type(container instanceof Dict ? "unhashable type: 'slice'"
                    : "'" + Values.typeName(container) + "' object is not subscriptable");
        }
        long by = bound(step, 1);
        if (by == 0) {
            throw PythonError.value("slice step cannot be zero");
        }
        long size = Values.length(container);
        long from = clamp(bound(start, by > 0 ? 0 : Long.MAX_VALUE), size, by);
        long to = stop == null && by < 0 ? -1 : clamp(bound(stop, Long.MAX_VALUE), size, by);
        if (container instanceof Range range) {
            return new Range(range.at(from), range.at(to), range.step() * by);
        }
        if (container instanceof Text text && by == 1) {
            return text.sub(text.offset(from), text.offset(Math.max(from, to)));
        }
        TextBuilder characters = values.builder();
        List<Object> items = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            values.budget().step();
            if (container instanceof Text text) {
                characters.append(text, text.offset(i), text.offset(i + 1));
            } else {
                items.add(((Seq) container).items().get((int) i));
            }
        }
        return container instanceof Text text ? characters.build(text.markup) : ((Seq) container).like(items);
    }

    private static long bound(Object bound, long missing) {
        if (bound != null && !Numbers.isInt(bound)) {
            throw PythonError.type("slice indices must be integers or None or have an __index__ method");
        }
        return bound == null ? missing : Math.clamp(Numbers.saturated(bound), -(1L << 40), 1L << 40);
    }

    private static long clamp(long index, long size, long step) {
        long at = index < 0 ? index + size : index;
        return step > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
    }
}
