package org.djlquant.chat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.djlquant.chat.ValueTypes.DictView;
import org.djlquant.chat.ValueTypes.Generator;
import org.djlquant.chat.ValueTypes.Range;
import org.djlquant.chat.ValueTypes.Undefined;

/**
 * What Python does with values of any type: truth, equality, order, iteration, {@code str} and {@code repr},
 * operators, subscripts. None is null, a str is a {@link Text}, numbers are described at {@link Numbers}.
 * Everything that walks through values draws on the budget of the rendering.
 */
final class Values {

    final Budget budget;

    Values(Budget budget) {
        this.budget = budget;
    }

    /** For values of no consequence, such as those in error messages. */
    static Values unlimited() {
        return new Values(new Budget(TemplateLimits.DEFAULT));
    }

    static String typeName(Object value) {
        return switch (value) {
            case null -> "NoneType";
            case Boolean b -> "bool";
            case Long l -> "int";
            case BigInteger b -> "int";
            case Double d -> "float";
            case Text text -> text.markup ? "Markup" : "str";
            case Seq seq -> switch (seq.kind) {
                case LIST -> "list";
                case TUPLE -> "tuple";
                case GROUP -> "_GroupTuple";
            };
            case Dict dict -> "dict";
            case Range range -> "range";
            case Undefined undefined -> "Undefined";
            case Generator generator -> generator.type;
            case DictView view -> "dict_" + view.part();
            case ValueTypes.Callable callable -> callable.type();
            default -> value.getClass().getSimpleName();
        };
    }

    static String qualifiedTypeName(Object value) {
        String name = typeName(value);
        return switch (name) {
            case "Undefined", "Macro", "LoopContext" -> "jinja2.runtime." + name;
            case "Namespace", "Cycler", "Joiner" -> "jinja2.utils." + name;
            case "Markup" -> "markupsafe.Markup";
            case "_GroupTuple" -> "jinja2.filters._GroupTuple";
            default -> name;
        };
    }

    boolean truth(Object value) {
        return switch (value) {
            case null -> false;
            case Boolean b -> b;
            case Long l -> l != 0;
            case Double d -> d != 0;
            case Text text -> !text.isEmpty();
            case Seq seq -> seq.size() > 0;
            case Dict dict -> dict.size() > 0;
            case Undefined undefined -> false;
            case Range range -> range.size() > 0;
            case DictView view -> view.dict().size() > 0;
            case LoopContext loop -> loop.length() > 0;
            default -> true;
        };
    }

    // -- text

    /** Python's str(). */
    Text str(Object value) {
        return switch (value) {
            case Text text -> text;
            case Undefined undefined -> Text.EMPTY;
            case null -> Text.of("None");
            case Boolean b -> Text.of(b ? "True" : "False");
            case Long l -> Text.of(l.toString());
            default -> {
                TextBuilder out = new TextBuilder();
                repr(value, out);
                yield out.build();
            }
        };
    }

    /** str() without a safe mark. */
    Text plain(Object value) {
        return str(value).asMarkup(false);
    }

    String repr(Object value) {
        TextBuilder out = new TextBuilder();
        repr(value, out);
        return out.toString();
    }

    void repr(Object value, TextBuilder out) {
        budget.append(out.length(), 16);
        switch (value) {
            case null -> out.append("None");
            case Boolean b -> out.append(b ? "True" : "False");
            case Long l -> out.append(l.toString());
            case BigInteger b -> out.append(Numbers.string(b));
            case Double d -> out.append(Numbers.repr(d));
            case Text text -> {
                budget.append(out.length(), text.s.length());
                out.append(text.markup ? "Markup(" : "");
                quote(text, out);
                out.append(text.markup ? ")" : "");
            }
            case Seq seq -> {
                out.append(seq.isTuple() ? "(" : "[");
                items(seq.items, out);
                out.append(seq.isTuple() ? seq.size() == 1 ? ",)" : ")" : "]");
            }
            case Dict dict -> repr(dict, out);
            case Range r -> out.append("range(" + r.start() + ", " + r.stop() + (r.step() == 1 ? ")" : ", " + r.step() + ")"));
            case DictView view -> {
                out.append("dict_" + view.part() + "([");
                items(view.list(), out);
                out.append("])");
            }
            case Undefined undefined -> out.append("Undefined");
            case ValueTypes.Namespace namespace -> {
                out.append("<Namespace ");
                repr(namespace.attributes, out);
                out.append(">");
            }
            case LoopContext loop -> out.append("<LoopContext " + loop.index() + "/" + loop.length() + ">");
            case Macro macro -> out.append("<Macro " + (macro.name() == null ? "anonymous" : quote(macro.name())) + ">");
            case Interpreter.Blocks blocks -> out.append("<TemplateReference None>");
            default -> out.append("<" + typeName(value) + " object>");
        }
    }

    private void items(List<Object> items, TextBuilder out) {
        budget.enter();
        boolean comma = false;
        for (Object item : items) {
            out.append(comma ? ", " : "");
            repr(item, out);
            comma = true;
        }
        budget.leave();
    }

