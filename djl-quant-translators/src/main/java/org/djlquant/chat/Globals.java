package org.djlquant.chat;

import java.util.List;
import java.util.Set;
import org.djlquant.chat.ValueTypes.Scope;

/** The functions that every template can call. */
record Globals(String name) implements ValueTypes.Callable {

    private static final long MAX_RANGE = 100_000;
    private static final Set<String> NAMES =
            Set.of("range", "dict", "namespace", "cycler", "joiner", "raise_exception", "strftime_now");

    /** A scope that holds them. */
    static Scope scope() {
        Scope scope = new Scope(null);
        NAMES.forEach(name -> scope.set(name, new Globals(name)));
        return scope;
    }

    @Override
    public Object call(Interpreter in, CallArguments arguments) {
        arguments.of(name);
        Values values = in.values();
        switch (name) {
            case "range" -> {
                return range(arguments.positionalOnly());
            }
            case "dict" -> {
                return dict(values, arguments);
            }
            case "namespace" -> {
                ValueTypes.Namespace namespace = new ValueTypes.Namespace();
                namespace.attributes.putAll(dict(values, arguments));
                return namespace;
            }
            case "cycler" -> {
                arguments.positionalOnly();
                if (arguments.positional.isEmpty()) {
                    throw ChatTemplateException.runtime("at least one item has to be provided");
                }
                return new ValueTypes.Cycler(arguments.positional);
            }
            case "joiner" -> {
                Object separator = arguments.optional("sep", Text.of(", "));
                arguments.end();
                return new ValueTypes.Joiner(separator);
            }
            case "raise_exception" -> {
                Object message = arguments.required("message");
                arguments.end();
                throw ChatTemplateException.of(ChatTemplateException.Kind.RAISED, values.str(message).s);
            }
            default -> {
                Text format = arguments.text("format");
                arguments.end();
                return Text.of(Strftime.format(format.s, in.clock()));
            }
        }
    }

    private static Object range(CallArguments arguments) {
        List<Object> given = arguments.positional;
        if (given.isEmpty() || given.size() > 3) {
            throw ChatTemplateException.type("range expected 1 to 3 arguments, got " + given.size());
        }
        long first = Math.clamp(CallArguments.integer(given.getFirst()), -(1L << 60), 1L << 60);
        long start = given.size() > 1 ? first : 0;
        long stop = given.size() > 1 ? Math.clamp(CallArguments.integer(given.get(1)), -(1L << 60), 1L << 60) : first;
        long step = given.size() > 2 ? Math.clamp(CallArguments.integer(given.get(2)), -(1L << 60), 1L << 60) : 1;
        if (step == 0) {
            throw ChatTemplateException.value("range() arg 3 must not be zero");
        }
        ValueTypes.Range range = new ValueTypes.Range(start, stop, step);
        if (range.size() > MAX_RANGE) {
            throw Numbers.arithmetic("Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + MAX_RANGE + ").");
        }
        return range;
    }

    private static Dict dict(Values values, CallArguments arguments) {
        if (arguments.positional.size() > 1) {
            throw ChatTemplateException.type("dict expected at most 1 argument, got " + arguments.positional.size());
        }
        Dict dict = new Dict();
        if (!arguments.positional.isEmpty()) {
            Object source = arguments.positional.getFirst();
            if (source instanceof Dict other) {
                dict.putAll(other);
            } else {
                for (Object pair : values.list(source)) {
                    List<Object> two = values.list(pair);
                    if (two.size() != 2) {
                        throw ChatTemplateException.value("dictionary update sequence element has length " + two.size()
                                + "; 2 is required");
                    }
                    dict.put(two.get(0), two.get(1));
                }
            }
        }
        arguments.named.forEach((name, value) -> dict.put(Text.of(name), value));
        return dict;
    }

    @Override
    public String type() {
        return name.equals("range") || name.startsWith("raise") || name.startsWith("strf") ? "function" : "type";
    }
}
