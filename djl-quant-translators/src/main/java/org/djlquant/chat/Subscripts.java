package org.djlquant.chat;

import java.util.ArrayList;
import java.util.List;
import org.djlquant.chat.ValueTypes.Range;
import org.djlquant.chat.ValueTypes.Undefined;

/** Elements and slices of containers. */
final class Subscripts {

    private final Values values;

    Subscripts(Values values) {
        this.values = values;
    }

    /** {@code container[index]} without falling back to attributes; null if Python raises TypeError or LookupError. */
    Dict.Entry element(Object container, Object index) {
        switch (container) {
            case Undefined undefined -> throw undefined.error();
            case Dict dict -> {
                boolean unhashable = index instanceof Seq || index instanceof Dict;
                try {
                    return dict.find(index);
                } catch (ChatTemplateException e) {
                    if (unhashable) {
                        return null;
                    }
                    throw e;
                }
            }
            case Seq seq -> {
                int at = position(index, seq.size());
                return at < 0 ? null : new Dict.Entry(null, seq.items.get(at));
            }
            case Text text -> {
                int at = Numbers.isInt(index) ? position(index, text.length()) : -1;
                return at < 0 ? null : new Dict.Entry(null, text.sub(text.offset(at), text.offset(at + 1)));
            }
            case Range range -> {
                int at = position(index, (int) Math.min(range.size(), Integer.MAX_VALUE));
                return at < 0 ? null : new Dict.Entry(null, range.at(at));
            }
            case null, default -> {
                return null;
            }
        }
    }

    private static int position(Object index, int size) {
        if (!Numbers.isInt(index)) {
            return -1;
        }
        long at = Numbers.saturated(index);
        at = at < 0 ? at + size : at;
        return at < 0 || at >= size ? -1 : (int) at;
    }

    /** {@code container[start:stop:step]}. */
    Object slice(Object container, Object start, Object stop, Object step) {
        if (container instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(container instanceof Text || container instanceof Seq || container instanceof Range)) {
            throw ChatTemplateException.type(container instanceof Dict ? "unhashable type: 'slice'"
                    : "'" + Values.typeName(container) + "' object is not subscriptable");
        }
        long by = bound(step, 1);
        if (by == 0) {
            throw ChatTemplateException.value("slice step cannot be zero");
        }
        long size = values.length(container);
        long from = clamp(bound(start, by > 0 ? 0 : Long.MAX_VALUE), size, by);
        long to = stop == null && by < 0 ? -1 : clamp(bound(stop, Long.MAX_VALUE), size, by);
        if (container instanceof Range range) {
            return new Range(range.at(from), range.at(to), range.step() * by);
        }
        if (container instanceof Text text) {
            if (by == 1) {
                return text.sub(text.offset((int) from), text.offset((int) Math.max(from, to)));
            }
            TextBuilder out = new TextBuilder();
            for (long i = from; by > 0 ? i < to : i > to; i += by) {
                int at = text.offset((int) i);
                out.append(text, at, text.offset((int) i + 1));
                values.budget.step();
            }
            return out.build(text.markup);
        }
        Seq seq = (Seq) container;
        List<Object> items = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            items.add(seq.items.get((int) i));
        }
        values.budget.elements(items.size());
        return seq.like(items);
    }

    private static long bound(Object bound, long missing) {
        if (bound == null) {
            return missing;
        }
        if (!Numbers.isInt(bound)) {
            throw ChatTemplateException.type("slice indices must be integers or None or have an __index__ method");
        }
        return Math.clamp(Numbers.saturated(bound), -(1L << 40), 1L << 40);
    }

    private static long clamp(long index, long size, long step) {
        long at = index < 0 ? index + size : index;
        return step > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
    }
}
