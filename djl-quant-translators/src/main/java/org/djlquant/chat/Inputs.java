package org.djlquant.chat;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.djlquant.chat.python.Budget;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.Numbers;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.Text;

/**
 * Copies a caller's variables into Python values, once and deeply, so that no template can reach or change them,
 * and marks the text that came from users.
 */
final class Inputs {

    /** Variables whose text was written by users, tools or their authors rather than by the model's maker. */
    private static final Set<String> USER_VARIABLES = Set.of("messages", "tools", "documents");
    private static final int MAX_DEPTH = 200;

    private final Budget budget;
    private final boolean marking;
    /** The variable that is being copied, and whether its text is the user's. */
    private String variable;
    private boolean user;

    Inputs(Budget budget, boolean marking) {
        this.budget = budget;
        this.marking = marking;
    }

    Map<String, Object> copy(Map<String, ?> variables) {
        Map<String, Object> copies = new HashMap<>();
        // transformers always passes these two, so they are defined even when a caller has none.
        copies.put("tools", null);
        copies.put("documents", null);
        for (Map.Entry<String, ?> entry : variables.entrySet()) {
            variable = entry.getKey();
            user = marking && USER_VARIABLES.contains(variable);
            copies.put(variable, value(entry.getValue(), 0));
        }
        return copies;
    }

    private Object value(Object value, int depth) {
        budget.step();
        if (depth > MAX_DEPTH) {
            throw PythonError.limit("the variable '" + variable + "' nests deeper than " + MAX_DEPTH
                    + " levels (does it contain itself?)");
        }
        if (value == null || value instanceof Boolean) {
            return value;
        }
        if (value instanceof CharSequence || value instanceof Character || value instanceof Enum<?>) {
            String text = value instanceof Enum<?> constant ? constant.name() : value.toString();
            return user && !(value instanceof Enum<?>) ? Text.user(text) : Text.of(text);
        }
        if (value instanceof Number number) {
            return number(number);
        }
        if (value instanceof Map<?, ?> map) {
            return dict(map, depth);
        }
        List<Object> items = new ArrayList<>();
        if (value instanceof Iterable<?> elements) {
            for (Object element : elements) {
                items.add(value(element, depth + 1));
            }
        } else if (value.getClass().isArray()) {
            for (int i = 0; i < Array.getLength(value); i++) {
                items.add(value(Array.get(value, i), depth + 1));
            }
        } else {
            throw PythonError.type("the variable '" + variable + "' holds a " + value.getClass().getName()
                    + "; templates take maps, lists, arrays, strings, numbers, booleans and null");
        }
        return Seq.list(items);
    }

    private static Object number(Number number) {
        if (number instanceof BigInteger big) {
            return Numbers.norm(big);
        }
        boolean real = number instanceof Double || number instanceof Float || number instanceof BigDecimal;
        // By its text a float keeps its decimal digits.
        return real ? (Object) Double.parseDouble(number.toString()) : (Object) number.longValue();
    }

    private Dict dict(Map<?, ?> map, int depth) {
        Dict dict = new Dict();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object value = value(entry.getValue(), depth + 1);
            // Templates build their tokens of roles (<|user|>), but none of one that holds more than a word.
            boolean role = depth == 1 && variable.equals("messages") && "role".equals(entry.getKey());
            Object key = value(entry.getKey(), depth + 1);
            dict.put(key, role && value instanceof Text text && isWord(text.toString()) ? Text.of(text.toString()) : value);
        }
        return dict;
    }

    private static boolean isWord(String role) {
        return role.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '-');
    }
}
