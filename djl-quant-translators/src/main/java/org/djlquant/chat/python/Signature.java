package org.djlquant.chat.python;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The parameters of a function that is built in, written as Python writes them: {@code replace(old, new, count=-1, /)}.
 * Defaults are None, booleans, numbers or strings in single quotes; a slash at the end means that no argument can be
 * given by name; {@code *} means that the function binds its arguments itself.
 */
public final class Signature {

    private final String name;
    private final List<String> parameters = new ArrayList<>();
    private final List<Object> defaults = new ArrayList<>();
    private boolean positionalOnly;
    private boolean free;

    private Signature(String name, String list) {
        this.name = name;
        for (String part : list.isEmpty() ? new String[0] : list.split(",")) {
            String word = part.strip();
            int equals = word.indexOf('=');
            positionalOnly |= word.equals("/");
            free |= word.equals("*");
            if (!positionalOnly && !free) {
                parameters.add(equals < 0 ? word : word.substring(0, equals));
                defaults.add(equals < 0 ? PyObject.MISSING : constant(word.substring(equals + 1)));
            }
        }
    }

    private static Object constant(String word) {
        return switch (word) {
            case "None" -> null;
            case "True" -> true;
            case "False" -> false;
            default -> word.startsWith("'") ? (Object) Text.of(word.substring(1, word.length() - 1))
                    : word.indexOf('.') > 0 ? (Object) Double.valueOf(word) : Long.valueOf(word);
        };
    }

    /** The signatures of a table, which have semicolons between them, by name. */
    public static Map<String, Signature> table(String signatures) {
        Map<String, Signature> table = new HashMap<>();
        for (String entry : signatures.split(";")) {
            String signature = entry.strip();
            int open = signature.indexOf('(');
            String name = signature.substring(0, open);
            table.put(name, new Signature(name, signature.substring(open + 1, signature.length() - 1)));
        }
        return table;
    }

    /** The values of the parameters in order, with Python's errors for arguments that are missing or too many. */
    public Arguments bind(Arguments given) {
        if (free) {
            return given;
        }
        if (positionalOnly && !given.named().isEmpty()) {
            throw PythonError.type(name + "() takes no keyword arguments");
        }
        List<Object> positional = given.positional();
        if (positional.size() > parameters.size()) {
            throw PythonError.type(name + "() takes at most " + parameters.size() + " positional arguments but "
                    + positional.size() + " were given");
        }
        for (String named : given.named().keySet()) {
            int index = parameters.indexOf(named);
            if (index < positional.size()) {
                throw PythonError.type(name + (index < 0 ? "() got an unexpected keyword argument "
                        : "() got multiple values for argument ") + Values.quote(named));
            }
        }
        List<Object> values = new ArrayList<>(positional);
        for (int i = positional.size(); i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            Object value = given.named().containsKey(parameter) ? given.named().get(parameter) : defaults.get(i);
            if (value == PyObject.MISSING) {
                throw PythonError.type(name + "() missing 1 required positional argument: " + Values.quote(parameter));
            }
            values.add(value);
        }
        return new Arguments(values, Map.of());
    }
}
