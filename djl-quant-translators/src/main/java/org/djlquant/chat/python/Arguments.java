package org.djlquant.chat.python;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arguments of a call; once a {@link Signature} has bound them, all of them are positional. */
public record Arguments(List<Object> positional, Map<String, Object> named) {

    /** Without the first positional argument. */
    public Arguments rest() {
        return new Arguments(positional.subList(1, positional.size()), named);
    }

    /** With one more named argument. */
    public Arguments with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(named);
        more.put(name, value);
        return new Arguments(positional, more);
    }

    /** Number of positional arguments. */
    public int size() {
        return positional.size();
    }

    /** A positional argument. */
    public Object get(int i) {
        return positional.get(i);
    }

    /** Truth of a positional argument. */
    public boolean flag(int i) {
        return Values.truth(get(i));
    }

    /** An int argument, saturated to a long. */
    public long integer(int i) {
        return integer(get(i));
    }

    /** An int, saturated to a long. */
    public static long integer(Object value) {
        if (!Numbers.isInt(value)) {
            throw PythonError.type("'" + Values.typeName(value) + "' object cannot be interpreted as an integer");
        }
        return Numbers.saturated(value);
    }

    /** A str argument. */
    public Text text(int i) {
        return text(get(i));
    }

    /** A str. */
    public static Text text(Object value) {
        Undefined.refuse(value);
        if (value instanceof Text text) {
            return text;
        }
        throw PythonError.type("argument must be str, not " + Values.typeName(value));
    }
}
