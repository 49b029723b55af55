package org.djlquant.chat.python;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code object.name} and {@code object[index]} as Jinja's sandbox resolves them: the first asks for an attribute
 * before an element, the second the other way round, and neither fails but gives an undefined value. Attributes
 * are the fixed lists here; nothing is looked up by reflection.
 */
public final class Attributes {

    private static final Map<String, Signature> DICT = Signature.table("""
            get(key, default=None, /); keys(); values(); items(); copy(); fromkeys(iterable, value=None, /)""");
    private static final Map<String, Signature> SEQUENCE = Signature.table("""
            index(value, start=0, stop=9223372036854775807, /); count(value, /); copy()""");
    private static final Map<String, Signature> INT = Signature.table("""
            bit_length(); bit_count(); conjugate()""");
    private static final Map<String, Signature> FLOAT = Signature.table("""
            is_integer(); conjugate()""");
    private static final Set<String> DICT_UNSAFE = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Set<String> LIST_UNSAFE =
            Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
    /** Names that every Python object has and the sandbox bars, and those that only some have. */
    private static final Set<String> BARRED = Set.of("class", "doc", "init", "new", "repr", "str", "eq", "ne", "lt",
            "le", "gt", "ge", "hash", "dir", "format", "getattribute", "setattr", "delattr", "reduce", "reduce_ex",
            "sizeof", "subclasshook", "init_subclass", "len", "iter", "contains", "getitem");
    private static final Set<String> CONTAINERS = Set.of("len", "iter", "contains", "getitem");

    private final Values values;
    private final Strings strings;

    /** Attributes whose methods draw on the budget of the values. */
    public Attributes(Values values) {
        this.values = values;
        strings = new Strings(values, this);
    }

    /** {@code object.name}. */
    public Object attribute(Object object, Text name) {
        Undefined.refuse(object);
        Object found = find(object, name.s);
        found = found == PyObject.MISSING ? element(object, name) : found;
        return found == PyObject.MISSING ? Undefined.element(object, name) : found;
    }

    /** {@code object[index]}. */
    public Object item(Object object, Object index) {
        Undefined.refuse(object);
        Object found = element(object, index);
        found = found == PyObject.MISSING && index instanceof Text name ? find(object, name.s) : found;
        return found == PyObject.MISSING ? Undefined.element(object, index) : found;
    }

    /** An element proper, or {@link PyObject#MISSING}. */
    Object element(Object object, Object index) {
        if (object instanceof Text text) {
            int at = (int) Values.position(index, Numbers.isInt(index) ? text.length() : 0);
            return at < 0 ? PyObject.MISSING : text.sub(text.offset(at), text.offset(at + 1));
        }
        return object instanceof PyObject container ? container.element(index) : PyObject.MISSING;
    }

    /** An attribute proper, or {@link PyObject#MISSING}. */
    public Object find(Object object, String name) {
        if (object instanceof PyObject own) {
            Object found = own.attribute(name);
            if (found != PyObject.MISSING) {
                return found;
            }
        }
        boolean list = object instanceof Seq seq && !seq.isTuple();
        if (name.startsWith("_")) {
            String bare = name.startsWith("__") && name.endsWith("__") ? name.substring(2, name.length() - 2) : "";
            boolean container = object instanceof Text || object instanceof Seq || object instanceof Dict;
            return BARRED.contains(bare) && (container || !CONTAINERS.contains(bare))
                    ? Undefined.unsafe(object, name) : PyObject.MISSING;
        }
        if (object instanceof Dict && DICT_UNSAFE.contains(name) || list && LIST_UNSAFE.contains(name)) {
            return Undefined.unsafe(object, name);
        }
        Signature signature = object instanceof Text text ? Strings.signature(text, name)
                : object instanceof Dict ? DICT.get(name)
                : list || !name.equals("copy") && (object instanceof Seq || object instanceof Range)
                        ? SEQUENCE.get(name)
                : object instanceof Double ? FLOAT.get(name) : Numbers.isInt(object) ? INT.get(name) : null;
        return signature != null ? method(object, name, signature)
                : Numbers.isNumber(object) ? part(object, name) : PyObject.MISSING;
    }

    /** A method of a type that is built in, bound to its object. */
    private PyObject.Callable method(Object receiver, String name, Signature signature) {
        return new PyObject.Callable() {
            @Override
            public Object call(Arguments given) {
                Arguments arguments = signature.bind(given);
                return receiver instanceof Text text ? strings.call(text, name, arguments)
                        : receiver instanceof Dict dict ? dict(dict, name, arguments)
                        : Numbers.isNumber(receiver) ? number(receiver, name) : sequence(receiver, name, arguments);
            }
        };
    }

    private static Object part(Object number, String name) {
        boolean real = number instanceof Double;
        return switch (name) {
            case "real" -> Numbers.binary("+", number, 0L);
            case "imag" -> real ? (Object) 0.0 : (Object) 0L;
            case "numerator" -> real ? PyObject.MISSING : Numbers.binary("+", number, 0L);
            case "denominator" -> real ? PyObject.MISSING : (Object) 1L;
            default -> PyObject.MISSING;
        };
    }

    private Object dict(Dict dict, String name, Arguments arguments) {
        switch (name) {
            case "get" -> {
                Object value = dict.find(arguments.get(0));
                return value == PyObject.MISSING ? arguments.get(1) : value;
            }
            case "copy" -> {
                return dict;
            }
            case "fromkeys" -> {
                Dict made = new Dict();
                values.list(arguments.get(0)).forEach(key -> made.put(key, arguments.get(1)));
                return made;
            }
            default -> {
                return new Dict.View(dict, name);
            }
        }
    }

    private Object sequence(Object sequence, String name, Arguments arguments) {
        if (name.equals("copy")) {
            return sequence;
        }
        List<Object> items = values.list(sequence);
        Object wanted = arguments.get(0);
        if (name.equals("count")) {
            return items.stream().filter(item -> values.same(item, wanted)).count();
        }
        long start = arguments.integer(1);
        long stop = arguments.integer(2);
        start = start < 0 ? Math.max(0, start + items.size()) : start;
        stop = Math.min(stop < 0 ? stop + items.size() : stop, items.size());
        for (long i = start; i < stop; i++) {
            if (values.same(items.get((int) i), wanted)) {
                return i;
            }
        }
        throw PythonError.value(values.representation(wanted) + " is not in " + Values.typeName(sequence));
    }

    private static Object number(Object number, String name) {
        return switch (name) {
            case "bit_length" -> (long) big(number).bitLength();
            case "bit_count" -> (long) big(number).bitCount();
            case "is_integer" -> Numbers.isIntegral((Double) number);
            default -> number;
        };
    }

    private static BigInteger big(Object number) {
        return Numbers.big(number).abs();
    }
}
