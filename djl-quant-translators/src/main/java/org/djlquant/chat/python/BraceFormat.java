package org.djlquant.chat.python;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code str.format}. */
final class BraceFormat {

    /** A replacement field: what it starts from, the steps from there, a conversion, a specification. */
    private static final Pattern FIELD = Pattern.compile(
            "([^.\\[:!]*)((?:\\.[^.\\[:!]+|\\[[^\\]]+\\])*)(?:!(.))?(?::(.*))?", Pattern.DOTALL);
    private static final Pattern STEP = Pattern.compile("\\.([^.\\[]+)|\\[([^\\]]+)\\]");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,17}");

    private final Values values;
    private final Attributes attributes;
    private final Text format;
    private final List<Object> positional;
    private final Object named;
    /** Index of the next {@code {}}; −1 once fields are numbered by hand. */
    private int automatic;

    BraceFormat(Values values, Attributes attributes, Text format, List<Object> positional, Object named) {
        this.values = values;
        this.attributes = attributes;
        this.format = format;
        this.positional = positional;
        this.named = named;
    }

    Text format() {
        return expand(format, 2);
    }

    private Text expand(Text template, int depth) {
        if (depth == 0) {
            throw PythonError.value("Max string recursion exceeded");
        }
        TextBuilder out = values.builder();
        String s = template.s;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            boolean brace = c == '{' || c == '}';
            if (brace && i + 1 < s.length() && s.charAt(i + 1) == c) {
                i++;
            } else if (brace) {
                int end = fieldEnd(s, i);
                out.append(field(template.sub(i + 1, end), depth));
                i = end;
                continue;
            }
            out.append(template, i, i + 1);
        }
        return out.build(template.markup);
    }

    private static int fieldEnd(String s, int open) {
        if (s.charAt(open) == '}' || open + 1 == s.length()) {
            throw PythonError.value("Single '" + s.charAt(open) + "' encountered in format string");
        }
        int depth = 0;
        for (int i = open; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c == '[') {
                int close = s.indexOf(']', i);
                i = close < 0 ? s.length() : close;
            } else if (c == '{') {
                depth++;
            } else if (c == '}' && --depth == 0) {
                return i;
            }
        }
        throw PythonError.value("expected '}' before end of string");
    }

    private Text field(Text field, int depth) {
        Matcher m = FIELD.matcher(field.s);
        if (!m.matches()) {
            throw PythonError.value("invalid replacement field " + Values.quote(field.s));
        }
        Object value = first(m.group(1));
        for (Matcher step = STEP.matcher(m.group(2)); step.find();) {
            String index = step.group(2);
            boolean number = index != null && NUMBER.matcher(index).matches();
            value = index == null ? attributes.attribute(value, Text.of(step.group(1)))
                    : attributes.item(value, number ? (Object) Long.valueOf(index) : Text.of(index));
        }
        if (m.group(3) != null) {
            value = switch (m.group(3)) {
                case "s" -> values.str(value);
                case "r", "a" -> values.representation(value);
                default -> throw PythonError.value("Unknown conversion specifier " + m.group(3));
            };
        }
        String spec = m.group(4) == null ? "" : expand(field.sub(m.start(4)), depth - 1).s;
        Text text = spec.isEmpty() || format.markup && value instanceof Text safe && safe.markup
                ? values.str(value) : FormatSpec.format(values, value, spec);
        return values.str(text, format.markup);
    }

    private Object first(String name) {
        if (name.isEmpty() || NUMBER.matcher(name).matches()) {
            if (name.isEmpty() ? automatic < 0 : automatic > 0) {
                throw PythonError.value("cannot mix manual field specification and automatic field numbering");
            }
            long index = name.isEmpty() ? automatic++ : Long.parseLong(name);
            automatic = name.isEmpty() ? automatic : -1;
            if (index >= positional.size()) {
                throw PythonError.lookup("Replacement index " + index + " out of range for positional args tuple");
            }
            return positional.get((int) index);
        }
        Undefined.refuse(named);
        Object value = attributes.element(named, Text.of(name));
        if (value == PyObject.MISSING) {
            throw PythonError.lookup(Values.quote(name));
        }
        return value;
    }
}
