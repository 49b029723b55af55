package org.djlquant.chat.python;

import java.util.Iterator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** A generator: its values are made when they are asked for, and can be had once. */
public final class Generator implements PyObject, Iterator<Object> {

    private final String type;
    private final Supplier<Iterator<Object>> source;
    private final UnaryOperator<Object> step;
    private Iterator<Object> iterator;
    private Object ahead = MISSING;

    /**
     * A generator.
     *
     * @param type name of its Python type
     * @param source what it runs through, asked for with the first value
     * @param step makes a value of an element, or {@link #MISSING} to leave it out
     */
    public Generator(String type, Supplier<Iterator<Object>> source, UnaryOperator<Object> step) {
        this.type = type;
        this.source = source;
        this.step = step;
    }

    @Override
    public boolean hasNext() {
        if (iterator == null) {
            iterator = source.get();
        }
        while (ahead == MISSING && iterator.hasNext()) {
            ahead = step.apply(iterator.next());
        }
        return ahead != MISSING;
    }

    @Override
    public Object next() {
        Object value = hasNext() ? ahead : null;
        ahead = MISSING;
        return value;
    }

    @Override
    public String type() {
        return type;
    }

    @Override
    public Iterator<Object> iterate() {
        return this;
    }
}
