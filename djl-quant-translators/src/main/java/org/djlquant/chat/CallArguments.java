package org.djlquant.chat;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The arguments of one call, read parameter by parameter in the order of the function's signature, by position
 * or by name, with Python's errors for missing and superfluous ones. Used once.
 */
final class CallArguments {

    final List<Object> positional;
    final Map<String, Object> named;
    private String function = "function";
    private int next;

    CallArguments(List<Object> positional, Map<String, Object> named) {
        this.positional = positional;
        this.named = named;
    }

    /** The same arguments unread, for a function that is called for one element after the other. */
    CallArguments fresh() {
        return new CallArguments(positional, named.isEmpty() ? named : new LinkedHashMap<>(named));
    }

    /** Without the first positional argument. */
    CallArguments rest() {
        return new CallArguments(positional.subList(1, positional.size()), named);
    }

    /** Names the function for error messages. */
    CallArguments of(String name) {
        function = name;
        return this;
    }

    /** Refuses named arguments, as most methods that Python implements in C do. */
    CallArguments positionalOnly() {
        if (!named.isEmpty()) {
            throw ChatTemplateException.type(function + "() takes no keyword arguments");
        }
        return this;
    }

    /** Refuses arguments that a function with these parameters does not take, before it does anything. */
    void accept(List<String> parameters) {
        if (positional.size() > parameters.size()) {
            throw ChatTemplateException.type(function + "() takes at most " + parameters.size()
                    + " positional arguments but " + positional.size() + " were given");
        }
        for (String name : named.keySet()) {
            int index = parameters.indexOf(name);
            if (index < positional.size()) {
                throw ChatTemplateException.type(function + (index < 0 ? "() got an unexpected keyword argument "
                        : "() got multiple values for argument ") + Values.quote(name));
            }
        }
    }

    boolean has(String name) {
        return next < positional.size() || named.containsKey(name);
    }

    Object required(String name) {
        if (!has(name)) {
            throw ChatTemplateException.type(function + "() missing 1 required positional argument: " + Values.quote(name));
        }
        return take(name);
    }

    Object optional(String name, Object defaultValue) {
        return has(name) ? take(name) : defaultValue;
    }

    private Object take(String name) {
        if (next < positional.size()) {
            if (named.containsKey(name)) {
                throw ChatTemplateException.type(function + "() got multiple values for argument " + Values.quote(name));
            }
            return positional.get(next++);
        }
        return named.remove(name);
    }

    boolean flag(String name, Values values) {
        return values.truth(optional(name, false));
    }

    long integer(String name, long defaultValue) {
        return integer(optional(name, defaultValue));
    }

    long requiredInteger(String name) {
        return integer(required(name));
    }

    /** An int argument, saturated to a long. */
    static long integer(Object value) {
        if (!Numbers.isInt(value)) {
            throw ChatTemplateException.type("'" + Values.typeName(value) + "' object cannot be interpreted as an integer");
        }
        return Numbers.saturated(value);
    }

    Text text(String name) {
        return text(required(name), name);
    }

    Text text(Object value, String name) {
        if (value instanceof Text text) {
            return text;
        }
        throw ChatTemplateException.type(function + "() argument " + Values.quote(name) + " must be str, not "
                + Values.typeName(value));
    }

    /** Refuses arguments that no parameter took. */
    void end() {
        if (next < positional.size()) {
            throw ChatTemplateException.type(function + "() takes at most " + next + " positional arguments but "
                    + positional.size() + " were given");
        }
        Iterator<String> left = named.keySet().iterator();
        if (left.hasNext()) {
            throw ChatTemplateException.type(function + "() got an unexpected keyword argument " + Values.quote(left.next()));
        }
    }
}
