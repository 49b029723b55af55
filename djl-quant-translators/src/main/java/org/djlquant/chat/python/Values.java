package org.djlquant.chat.python;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What Python does with values of any type within a budget: {@code str} and {@code repr}, equality, order,
 * iteration, containment. Type switches are written as chains of {@code instanceof}, because the JDK's own take
 * ten milliseconds to start up, which is longer than a prompt takes to render.
 */
public final class Values {

    private final Budget budget;

    /** Values whose handling draws on a budget. */
    public Values(Budget budget) {
        this.budget = budget;
    }

    /** The budget. */
    public Budget budget() {
        return budget;
    }

    /** An empty text to build. */
    public TextBuilder builder() {
        return new TextBuilder(budget);
    }

    /** Name of the type of a value. */
    public static String typeName(Object value) {
        return value == null ? "NoneType"
                : value instanceof Text text ? text.markup ? "Markup" : "str"
                : value instanceof PyObject object ? object.type()
                : value instanceof Boolean ? "bool"
                : value instanceof Double ? "float" : "int";
    }

    /** Python's bool(). */
    public static boolean truth(Object value) {
        return value instanceof Boolean b ? b
                : value instanceof Text text ? !text.isEmpty()
                : value instanceof PyObject object ? object.length() != 0
                : value instanceof Long l ? l != 0
                : value instanceof Double d ? d != 0 : value != null;
    }

    // -- text

    /** Python's str(). */
    public Text str(Object value) {
        if (value instanceof Text text) {
            return text;
        }
        return value instanceof Undefined ? Text.EMPTY : representation(value);
    }

    /** Python's repr() as a str. */
    Text representation(Object value) {
        TextBuilder out = builder();
        repr(value, out);
        return out.build();
    }

    /** Python's repr(). */
    public void repr(Object value, TextBuilder out) {
        budget.step();
        if (value instanceof Text text) {
            out.append(text.markup ? "Markup(" : "");
            quote(text, out);
            out.append(text.markup ? ")" : "");
        } else if (value instanceof PyObject object) {
            object.repr(this, out);
        } else {
            out.append(value == null ? "None"
                    : value instanceof Boolean b ? b ? "True" : "False" : Numbers.repr(value));
        }
    }

    /** The reprs of elements with commas between them. */
    void repr(List<Object> items, TextBuilder out) {
        budget.enter();
        for (int i = 0; i < items.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            repr(items.get(i), out);
        }
        budget.leave();
    }

    /** repr of a name in an error message. */
    public static String quote(String s) {
        TextBuilder out = new TextBuilder(new Budget(Long.MAX_VALUE, Integer.MAX_VALUE, 1, Duration.ofDays(1)));
        quote(Text.of(s), out);
        return out.toString();
    }

    /** repr of a str: single quotes unless only double ones save escapes, and escapes for what cannot be printed. */
    private static void quote(Text text, TextBuilder out) {
        String quote = text.s.indexOf('\'') >= 0 && text.s.indexOf('"') < 0 ? "\"" : "'";
        out.append(quote).escaped(text, c -> switch (c) {
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> c == quote.charAt(0) ? "\\" + quote : isPrintable(c) ? null
                    : (c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c);
        }).append(quote);
    }

    static boolean isPrintable(int c) {
        return c == ' ' || switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    /** HTML escaping as markupsafe does it; a safe string stays as it is. */
    public Text escape(Object value) {
        Text text = str(value);
        return text.markup ? text : builder().escaped(text, c -> switch (c) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '\'' -> "&#39;";
            case '"' -> "&#34;";
            default -> null;
        }).build(true);
    }

    /** str(), or the escaped and safe text if the result of an operation has to be safe. */
    public Text str(Object value, boolean safe) {
        return safe ? escape(value) : str(value);
    }

    // -- equality and order

