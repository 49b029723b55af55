package org.djlquant.chat.python;

import java.util.Collections;
import java.util.Iterator;

/** What a name or an access that leads nowhere gives: printable as nothing, an error to compute with. */
public final class Undefined implements PyObject {

    private final PythonError.Kind kind;
    /** Null for a missing element, whose error is put into words only if it comes to that. */
    private final String reason;
    private final Object object;
    private final Object key;

    private Undefined(PythonError.Kind kind, String reason, Object object, Object key) {
        this.kind = kind;
        this.reason = reason;
        this.object = object;
        this.key = key;
    }

    /** An undefined value with its reason. */
    public static Undefined because(String reason) {
        return new Undefined(PythonError.Kind.UNDEFINED, reason, null, null);
    }

    /** A variable that does not exist. */
    public static Undefined name(String name) {
        return because("'".concat(name).concat("' is undefined"));
    }

    /** A missing attribute or element of an object. */
    public static Undefined element(Object object, Object key) {
        return new Undefined(PythonError.Kind.UNDEFINED, null, object, key);
    }

    /** An attribute that exists in Python and is barred by Jinja's sandbox. */
    static Undefined unsafe(Object object, String name) {
        return new Undefined(PythonError.Kind.SECURITY, "access to attribute '" + name + "' of '"
                + Values.typeName(object) + "' object is unsafe.", null, null);
    }

    /** Refuses to compute with undefined values. */
    public static void refuse(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
    }

    /** The error of computing with it. */
    public PythonError error() {
        if (reason != null) {
            return new PythonError(kind, reason, 0, 0);
        }
        String type = object == null ? "None" : Values.typeName(object) + " object";
        String words = key instanceof Text name ? "'" + type + "' has no attribute " + Values.quote(name.s)
                : type + " has no element " + (key instanceof Long ? key : "of type " + Values.typeName(key));
        return new PythonError(kind, words, 0, 0);
    }

    @Override
    public String type() {
        return "Undefined";
    }

    @Override
    public Iterator<Object> iterate() {
        return Collections.emptyIterator();
    }

    @Override
    public long length() {
        return 0;
    }

    @Override
    public void repr(Values values, TextBuilder out) {
        out.append("Undefined");
    }
}
