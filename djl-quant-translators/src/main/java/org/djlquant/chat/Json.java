package org.djlquant.chat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Python's {@code json.dumps} as the {@code tojson} filter of chat templates calls it: no HTML escaping. */
final class Json {

    private final Values values;
    private final TextBuilder out = new TextBuilder();
    private final boolean ascii;
    private final String indent;
    private final Text itemSeparator;
    private final Text keySeparator;
    private final boolean sortKeys;
    private int level;

    private Json(Values values, boolean ascii, String indent, Text itemSeparator, Text keySeparator, boolean sortKeys) {
        this.values = values;
        this.ascii = ascii;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
        this.sortKeys = sortKeys;
    }

    /** The filter: {@code tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False)}. */
    static Text dumps(Values values, Object value, CallArguments arguments) {
        boolean ascii = arguments.flag("ensure_ascii", values);
        Object indent = arguments.optional("indent", null);
        Object separators = arguments.optional("separators", null);
        boolean sortKeys = arguments.flag("sort_keys", values);
        String step = switch (indent) {
            case null -> null;
            case Text text -> text.s;
            default -> " ".repeat(Math.clamp(CallArguments.integer(indent), 0, 1000));
        };
        Text item = Text.of(step == null ? ", " : ",");
        Text key = Text.of(": ");
        if (separators != null) {
            List<Object> pair = values.list(separators);
            if (pair.size() != 2) {
                throw ChatTemplateException.value("separators must be two strings");
            }
            item = arguments.text(pair.get(0), "separators");
            key = arguments.text(pair.get(1), "separators");
        }
        Json json = new Json(values, ascii, step, item, key, sortKeys);
        json.write(value);
        return json.out.build();
    }

    private void write(Object value) {
        values.budget.append(out.length(), 16);
        switch (value) {
            case null -> out.append("null");
            case Boolean b -> out.append(b.toString());
            case Long l -> out.append(l.toString());
            case BigInteger b -> out.append(Numbers.string(b));
            case Double d -> out.append(number(d));
            case Text text -> string(text);
            case Seq seq -> sequence(seq);
            case Dict dict -> object(dict);
            default -> throw ChatTemplateException.type("Object of type " + Values.typeName(value) + " is not JSON serializable");
        }
    }

    private static String number(double d) {
        return Double.isNaN(d) ? "NaN" : Double.isInfinite(d) ? d > 0 ? "Infinity" : "-Infinity" : Numbers.repr(d);
    }

    private void newline() {
        if (indent != null) {
            out.append("\n");
            values.budget.append(out.length(), (long) indent.length() * level);
            out.append(indent.repeat(level));
        }
    }

    private void open(String bracket) {
        values.budget.enter();
        level++;
        out.append(bracket);
    }

    private void close(String bracket) {
        level--;
        newline();
        out.append(bracket);
        values.budget.leave();
    }

    private void sequence(Seq seq) {
        if (seq.size() == 0) {
            out.append("[]");
            return;
        }
        open("[");
        for (int i = 0; i < seq.size(); i++) {
            if (i > 0) {
                out.append(itemSeparator);
            }
            newline();
            write(seq.items.get(i));
        }
        close("]");
    }

    private void object(Dict dict) {
        if (dict.size() == 0) {
            out.append("{}");
            return;
        }
        List<Object> entries = new ArrayList<>(dict.entries());
        if (sortKeys) {
            entries = values.sorted(entries, dict.keys(), false);
        }
        open("{");
        boolean comma = false;
        for (Object element : entries) {
            Dict.Entry entry = (Dict.Entry) element;
            if (comma) {
                out.append(itemSeparator);
            }
            newline();
            string(key(entry.key()));
            out.append(keySeparator);
            write(entry.value());
            comma = true;
        }
        close("}");
    }

    private static Text key(Object key) {
        return switch (key) {
            case null -> Text.of("null");
            case Text text -> text;
            case Boolean b -> Text.of(b.toString());
            case Double d -> Text.of(number(d));
            case Long l -> Text.of(l.toString());
            case BigInteger b -> Text.of(Numbers.string(b));
            default -> throw ChatTemplateException.type("keys must be str, int, float, bool or None, not " + Values.typeName(key));
        };
    }

    private void string(Text text) {
        String s = text.s;
        values.budget.append(out.length(), s.length());
        out.append('"');
        int plain = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            String escape = switch (c) {
                case '"' -> "\\\"";
                case '\\' -> "\\\\";
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                case '\f' -> "\\f";
                case '\b' -> "\\b";
                default -> c < 0x20 || ascii && c > '~' ? "\\u%04x".formatted((int) c) : null;
            };
            if (escape != null) {
                out.append(text, plain, i);
                out.append(escape, text.user != null);
                plain = i + 1;
            }
        }
        out.append(text, plain, s.length());
        out.append('"');
    }
}
