package org.djlquant.chat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.djlquant.chat.ValueTypes.Undefined;

/** The {@code loop} object: looks one element ahead, and counts what it iterates over if asked. */
final class LoopContext implements ValueTypes.Callable {

    private static final Object MISSING = new Object();

    private final Values values;
    private final Object iterable;
    private final Node.For recursive;
    private final ValueTypes.Scope scope;
    private final long depth;
    private Iterator<Object> iterator;
    private long length = -1;
    private long index0 = -1;
    private Object after = MISSING;
    private Object current = MISSING;
    private Object before = MISSING;
    private List<Object> lastChanged;

    /**
     * A loop's state.
     *
     * @param iterable what gives the length if it has one; null after a filter
     * @param recursive the loop that calling this object renders again, or null
     */
    LoopContext(Values values, Object iterable, Iterator<Object> iterator, Node.For recursive, ValueTypes.Scope scope,
            long depth) {
        this.values = values;
        this.iterable = iterable;
        this.iterator = iterator;
        this.recursive = recursive;
        this.scope = scope;
        this.depth = depth;
    }

    boolean hasNext() {
        return after != MISSING || iterator.hasNext();
    }

    Object next() {
        Object item = peek();
        after = MISSING;
        index0++;
        before = current;
        current = item;
        return item;
    }

    private Object peek() {
        if (after == MISSING && iterator.hasNext()) {
            after = iterator.next();
        }
        return after;
    }

    long index() {
        return index0 + 1;
    }

    long length() {
        if (length < 0) {
            length = iterable == null ? -1 : values.lengthOrNone(iterable);
            if (length < 0) {
                List<Object> rest = new ArrayList<>();
                while (iterator.hasNext()) {
                    values.budget.step();
                    rest.add(iterator.next());
                }
                iterator = rest.iterator();
                length = rest.size() + index() + (after == MISSING ? 0 : 1);
            }
        }
        return length;
    }

    /** The value of an attribute, or null if there is none by this name. */
    Dict.Entry attribute(String name) {
        Object value = switch (name) {
            case "index" -> index();
            case "index0" -> index0;
            case "length" -> length();
            case "revindex" -> length() - index0;
            case "revindex0" -> length() - index();
            case "first" -> index0 == 0;
            case "last" -> peek() == MISSING;
            case "depth" -> depth + 1;
            case "depth0" -> depth;
            case "previtem" -> index0 == 0 ? Undefined.because("there is no previous item") : before;
            case "nextitem" -> peek() == MISSING ? Undefined.because("there is no next item") : after;
            case "cycle", "changed" -> new ValueTypes.BoundMethod(this, name);
            default -> MISSING;
        };
        return value == MISSING ? null : new Dict.Entry(null, value);
    }

    Object method(String name, CallArguments arguments) {
        arguments.positionalOnly();
        List<Object> given = arguments.positional;
        if (name.equals("cycle")) {
            if (given.isEmpty()) {
                throw ChatTemplateException.type("no items for cycling given");
            }
            return given.get((int) (index0 % given.size()));
        }
        if (lastChanged != null && values.equal(Seq.tuple(lastChanged), Seq.tuple(given))) {
            return false;
        }
        lastChanged = given;
        return true;
    }

    @Override
    public Object call(Interpreter in, CallArguments arguments) {
        Object items = arguments.of("loop").required("iterable");
        arguments.end();
        if (recursive == null) {
            throw ChatTemplateException.type("The loop must have the 'recursive' marker to be called recursively.");
        }
        return in.recursiveLoop(recursive, items, scope, depth + 1);
    }

    @Override
    public String type() {
        return "LoopContext";
    }
}
