package org.djlquant.chat;

import java.util.List;
import org.djlquant.chat.ValueTypes.Cycler;
import org.djlquant.chat.ValueTypes.DictView;
import org.djlquant.chat.ValueTypes.Range;

/** The methods of dicts, lists, tuples, numbers and Jinja's own objects; strings have {@link StringMethods}. */
final class Methods {

    private final Values values;
    private final StringMethods strings;

    Methods(Interpreter in) {
        values = in.values();
        strings = new StringMethods(in);
    }

    StringMethods strings() {
        return strings;
    }

    Object call(Object receiver, String name, CallArguments arguments) {
        arguments.of(name);
        return switch (receiver) {
            case Text text -> strings.call(text, name, arguments);
            case Dict dict -> dict(dict, name, arguments);
            case LoopContext loop -> loop.method(name, arguments);
            case Cycler cycler -> {
                arguments.end();
                if (name.equals("next")) {
                    yield cycler.next();
                }
                cycler.position = 0;
                yield null;
            }
            case Double d -> number(d, name, arguments);
            case Seq seq -> sequence(seq, seq.items, name, arguments);
            case Range range -> sequence(range, values.list(range), name, arguments);
            default -> number(receiver, name, arguments);
        };
    }

    private Object dict(Dict dict, String name, CallArguments arguments) {
        arguments.positionalOnly();
        Object result = switch (name) {
            case "get" -> {
                Object key = arguments.required("key");
                Object otherwise = arguments.optional("default", null);
                Dict.Entry entry = dict.find(key);
                yield entry == null ? otherwise : entry.value();
            }
            case "copy" -> dict;
            case "fromkeys" -> {
                Dict made = new Dict();
                List<Object> keys = values.list(arguments.required("iterable"));
                Object value = arguments.optional("value", null);
                keys.forEach(key -> made.put(key, value));
                yield made;
            }
            default -> new DictView(dict, name);
        };
        arguments.end();
        return result;
    }

    private Object sequence(Object sequence, List<Object> items, String name, CallArguments arguments) {
        arguments.positionalOnly();
        if (name.equals("copy")) {
            arguments.end();
            return sequence;
        }
        Object wanted = arguments.required("value");
        if (name.equals("count")) {
            arguments.end();
            return items.stream().filter(item -> item == wanted || values.equal(item, wanted)).count();
        }
        long start = arguments.integer("start", 0);
        long stop = arguments.integer("stop", Long.MAX_VALUE);
        arguments.end();
        start = start < 0 ? Math.max(0, start + items.size()) : start;
        stop = Math.min(stop < 0 ? stop + items.size() : stop, items.size());
        for (long i = start; i < stop; i++) {
            Object item = items.get((int) i);
            if (item == wanted || values.equal(item, wanted)) {
                return i;
            }
        }
        throw ChatTemplateException.value(values.repr(wanted) + " is not in " + Values.typeName(sequence));
    }

    private Object number(Object number, String name, CallArguments arguments) {
        arguments.positionalOnly().end();
        return switch (name) {
            case "bit_length" -> (long) Numbers.big(number).abs().bitLength();
            case "bit_count" -> (long) Numbers.big(number).abs().bitCount();
            case "conjugate" -> number;
            case "is_integer" -> Numbers.isIntegral((Double) number);
            default -> throw ChatTemplateException.runtime("the method " + Values.quote(name) + " of numbers is not supported");
        };
    }
}
