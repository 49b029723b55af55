package org.djlquant.chat.python;

import java.util.Iterator;

/** A value of a type that says itself what it can do. What is not overridden, the type cannot do. */
public interface PyObject {

    /** Stands for a value that is not there. */
    Object MISSING = new Object();

    /** Something a template can call. */
    interface Callable extends PyObject {
        /** Calls it. */
        Object call(Arguments arguments);

        @Override
        default String type() {
            return "builtin_function_or_method";
        }
    }

    /** Name of its Python type. */
    String type();

    /** The attribute of a name, or {@link #MISSING}. */
    default Object attribute(String name) {
        return MISSING;
    }

    /** The element of an index, or {@link #MISSING}. */
    default Object element(Object index) {
        return MISSING;
    }

    /** Python's iter(), or null if it has none. */
    default Iterator<Object> iterate() {
        return null;
    }

    /** Python's len(), or −1 if it has none; only a length of 0 is false. */
    default long length() {
        return -1;
    }

    /** Writes Python's repr(). */
    default void repr(Values values, TextBuilder out) {
        out.append("<").append(type()).append(" object>");
    }
}