    private void repr(Dict dict, TextBuilder out) {
        budget.enter();
        out.append("{");
        boolean comma = false;
        for (Dict.Entry entry : dict.entries()) {
            out.append(comma ? ", " : "");
            repr(entry.key(), out);
            out.append(": ");
            repr(entry.value(), out);
            comma = true;
        }
        out.append("}");
        budget.leave();
    }

    static String quote(String s) {
        TextBuilder out = new TextBuilder();
        quote(Text.of(s), out);
        return out.toString();
    }

    /** repr of a str: single quotes unless only double ones save escapes, and escapes for what cannot be printed. */
    private static void quote(Text text, TextBuilder out) {
        String s = text.s;
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        int plain = 0;
        int i = 0;
        while (i < s.length()) {
            int c = s.codePointAt(i);
            int after = i + Character.charCount(c);
            String escape = switch (c) {
                case '\\' -> "\\\\";
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                default -> c == quote ? "\\" + quote : isPrintable(c) ? null
                        : c < 0x100 ? "\\x%02x".formatted(c) : c < 0x10000 ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c);
            };
            if (escape != null) {
                out.append(text, plain, i);
                out.append(escape, text.user != null);
                plain = after;
            }
            i = after;
        }
        out.append(text, plain, s.length());
        out.append(quote);
    }

    static boolean isPrintable(int c) {
        return c == ' ' || switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    /** HTML escaping as markupsafe does it; a safe string stays as it is. */
    Text escape(Object value) {
        Text text = str(value);
        if (text.markup) {
            return text;
        }
        TextBuilder out = new TextBuilder();
        int plain = 0;
        for (int i = 0; i < text.s.length(); i++) {
            String entity = switch (text.s.charAt(i)) {
                case '&' -> "&amp;";
                case '<' -> "&lt;";
                case '>' -> "&gt;";
                case '\'' -> "&#39;";
                case '"' -> "&#34;";
                default -> null;
            };
            if (entity != null) {
                out.append(text, plain, i);
                out.append(entity, text.user != null);
                plain = i + 1;
            }
        }
        budget.characters(out.length() + text.s.length() - plain);
        return out.append(text, plain, text.s.length()).build(true);
    }

    // -- equality and order

    boolean equal(Object a, Object b) {
        budget.step();
        if (a == b) {
            return !(a instanceof Double d && d.isNaN());
        }
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.compare(a, b) == 0;
        }
        if (a instanceof Text x && b instanceof Text y) {
            return x.s.equals(y.s);
        }
        if (a instanceof Seq x && b instanceof Seq y) {
            if (x.isTuple() != y.isTuple() || x.size() != y.size()) {
                return false;
            }
            budget.enter();
            boolean same = true;
            for (int i = 0; same && i < x.size(); i++) {
                same = same(x.items.get(i), y.items.get(i));
            }
            budget.leave();
            return same;
        }
        if (a instanceof Dict x && b instanceof Dict y) {
            return equal(x, y);
        }
        if (a instanceof Range x && b instanceof Range y) {
            return x.size() == y.size() && (x.size() == 0
                    || x.start() == y.start() && (x.size() == 1 || x.step() == y.step()));
        }
        if (a instanceof DictView x && b instanceof DictView y && !x.part().equals("values") && !y.part().equals("values")) {
            List<Object> right = y.list();
            return x.dict().size() == right.size() && x.list().stream().allMatch(item -> in(item, right));
        }
        return a instanceof Undefined && b instanceof Undefined;
    }

    /** Equality of elements: Python takes an object for equal to itself without asking. */
    private boolean same(Object a, Object b) {
        return a == b || equal(a, b);
    }

    private boolean equal(Dict x, Dict y) {
        if (x.size() != y.size()) {
            return false;
        }
        budget.enter();
        boolean same = true;
        for (Dict.Entry entry : x.entries()) {
            Dict.Entry other = y.find(entry.key());
            if (other == null || !same(entry.value(), other.value())) {
                same = false;
                break;
            }
        }
        budget.leave();
        return same;
    }

    /** One of {@code < <= > >=}. */
    boolean ordered(String operator, Object a, Object b) {
        if (a instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (b instanceof Undefined undefined) {
            throw undefined.error();
        }
        int order;
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            order = Numbers.compare(a, b);
            if (order == 2) {
                return false;
            }
        } else if (a instanceof Text x && b instanceof Text y) {
            order = compare(x, y);
        } else if (a instanceof Seq x && b instanceof Seq y && x.isTuple() == y.isTuple()) {
            int i = 0;
            while (i < x.size() && i < y.size() && same(x.items.get(i), y.items.get(i))) {
                i++;
            }
            if (i < x.size() && i < y.size()) {
                return ordered(operator, x.items.get(i), y.items.get(i));
            }
            order = Integer.compare(x.size(), y.size());
        } else {
            throw ChatTemplateException.type("'" + operator + "' not supported between instances of '" + typeName(a)
                    + "' and '" + typeName(b) + "'");
        }
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private int compare(Text a, Text b) {
        if (!a.hasAstral() && !b.hasAstral()) {
            return a.s.compareTo(b.s);
        }
        return java.util.Arrays.compare(a.s.codePoints().toArray(), b.s.codePoints().toArray());
    }

    boolean less(Object a, Object b) {
        budget.step();
        return ordered("<", a, b);
    }

    /** A stable sort by keys that only asks which of two is less, as Python's does. */
    List<Object> sorted(List<Object> items, List<Object> keys, boolean reverse) {
        List<Integer> order = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            order.add(i);
        }
        if (reverse) {
            Collections.reverse(order);
        }
        Integer[] sorted = order.toArray(Integer[]::new);
        mergeSort(sorted, new Integer[sorted.length], 0, sorted.length, keys);
        List<Object> result = new ArrayList<>(items.size());
        for (Integer i : sorted) {
            result.add(items.get(i));
        }
        if (reverse) {
            Collections.reverse(result);
        }
        return result;
    }

    private void mergeSort(Integer[] a, Integer[] scratch, int from, int to, List<Object> keys) {
        if (to - from < 2) {
            return;
        }
        int middle = (from + to) >>> 1;
        mergeSort(a, scratch, from, middle, keys);
        mergeSort(a, scratch, middle, to, keys);
        System.arraycopy(a, from, scratch, from, to - from);
        int left = from;
        int right = middle;
        for (int i = from; i < to; i++) {
            boolean takeRight = right < to && (left >= middle || less(keys.get(scratch[right]), keys.get(scratch[left])));
            a[i] = scratch[takeRight ? right++ : left++];
        }
    }

    // -- containers

    /** Python's iter(); a generator is used up by it. */
    Iterator<Object> iterate(Object value) {
        return switch (value) {
            case Seq seq -> seq.items.iterator();
            case Dict dict -> dict.keys().iterator();
            case Text text -> characters(text).iterator();
            case Range range -> range.iterator();
            case Generator generator -> generator.values;
            case DictView view -> view.list().iterator();
            case Undefined undefined -> Collections.emptyIterator();
            case null, default -> throw ChatTemplateException.type("'" + typeName(value) + "' object is not iterable");
        };
    }

    boolean isIterable(Object value) {
        return value instanceof Seq || value instanceof Dict || value instanceof Text || value instanceof Range
                || value instanceof Generator || value instanceof DictView || value instanceof Undefined
                || value instanceof LoopContext;
    }

    /** The characters of a str; those of a safe one are not safe, as its class has no iterator of its own. */
    private List<Object> characters(Text marked) {
        Text text = marked.asMarkup(false);
        budget.elements(text.s.length());
        List<Object> characters = new ArrayList<>(text.s.length());
        int i = 0;
        while (i < text.s.length()) {
            int after = i + Character.charCount(text.s.codePointAt(i));
            characters.add(text.sub(i, after));
            i = after;
        }
        return characters;
    }

    /** Python's list(). */
    List<Object> list(Object value) {
        if (value instanceof Seq seq) {
            return seq.items;
        }
        Iterator<Object> iterator = iterate(value);
        List<Object> list = new ArrayList<>();
        while (iterator.hasNext()) {
            budget.step();
            list.add(iterator.next());
        }
        return list;
    }

    /** Python's len(), or −1 for a value without one. */
    long lengthOrNone(Object value) {
        return switch (value) {
            case Text text -> text.length();
            case Seq seq -> seq.size();
            case Dict dict -> dict.size();
            case Range range -> range.size();
            case DictView view -> view.dict().size();
            case Undefined undefined -> 0;
            case LoopContext loop -> loop.length();
            case null, default -> -1;
        };
    }

    long length(Object value) {
        long length = lengthOrNone(value);
        if (length < 0) {
            throw ChatTemplateException.type("object of type '" + typeName(value) + "' has no len()");
        }
        return length;
    }

    boolean in(Object item, List<Object> list) {
        for (Object element : list) {
            if (same(element, item)) {
                return true;
            }
        }
        return false;
    }

    /** {@code item in container}. */
    boolean contains(Object container, Object item) {
        switch (container) {
            case Text text -> {
                if (item instanceof Text part) {
                    budget.characters(text.s.length());
                    return text.s.contains(part.s);
                }
                throw ChatTemplateException.type("'in <string>' requires string as left operand, not " + typeName(item));
            }
            case Dict dict -> {
                return dict.find(item) != null;
            }
            case DictView view when view.part().equals("keys") -> {
                return view.dict().find(item) != null;
            }
            case Range range when Numbers.isInt(item) -> {
                return !(item instanceof BigInteger) && range.contains(Numbers.saturated(item));
            }
            case null, default -> {
                if (!isIterable(container)) {
                    throw ChatTemplateException.type("argument of type '" + typeName(container) + "' is not iterable");
                }
                Iterator<Object> iterator = iterate(container);
                while (iterator.hasNext()) {
                    if (same(iterator.next(), item)) {
                        return true;
                    }
                }
                return false;
            }
        }
    }
}
