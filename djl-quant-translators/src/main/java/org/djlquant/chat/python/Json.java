package org.djlquant.chat.python;

import java.util.List;

/** Python's {@code json.dumps} as the {@code tojson} filter of chat templates calls it: no HTML escaping. */
public final class Json {

    private final Values values;
    private final TextBuilder out;
    private final boolean ascii;
    private final Text indent;
    private final Text itemSeparator;
    private final Text keySeparator;
    private final boolean sortKeys;
    private int level;
    private boolean first;

    private Json(Values values, Arguments arguments) {
        this.values = values;
        out = values.builder();
        ascii = arguments.flag(0);
        Object step = arguments.get(1);
        indent = step == null || step instanceof Text ? (Text) step
                : Text.of(" ".repeat(Math.clamp(Arguments.integer(step), 0, 1000)));
        List<Object> separators = arguments.get(2) == null ? null : values.unpack(arguments.get(2), 2);
        itemSeparator = separators != null ? Arguments.text(separators.get(0)) : Text.of(indent == null ? ", " : ",");
        keySeparator = separators != null ? Arguments.text(separators.get(1)) : Text.of(": ");
        sortKeys = arguments.flag(3);
    }

    /** The filter's {@code dumps(x, ensure_ascii, indent, separators, sort_keys)} with arguments that are bound. */
    public static Text dumps(Values values, Object value, Arguments arguments) {
        Json json = new Json(values, arguments);
        json.write(value);
        return json.out.build();
    }

    private void write(Object value) {
        if (value instanceof Text text) {
            string(text);
        } else if (value instanceof Dict dict) {
            object(dict);
        } else if (value instanceof Seq seq) {
            begin("[");
            for (Object item : seq.items()) {
                element();
                write(item);
            }
            end("]", seq.size() > 0);
        } else if (value instanceof PyObject) {
            throw PythonError.type("Object of type " + Values.typeName(value) + " is not JSON serializable");
        } else {
            out.append(scalar(value));
        }
    }

    private static String scalar(Object value) {
        if (value instanceof Double d && !Double.isFinite(d)) {
            return d.toString();
        }
        return value == null ? "null" : value instanceof Boolean b ? b.toString() : Numbers.repr(value);
    }

    private void begin(String bracket) {
        values.budget().enter();
        out.append(bracket);
        level++;
        first = true;
    }

    private void element() {
        out.append(first ? Text.EMPTY : itemSeparator);
        newline(level);
        first = false;
    }

    private void end(String bracket, boolean filled) {
        level--;
        if (filled) {
            newline(level);
        }
        out.append(bracket);
        first = false;
        values.budget().leave();
    }

    private void newline(int indents) {
        if (indent != null) {
            out.append("\n").repeat(indent, indents);
        }
    }

    private void object(Dict dict) {
        List<Object> items = dict.list("items");
        begin("{");
        for (Object item : sortKeys ? values.sorted(items, pair -> ((Seq) pair).items().get(0), false) : items) {
            Object key = ((Seq) item).items().get(0);
            if (key instanceof PyObject) {
                throw PythonError.type("keys must be str, int, float, bool or None, not " + Values.typeName(key));
            }
            element();
            string(key instanceof Text text ? text : Text.of(scalar(key)));
            out.append(keySeparator);
            write(((Seq) item).items().get(1));
        }
        end("}", !items.isEmpty());
    }

    private void string(Text text) {
        out.append("\"").escaped(text, c -> switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\f' -> "\\f";
            case '\b' -> "\\b";
            default -> c < 0x20 || ascii && c > '~' ? unicode(c) : null;
        }).append("\"");
    }

    private static String unicode(int c) {
        StringBuilder out = new StringBuilder();
        for (char unit : Character.toChars(c)) {
            out.append("\\u%04x".formatted((int) unit));
        }
        return out.toString();
    }
}
