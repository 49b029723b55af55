package org.djlquant.chat;

import java.util.Set;
import org.djlquant.chat.ValueTypes.Undefined;

/** The tests by name: what may follow {@code is}, and what {@code select} takes. */
final class Tests {

    static final Set<String> NAMES = Set.of("odd", "even", "divisibleby", "defined", "undefined", "filter", "test", "none",
            "boolean", "false", "true", "integer", "float", "lower", "upper", "string", "mapping", "number", "sequence",
            "iterable", "callable", "sameas", "escaped", "in", "==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan",
            "ge", ">=", "<", "lt", "lessthan", "<=", "le");

    private final Interpreter in;
    private final Values values;

    Tests(Interpreter in) {
        this.in = in;
        values = in.values();
    }

    Object apply(String name, Object value, CallArguments args) {
        if (!NAMES.contains(name)) {
            throw ChatTemplateException.runtime("No test named " + Values.quote(name) + " found.");
        }
        args.of("test_" + name);
        boolean result = switch (name) {
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
                    || value instanceof ValueTypes.Range || value instanceof Undefined;
            case "iterable" -> values.isIterable(value);
            case "callable" -> value instanceof ValueTypes.Callable || value instanceof Undefined;
            case "escaped" -> value instanceof Text text && text.markup;
            case "odd" -> remainder(value, 2L, 1L);
            case "even" -> remainder(value, 2L, 0L);
            case "divisibleby" -> remainder(value, args.required("num"), 0L);
            case "lower" -> StringMethods.is(values.str(value), "islower");
            case "upper" -> StringMethods.is(values.str(value), "isupper");
            case "filter" -> named(Filters.NAMES, value);
            case "test" -> named(NAMES, value);
            case "sameas" -> same(value, args.required("other"));
            case "in" -> values.contains(args.required("seq"), value);
            case "==", "eq", "equalto" -> values.equal(value, args.required("other"));
            case "!=", "ne" -> !values.equal(value, args.required("other"));
            case ">", "gt", "greaterthan" -> values.ordered(">", value, args.required("other"));
            case ">=", "ge" -> values.ordered(">=", value, args.required("other"));
            case "<", "lt", "lessthan" -> values.ordered("<", value, args.required("other"));
            default -> values.ordered("<=", value, args.required("other"));
        };
        args.end();
        return result;
    }

    private static boolean named(Set<String> names, Object value) {
        return Dict.hashable(value) instanceof Text name && names.contains(name.s);
    }

    private boolean remainder(Object value, Object divisor, Object wanted) {
        return values.equal(in.operators().binary("%", value, divisor), wanted);
    }

    /** Identity, which Python guarantees for None, booleans and small ints and constants share. */
    private static boolean same(Object a, Object b) {
        return a == b || a instanceof Boolean && a.equals(b) || a instanceof Long n && n >= -5 && n <= 256 && a.equals(b);
    }
}
