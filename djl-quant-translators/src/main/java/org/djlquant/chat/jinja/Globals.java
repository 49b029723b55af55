package org.djlquant.chat.jinja;

import java.util.List;
import java.util.Map;
import org.djlquant.chat.python.Arguments;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Range;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.Signature;
import org.djlquant.chat.python.Strftime;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.Values;

/** The functions that every template can call. */
record Globals(Interpreter in, String name) implements PyObject.Callable {

    private static final long MAX_RANGE = 100_000;
    private static final Map<String, Signature> FUNCTIONS = Signature.table("""
            range(start, stop=None, step=1, /); dict(*); namespace(*); cycler(*); joiner(sep=None);
            raise_exception(message); strftime_now(format)""");

    /** Sets all of them in a scope. */
    static void define(Interpreter in, Scope scope) {
        for (String name : FUNCTIONS.keySet()) {
            scope.set(name, new Globals(in, name));
        }
    }

    @Override
    public Object call(Arguments given) {
        Arguments arguments = FUNCTIONS.get(name).bind(given);
        switch (name) {
            case "range" -> {
                return range(arguments);
            }
            case "dict" -> {
                return dict(arguments);
            }
            case "namespace" -> {
                return new Namespace(dict(arguments));
            }
            case "cycler" -> {
                if (arguments.size() == 0 || !arguments.named().isEmpty()) {
                    throw arguments.size() == 0 ? PythonError.runtime("at least one item has to be provided")
                            : PythonError.type("cycler() takes no keyword arguments");
                }
                return new Cycler(arguments.positional());
            }
            case "joiner" -> {
                return new Joiner(arguments.get(0) == null ? Text.of(", ") : arguments.get(0));
            }
            case "raise_exception" -> {
                String message = in.values.str(arguments.get(0)).toString();
                throw new PythonError(PythonError.Kind.RAISED, message, 0, 0);
            }
            default -> {
                return Text.of(Strftime.format(arguments.text(0).toString(), in.clock()));
            }
        }
    }

    private static Object range(Arguments arguments) {
        boolean one = arguments.get(1) == null;
        long start = one ? 0 : bound(arguments.integer(0));
        long stop = bound(arguments.integer(one ? 0 : 1));
        long step = bound(arguments.integer(2));
        if (step == 0) {
            throw PythonError.value("range() arg 3 must not be zero");
        }
        Range range = new Range(start, stop, step);
        if (range.length() > MAX_RANGE) {
            throw PythonError.arithmetic("Range too big. The sandbox blocks ranges larger than MAX_RANGE ("
                    + MAX_RANGE + ").");
        }
        return range;
    }

    private static long bound(long value) {
        return Math.clamp(value, -(1L << 60), 1L << 60);
    }

    private Dict dict(Arguments arguments) {
        if (arguments.size() > 1) {
            throw PythonError.type("dict expected at most 1 argument, got " + arguments.size());
        }
        Dict dict = new Dict();
        Values values = in.values;
        for (Object source : arguments.positional()) {
            for (Object pair : source instanceof Dict other ? other.list("items") : values.list(source)) {
                // Its elements must be iterable for a TypeError, and two of them for a ValueError.
                List<Object> entry = Values.isIterable(pair) ? values.unpack(pair, 2) : values.list(pair);
                dict.put(entry.get(0), entry.get(1));
            }
        }
        arguments.named().forEach((key, value) -> dict.put(Text.of(key), value));
        return dict;
    }

    @Override
    public String type() {
        return name.equals("range") || name.startsWith("raise") || name.startsWith("strf") ? "function" : "type";
    }

    /** Jinja's cycler. */
    private static final class Cycler implements PyObject {
        private final List<Object> items;
        private int position;

        Cycler(List<Object> items) {
            this.items = items;
        }

        @Override
        public String type() {
            return "Cycler";
        }

        @Override
        public Object attribute(String attribute) {
            return switch (attribute) {
                case "current" -> items.get(position);
                case "items" -> Seq.tuple(items);
                case "pos" -> (long) position;
                case "next" -> (PyObject.Callable) arguments -> {
                    Object current = items.get(position);
                    position = (position + 1) % items.size();
                    return current;
                };
                case "reset" -> (PyObject.Callable) arguments -> {
                    position = 0;
                    return null;
                };
                default -> MISSING;
            };
        }
    }

    /** Jinja's joiner: nothing the first time, the separator from then on. */
    private static final class Joiner implements PyObject.Callable {
        private final Object separator;
        private boolean used;

        Joiner(Object separator) {
            this.separator = separator;
        }

        @Override
        public Object call(Arguments arguments) {
            Object result = used ? separator : Text.EMPTY;
            used = true;
            return result;
        }

        @Override
        public String type() {
            return "Joiner";
        }

        @Override
        public Object attribute(String attribute) {
            return attribute.equals("sep") ? separator : attribute.equals("used") ? (Object) used : MISSING;
        }
    }
}
