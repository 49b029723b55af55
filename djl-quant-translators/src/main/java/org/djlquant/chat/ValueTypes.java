package org.djlquant.chat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The types of values that are neither numbers, text, lists, tuples nor dicts. */
final class ValueTypes {

    private ValueTypes() {}

    /** Something a template can call. */
    interface Callable {
        Object call(Interpreter in, CallArguments arguments);

        /** Name of its Python type. */
        String type();
    }

    /** What a name or an access that leads nowhere gives: printable as nothing, an error to compute with. */
    static final class Undefined {
        private final ChatTemplateException.Kind kind;
        private final String message;

        private Undefined(ChatTemplateException.Kind kind, String message) {
            this.kind = kind;
            this.message = message;
        }

        static Undefined because(String message) {
            return new Undefined(ChatTemplateException.Kind.UNDEFINED, message);
        }

        static Undefined name(String name) {
            return because(Values.quote(name) + " is undefined");
        }

        /** A missing element of an object. */
        static Undefined element(Object object, Object key) {
            String type = object == null ? "None" : Values.qualifiedTypeName(object) + " object";
            if (key instanceof Text name) {
                return because("'" + type + "' has no attribute " + Values.quote(name.s));
            }
            return because(type + " has no element " + Values.unlimited().repr(key));
        }

        /** An attribute that exists in Python and is barred by the sandbox. */
        static Undefined unsafe(Object object, String name) {
            return new Undefined(ChatTemplateException.Kind.SECURITY, "access to attribute " + Values.quote(name) + " of '"
                    + Values.typeName(object) + "' object is unsafe.");
        }

        ChatTemplateException error() {
            return ChatTemplateException.of(kind, message);
        }
    }

    /** Python's range. */
    record Range(long start, long stop, long step) {
        long size() {
            long span = step > 0 ? stop - start : start - stop;
            long stride = Math.abs(step);
            return span <= 0 ? 0 : (span + stride - 1) / stride;
        }

        long at(long index) {
            return start + index * step;
        }

        boolean contains(long value) {
            return (step > 0 ? value >= start && value < stop : value <= start && value > stop)
                    && (value - start) % step == 0;
        }

        Iterator<Object> iterator() {
            return new Iterator<>() {
                private long next;

                @Override
                public boolean hasNext() {
                    return next < size();
                }

                @Override
                public Object next() {
                    if (!hasNext()) {
                        throw new NoSuchElementException();
                    }
                    return at(next++);
                }
            };
        }
    }

    /** A view of a dict's {@code keys}, {@code values} or {@code items}. */
    record DictView(Dict dict, String part) {
        List<Object> list() {
            List<Object> list = new ArrayList<>(dict.size());
            for (Dict.Entry entry : dict.entries()) {
                list.add(switch (part) {
                    case "keys" -> entry.key();
                    case "values" -> entry.value();
                    default -> Seq.tuple(entry.key(), entry.value());
                });
            }
            return list;
        }
    }

    /** A generator: its values can be had once. */
    static final class Generator {
        final Iterator<Object> values;
        final String type;

        Generator(String type, Iterator<Object> values) {
            this.type = type;
            this.values = values;
        }

        static Generator mapping(Iterator<Object> source, UnaryOperator<Object> function) {
            return new Generator("generator", new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return source.hasNext();
                }

                @Override
                public Object next() {
                    return function.apply(source.next());
                }
            });
        }

        static Generator selecting(Iterator<Object> source, Predicate<Object> wanted) {
            return new Generator("generator", filtered(source, wanted));
        }

        static Iterator<Object> filtered(Iterator<Object> source, Predicate<Object> wanted) {
            return new Iterator<>() {
                private Object ahead;
                private boolean found;

                @Override
                public boolean hasNext() {
                    while (!found && source.hasNext()) {
                        ahead = source.next();
                        found = wanted.test(ahead);
                    }
                    return found;
                }

                @Override
                public Object next() {
                    if (!hasNext()) {
                        throw new NoSuchElementException();
                    }
                    found = false;
                    return ahead;
                }
            };
        }
    }

    /** Jinja's namespace: the one object whose attributes a template can set. */
    static final class Namespace {
        final Dict attributes = new Dict();
    }

    /** Jinja's cycler. */
    static final class Cycler {
        final List<Object> items;
        int position;

        Cycler(List<Object> items) {
            this.items = items;
        }

        Object next() {
            Object current = items.get(position);
            position = (position + 1) % items.size();
            return current;
        }
    }

    /** Jinja's joiner: nothing the first time, the separator from then on. */
    static final class Joiner implements Callable {
        final Object separator;
        boolean used;

        Joiner(Object separator) {
            this.separator = separator;
        }

        @Override
        public Object call(Interpreter in, CallArguments arguments) {
            arguments.end();
            Object result = used ? separator : Text.EMPTY;
            used = true;
            return result;
        }

        @Override
        public String type() {
            return "Joiner";
        }
    }

    /** A method of a built-in type, bound to its object. */
    record BoundMethod(Object receiver, String name) implements Callable {
        @Override
        public Object call(Interpreter in, CallArguments arguments) {
            return in.methods().call(receiver, name, arguments);
        }

        @Override
        public String type() {
            return "builtin_function_or_method";
        }
    }

    /** A variable scope: names set here, then those of the scopes around it. */
    static final class Scope {
        /** In place of a parameter that has no value yet: hides the name outside. */
        static final Object MISSING = new Object();

        final Scope parent;
        private Map<String, Object> names;

        Scope(Scope parent) {
            this.parent = parent;
        }

        void set(String name, Object value) {
            if (names == null) {
                names = new HashMap<>();
            }
            names.put(name, value);
        }

        Object get(String name) {
            for (Scope scope = this; scope != null; scope = scope.parent) {
                if (scope.names != null) {
                    Object value = scope.names.get(name);
                    if (value != null) {
                        return value;
                    }
                    if (scope.names.containsKey(name)) {
                        return null;
                    }
                }
            }
            return MISSING;
        }
    }
}
