package org.djlquant.chat.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.djlquant.chat.python.Arguments;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.TextBuilder;
import org.djlquant.chat.python.Undefined;
import org.djlquant.chat.python.Values;

/** The {@code loop} object: looks one element ahead, and counts what it iterates over if asked. */
final class LoopContext implements PyObject.Callable {

    private final Interpreter in;
    private final Statement.For loop;
    private final Scope scope;
    private final long depth;
    private Iterator<Object> iterator;
    private long length;
    private long index0 = -1;
    private Object after = MISSING;
    private Object current = MISSING;
    private Object before = MISSING;
    private Seq lastChanged;

    /**
     * A loop's state.
     *
     * @param items what gives the length if it has one
     * @param iterator the elements
     */
    LoopContext(Interpreter in, Statement.For loop, Object items, Iterator<Object> iterator, Scope scope, long depth) {
        this.in = in;
        this.loop = loop;
        this.scope = scope;
        this.depth = depth;
        this.iterator = iterator;
        length = items instanceof PyObject object ? object.length() : Values.length(items);
    }

    boolean hasNext() {
        return after != MISSING || iterator.hasNext();
    }

    Object next() {
        before = current;
        current = peek();
        after = MISSING;
        index0++;
        return current;
    }

    private Object peek() {
        if (after == MISSING && iterator.hasNext()) {
            after = iterator.next();
        }
        return after;
    }

    @Override
    public long length() {
        if (length < 0) {
            List<Object> rest = new ArrayList<>();
            while (iterator.hasNext()) {
                in.values.budget().step();
                rest.add(iterator.next());
            }
            iterator = rest.iterator();
            length = rest.size() + index0 + (after == MISSING ? 1 : 2);
        }
        return length;
    }

    @Override
    public Object attribute(String name) {
        return switch (name) {
            case "index" -> index0 + 1;
            case "index0" -> index0;
            case "length" -> length();
            case "revindex" -> length() - index0;
            case "revindex0" -> length() - index0 - 1;
            case "first" -> index0 == 0;
            case "last" -> peek() == MISSING;
            case "depth" -> depth + 1;
            case "depth0" -> depth;
            case "previtem" -> index0 == 0 ? Undefined.because("there is no previous item") : before;
            case "nextitem" -> peek() == MISSING ? Undefined.because("there is no next item") : after;
            case "cycle" -> (PyObject.Callable) this::cycle;
            case "changed" -> (PyObject.Callable) this::changed;
            default -> MISSING;
        };
    }

    private Object cycle(Arguments given) {
        if (given.size() == 0 || !given.named().isEmpty()) {
            throw PythonError.type("no items for cycling given");
        }
        return given.get((int) (index0 % given.size()));
    }

    private Object changed(Arguments given) {
        Seq values = Seq.tuple(given.positional());
        boolean changed = lastChanged == null || !in.values.equal(lastChanged, values);
        lastChanged = values;
        return changed;
    }

    @Override
    public Object call(Arguments arguments) {
        if (!loop.recursive() || arguments.size() != 1 || !arguments.named().isEmpty()) {
            throw PythonError.type(loop.recursive() ? "loop() takes one positional argument"
                    : "The loop must have the 'recursive' marker to be called recursively.");
        }
        return loop.render(in, arguments.get(0), scope, depth + 1);
    }

    @Override
    public String type() {
        return "LoopContext";
    }

    @Override
    public void repr(Values values, TextBuilder out) {
        out.append("<LoopContext " + (index0 + 1) + "/" + length() + ">");
    }
}
