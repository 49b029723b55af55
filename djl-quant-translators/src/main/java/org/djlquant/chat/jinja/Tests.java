package org.djlquant.chat.jinja;

import java.util.Map;
import org.djlquant.chat.python.Arguments;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.Numbers;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Range;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.Signature;
import org.djlquant.chat.python.Strings;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.Undefined;
import org.djlquant.chat.python.Values;

/** The tests by name: what may follow {@code is}, and what {@code select} takes. */
final class Tests {

    private static final Map<String, Signature> SIGNATURES = Signature.table("""
            defined(); undefined(); none(); boolean(); true(); false(); integer(); float(); number(); string();
            mapping(); sequence(); iterable(); callable(); escaped(); odd(); even(); lower(); upper(); filter(); test();
            divisibleby(num); sameas(other); in(seq); ==(b); eq(b); equalto(b); !=(b); ne(b); >(b); gt(b);
            greaterthan(b); >=(b); ge(b); <(b); lt(b); lessthan(b); <=(b); le(b)""");

    private final Interpreter in;

    Tests(Interpreter in) {
        this.in = in;
    }

    static boolean exists(String name) {
        return SIGNATURES.containsKey(name);
    }

    boolean apply(String name, Object value, Arguments given) {
        if (!exists(name)) {
            throw PythonError.runtime("No test named '" + name + "' found.");
        }
        Arguments args = SIGNATURES.get(name).bind(given);
        Values values = in.values;
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == null;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "integer" -> Numbers.isInt(value) && !(value instanceof Boolean);
            case "float" -> value instanceof Double;
            case "number" -> Numbers.isNumber(value);
            case "string" -> value instanceof Text;
            case "mapping" -> value instanceof Dict;
            case "sequence" -> value instanceof Text || value instanceof Seq || value instanceof Dict
                    || value instanceof Range || value instanceof Undefined;
            case "iterable" -> Values.isIterable(value) || value instanceof LoopContext;
            case "callable" -> value instanceof PyObject.Callable || value instanceof Undefined;
            case "escaped" -> value instanceof Text text && text.isMarkup();
            case "odd" -> remainder(value, 2L, 1L);
            case "even" -> remainder(value, 2L, 0L);
            case "divisibleby" -> remainder(value, args.get(0), 0L);
            case "lower" -> Strings.is(values.str(value), "islower");
            case "upper" -> Strings.is(values.str(value), "isupper");
            case "filter" -> Dict.hashable(value) instanceof Text text && Filters.exists(text.toString());
            case "test" -> Dict.hashable(value) instanceof Text text && exists(text.toString());
            case "sameas" -> same(value, args.get(0));
            case "in" -> values.contains(args.get(0), value);
            case "==", "eq", "equalto" -> values.equal(value, args.get(0));
            case "!=", "ne" -> !values.equal(value, args.get(0));
            case ">", "gt", "greaterthan" -> values.ordered(">", value, args.get(0));
            case ">=", "ge" -> values.ordered(">=", value, args.get(0));
            case "<", "lt", "lessthan" -> values.ordered("<", value, args.get(0));
            default -> values.ordered("<=", value, args.get(0));
        };
    }

    private boolean remainder(Object value, Object divisor, Object wanted) {
        return in.values.equal(in.operators.binary("%", value, divisor), wanted);
    }

    /** Identity, which Python guarantees for None, booleans and the small ints that it shares. */
    private static boolean same(Object a, Object b) {
        boolean shared = a instanceof Boolean || a instanceof Long n && n >= -5 && n <= 256;
        return a == b || shared && a.equals(b);
    }
}
