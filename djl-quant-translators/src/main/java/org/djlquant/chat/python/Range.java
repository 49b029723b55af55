package org.djlquant.chat.python;

import java.util.Iterator;

/** Python's range; the step is not 0. */
public record Range(long start, long stop, long step) implements PyObject {

    @Override
    public String type() {
        return "range";
    }

    @Override
    public long length() {
        long span = step > 0 ? stop - start : start - stop;
        long stride = Math.abs(step);
        return span <= 0 ? 0 : (span + stride - 1) / stride;
    }

    long at(long index) {
        return start + index * step;
    }

    boolean contains(long value) {
        return (step > 0 ? value >= start && value < stop : value <= start && value > stop)
                && (value - start) % step == 0;
    }

    @Override
    public Object element(Object index) {
        long at = Values.position(index, length());
        return at < 0 ? MISSING : at(at);
    }

    @Override
    public Iterator<Object> iterate() {
        return new Iterator<>() {
            private long next;

            @Override
            public boolean hasNext() {
                return next < length();
            }

            @Override
            public Object next() {
                return at(next++);
            }
        };
    }

    @Override
    public Object attribute(String name) {
        return switch (name) {
            case "start" -> start;
            case "stop" -> stop;
            case "step" -> step;
            default -> MISSING;
        };
    }

    @Override
    public void repr(Values values, TextBuilder out) {
        out.append("range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")"));
    }
}
