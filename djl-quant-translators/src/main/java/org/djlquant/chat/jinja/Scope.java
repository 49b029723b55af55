package org.djlquant.chat.jinja;

import java.util.HashMap;
import java.util.Map;
import org.djlquant.chat.python.PyObject;

/** A variable scope: names set here, then those of the scopes around it. */
final class Scope {

    private final Scope parent;
    private Map<String, Object> names;

    /** An empty scope within another one, or within none. */
    Scope(Scope parent) {
        this.parent = parent;
    }

    /** Sets a variable here; {@link PyObject#MISSING} hides the name outside. */
    void set(String name, Object value) {
        if (names == null) {
            names = new HashMap<>();
        }
        names.put(name, value);
    }

    /** The value of a variable, or {@link PyObject#MISSING}. */
    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Object value = scope.names == null ? PyObject.MISSING : scope.names.getOrDefault(name, PyObject.MISSING);
            if (value != PyObject.MISSING || scope.names != null && scope.names.containsKey(name)) {
                return value;
            }
        }
        return PyObject.MISSING;
    }
}