    /** {@code a == b}. */
    public boolean equal(Object a, Object b) {
        budget.step();
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.compare(a, b) == 0;
        }
        if (a instanceof Seq x && b instanceof Seq y) {
            return x.isTuple() == y.isTuple() && x.size() == y.size() && commonLength(x, y) == x.size();
        }
        if (a instanceof Dict x && b instanceof Dict y) {
            return equal(x, y);
        }
        if (a instanceof Range x && b instanceof Range y) {
            return x.length() == y.length() && (x.length() == 0
                    || x.start() == y.start() && (x.length() == 1 || x.step() == y.step()));
        }
        if (a instanceof Dict.View x && b instanceof Dict.View y && !x.part().equals("values")) {
            return x.part().equals(y.part()) && x.length() == y.length()
                    && list(x).stream().allMatch(item -> contains(y, item));
        }
        return a == b || a instanceof Text && a.equals(b) || a instanceof Undefined && b instanceof Undefined;
    }

    /** Equality of elements: Python takes an object for equal to itself without asking. */
    boolean same(Object a, Object b) {
        return a == b || equal(a, b);
    }

    private boolean equal(Dict x, Dict y) {
        budget.enter();
        boolean same = x.size() == y.size();
        for (Iterator<Dict.Entry> entries = x.entries().iterator(); same && entries.hasNext();) {
            Dict.Entry entry = entries.next();
            Object other = y.find(entry.key());
            same = other != PyObject.MISSING && same(entry.value(), other);
        }
        budget.leave();
        return same;
    }

    /** Number of elements at the beginning that two sequences have in common. */
    private int commonLength(Seq x, Seq y) {
        budget.enter();
        int i = 0;
        while (i < x.size() && i < y.size() && same(x.items().get(i), y.items().get(i))) {
            i++;
        }
        budget.leave();
        return i;
    }

    /** One of {@code < <= > >=}. */
    public boolean ordered(String operator, Object a, Object b) {
        budget.step();
        Undefined.refuse(a);
        Undefined.refuse(b);
        int order;
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            order = Numbers.compare(a, b);
            if (order == 2) {
                return false;
            }
        } else if (a instanceof Text x && b instanceof Text y) {
            order = x.hasAstral() || y.hasAstral()
                    ? Arrays.compare(x.s.codePoints().toArray(), y.s.codePoints().toArray()) : x.s.compareTo(y.s);
        } else if (a instanceof Seq x && b instanceof Seq y && x.isTuple() == y.isTuple()) {
            int i = commonLength(x, y);
            if (i < x.size() && i < y.size()) {
                return ordered(operator, x.items().get(i), y.items().get(i));
            }
            order = Integer.compare(x.size(), y.size());
        } else {
            throw PythonError.type("'" + operator + "' not supported between instances of '" + typeName(a)
                    + "' and '" + typeName(b) + "'");
        }
        return operator.startsWith("<") && order < 0 || operator.startsWith(">") && order > 0
                || operator.endsWith("=") && order == 0;
    }

    /** A stable sort by keys, which are only asked which of two is less, as Python's sort does. */
    public List<Object> sorted(List<Object> items, UnaryOperator<Object> key, boolean reverse) {
        List<Object[]> keyed = new ArrayList<>(items.size());
        items.forEach(item -> keyed.add(new Object[] {key.apply(item), item}));
        Comparator<Object[]> order =
                (a, b) -> ordered("<", a[0], b[0]) ? -1 : ordered("<", b[0], a[0]) ? 1 : 0;
        try {
            keyed.sort(reverse ? order.reversed() : order);
        } catch (IllegalArgumentException e) {
            throw PythonError.value("values that are not numbers have no order");
        }
        List<Object> sorted = new ArrayList<>(items.size());
        keyed.forEach(pair -> sorted.add(pair[1]));
        return sorted;
    }

    // -- containers

    /** Whether Python's iter() takes the value. */
    public static boolean isIterable(Object value) {
        return value instanceof Text || value instanceof PyObject object && object.iterate() != null;
    }

    /** Python's iter(); a generator is used up by it. */
    public Iterator<Object> iterate(Object value) {
        if (value instanceof Text text) {
            return characters(text).iterator();
        }
        Iterator<Object> iterator = value instanceof PyObject object ? object.iterate() : null;
        if (iterator == null) {
            throw PythonError.type("'" + typeName(value) + "' object is not iterable");
        }
        return iterator;
    }

    /** The characters of a str; those of a safe one are not safe, as its class has no iterator of its own. */
    private List<Object> characters(Text marked) {
        Text text = marked.asMarkup(false);
        budget.steps(text.s.length());
        List<Object> characters = new ArrayList<>(text.s.length());
        for (int i = 0, after; i < text.s.length(); i = after) {
            after = i + Character.charCount(text.s.codePointAt(i));
            characters.add(text.sub(i, after));
        }
        return characters;
    }

    /** Python's list(). */
    public List<Object> list(Object value) {
        if (value instanceof Seq seq) {
            return seq.items();
        }
        List<Object> list = new ArrayList<>();
        for (Iterator<Object> iterator = iterate(value); iterator.hasNext();) {
            budget.step();
            list.add(iterator.next());
        }
        return list;
    }

    /** Python's unpacking: exactly so many elements of a value. */
    public List<Object> unpack(Object value, int count) {
        if (!isIterable(value)) {
            throw PythonError.type("cannot unpack non-iterable " + typeName(value) + " object");
        }
        List<Object> unpacked = new ArrayList<>(count);
        Iterator<Object> items = iterate(value);
        while (items.hasNext() && unpacked.size() < count) {
            unpacked.add(items.next());
        }
        if (unpacked.size() < count || items.hasNext()) {
            throw PythonError.value(unpacked.size() == count ? "too many values to unpack (expected " + count + ")"
                    : "not enough values to unpack (expected " + count + ", got " + unpacked.size() + ")");
        }
        return unpacked;
    }

    /** Python's len(). */
    public static long length(Object value) {
        long length = value instanceof Text text ? text.length()
                : value instanceof PyObject object ? object.length() : -1;
        if (length < 0) {
            throw PythonError.type("object of type '" + typeName(value) + "' has no len()");
        }
        return length;
    }

    /** The position that an index means in a sequence of a length, or −1. */
    static long position(Object index, long length) {
        if (!Numbers.isInt(index)) {
            return -1;
        }
        long at = Numbers.saturated(index);
        at = at < 0 ? at + length : at;
        return at < length ? Math.max(at, -1) : -1;
    }

    /** {@code item in container}. */
    public boolean contains(Object container, Object item) {
        if (container instanceof Text text) {
            if (item instanceof Text part) {
                budget.characters(text.s.length());
                return text.s.contains(part.s);
            }
            throw PythonError.type("'in <string>' requires string as left operand, not " + typeName(item));
        }
        if (container instanceof Dict dict) {
            return dict.find(item) != PyObject.MISSING;
        }
        if (container instanceof Dict.View view && view.part().equals("keys")) {
            return contains(view.dict(), item);
        }
        if (container instanceof Range range && Numbers.isInt(item)) {
            return !(item instanceof BigInteger) && range.contains(Numbers.saturated(item));
        }
        if (!isIterable(container)) {
            throw PythonError.type("argument of type '" + typeName(container) + "' is not iterable");
        }
        for (Iterator<Object> iterator = iterate(container); iterator.hasNext();) {
            if (same(iterator.next(), item)) {
                return true;
            }
        }
        return false;
    }
}
