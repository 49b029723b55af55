package org.djlquant.chat.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlquant.chat.python.Arguments;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.Values;

/** {@code (a, b, name=c, *list, **dict)}; the last two may be null. */
record ArgumentList(List<Expression> positional, List<String> names, List<Expression> named, Expression list,
        Expression dict) {

    static final ArgumentList NONE = new ArgumentList(List.of(), List.of(), List.of(), null, null);

    Arguments evaluate(Interpreter in, Scope scope) {
        List<Object> values = in.evaluate(positional, scope);
        if (list != null) {
            values.addAll(in.values.list(in.evaluate(list, scope)));
        }
        if (names.isEmpty() && dict == null) {
            return new Arguments(values, Map.of());
        }
        Map<String, Object> byName = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            byName.put(names.get(i), in.evaluate(named.get(i), scope));
        }
        if (dict != null) {
            spread(in.evaluate(dict, scope), byName);
        }
        return new Arguments(values, byName);
    }

    private static void spread(Object value, Map<String, Object> byName) {
        if (!(value instanceof Dict source)) {
            throw PythonError.type("argument after ** must be a mapping, not " + Values.typeName(value));
        }
        for (Dict.Entry entry : source.entries()) {
            if (!(entry.key() instanceof Text name) || byName.containsKey(name.toString())) {
                throw PythonError.type(entry.key() instanceof Text twice
                        ? "got multiple values for keyword argument '" + twice + "'" : "keywords must be strings");
            }
            byName.put(name.toString(), entry.value());
        }
    }
}
