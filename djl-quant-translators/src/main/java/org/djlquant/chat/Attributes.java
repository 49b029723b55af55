package org.djlquant.chat;

import java.math.BigInteger;
import java.util.Set;
import org.djlquant.chat.ValueTypes.BoundMethod;
import org.djlquant.chat.ValueTypes.Cycler;
import org.djlquant.chat.ValueTypes.Joiner;
import org.djlquant.chat.ValueTypes.Namespace;
import org.djlquant.chat.ValueTypes.Range;
import org.djlquant.chat.ValueTypes.Undefined;

/**
 * {@code object.name} and {@code object[index]} as Jinja's sandbox resolves them: the first asks for an
 * attribute before an element, the second the other way round, and neither fails but gives an undefined value.
 * Attributes are the fixed lists here; nothing is looked up by reflection.
 */
final class Attributes {

    private static final Set<String> DICT = Set.of("get", "keys", "values", "items", "copy", "fromkeys");
    private static final Set<String> DICT_UNSAFE = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Set<String> SEQUENCE = Set.of("index", "count");
    private static final Set<String> LIST_UNSAFE =
            Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
    private static final Set<String> INT = Set.of("bit_length", "bit_count", "conjugate");
    private static final Set<String> FLOAT = Set.of("is_integer", "conjugate");
    /** Names that every Python object has and the sandbox bars. */
    private static final Set<String> BARRED = Set.of("__class__", "__doc__", "__init__", "__new__", "__repr__", "__str__",
            "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__dir__", "__format__",
            "__getattribute__", "__setattr__", "__delattr__", "__reduce__", "__reduce_ex__", "__sizeof__",
            "__subclasshook__", "__init_subclass__");
    private static final Set<String> BARRED_CONTAINER = Set.of("__len__", "__iter__", "__contains__", "__getitem__");

    private final Subscripts subscripts;

    Attributes(Subscripts subscripts) {
        this.subscripts = subscripts;
    }

    Object attribute(Object object, Text name) {
        if (object instanceof Undefined undefined) {
            throw undefined.error();
        }
        Dict.Entry found = find(object, name.s);
        if (found == null) {
            found = subscripts.element(object, name);
        }
        return found == null ? Undefined.element(object, name) : found.value();
    }

    Object item(Object object, Object index) {
        Dict.Entry found = subscripts.element(object, index);
        if (found == null && index instanceof Text name) {
            found = find(object, name.s);
        }
        return found == null ? Undefined.element(object, index) : found.value();
    }

    /** An attribute proper, or null if the object has none by this name. */
    Dict.Entry find(Object object, String name) {
        if (name.startsWith("_") && !(object instanceof Namespace)) {
            boolean container = object instanceof Text || object instanceof Seq || object instanceof Dict;
            return BARRED.contains(name) || container && BARRED_CONTAINER.contains(name)
                    ? entry(Undefined.unsafe(object, name)) : null;
        }
        return switch (object) {
            case Dict dict -> DICT.contains(name) ? method(dict, name)
                    : DICT_UNSAFE.contains(name) ? entry(Undefined.unsafe(dict, name)) : null;
            case Text text -> StringMethods.NAMES.contains(name)
                    || text.markup && StringMethods.MARKUP_NAMES.contains(name) ? method(text, name) : null;
            case Seq seq -> sequence(seq, name);
            case Namespace namespace -> namespace.attributes.find(Text.of(name));
            case LoopContext loop -> loop.attribute(name);
            case Range range -> switch (name) {
                case "start" -> entry(range.start());
                case "stop" -> entry(range.stop());
                case "step" -> entry(range.step());
                default -> SEQUENCE.contains(name) ? method(range, name) : null;
            };
            case Cycler cycler -> switch (name) {
                case "current" -> entry(cycler.items.get(cycler.position));
                case "items" -> entry(Seq.tuple(cycler.items));
                case "pos" -> entry((long) cycler.position);
                case "next", "reset" -> method(cycler, name);
                default -> null;
            };
            case Joiner joiner -> switch (name) {
                case "sep" -> entry(joiner.separator);
                case "used" -> entry(joiner.used);
                default -> null;
            };
            case Macro macro -> switch (name) {
                case "name" -> entry(macro.name() == null ? null : Text.of(macro.name()));
                case "arguments" -> entry(Seq.tuple(macro.signature().parameters().stream().map(p -> (Object) Text.of(p)).toList()));
                case "caller" -> entry(macro.signature().usesCaller());
                case "catch_kwargs" -> entry(macro.signature().usesKwargs());
                case "catch_varargs" -> entry(macro.signature().usesVarargs());
                default -> null;
            };
            case Interpreter.Blocks blocks -> {
                Object block = blocks.find(name);
                yield block == null ? null : entry(block);
            }
            case Double d -> switch (name) {
                case "real" -> entry(d);
                case "imag" -> entry(0.0);
                default -> FLOAT.contains(name) ? method(d, name) : null;
            };
            case Long n -> integer(n, name);
            case Boolean n -> integer(n, name);
            case BigInteger n -> integer(n, name);
            case null, default -> null;
        };
    }

    private static Dict.Entry sequence(Seq seq, String name) {
        if (seq.kind == Seq.Kind.GROUP && (name.equals("grouper") || name.equals("list"))) {
            return entry(seq.items.get(name.equals("list") ? 1 : 0));
        }
        if (!seq.isTuple() && LIST_UNSAFE.contains(name)) {
            return entry(Undefined.unsafe(seq, name));
        }
        return SEQUENCE.contains(name) || !seq.isTuple() && name.equals("copy") ? method(seq, name) : null;
    }

    private static Dict.Entry integer(Object n, String name) {
        return switch (name) {
            case "real", "numerator" -> entry(Numbers.norm(Numbers.big(n)));
            case "imag" -> entry(0L);
            case "denominator" -> entry(1L);
            default -> INT.contains(name) ? method(n, name) : null;
        };
    }

    private static Dict.Entry method(Object receiver, String name) {
        return entry(new BoundMethod(receiver, name));
    }

    private static Dict.Entry entry(Object value) {
        return new Dict.Entry(null, value);
    }
}
