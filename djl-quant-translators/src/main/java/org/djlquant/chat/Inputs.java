package org.djlquant.chat;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Copies a caller's variables into template values, once and deeply, so that no template can reach or change
 * them, and marks the text that came from users.
 */
final class Inputs {

    /** Variables whose text was written by users, tools or their authors rather than by the model's maker. */
    private static final Set<String> USER_VARIABLES = Set.of("messages", "tools", "documents");
    private static final int MAX_DEPTH = 200;

    private final Budget budget;
    private final boolean marking;

    Inputs(Budget budget, boolean marking) {
        this.budget = budget;
        this.marking = marking;
    }

    ValueTypes.Scope scope(Map<String, ?> variables) {
        ValueTypes.Scope scope = new ValueTypes.Scope(Globals.scope());
        // transformers always passes these two, so they are defined even when a caller has none.
        scope.set("tools", null);
        scope.set("documents", null);
        variables.forEach((name, value) -> scope.set(name, variable(name, value)));
        return scope;
    }

    private Object variable(String name, Object value) {
        boolean user = marking && USER_VARIABLES.contains(name);
        if (!user || !name.equals("messages") || !(value instanceof Iterable<?> messages)) {
            return value(name, value, user, 0);
        }
        List<Object> copies = new ArrayList<>();
        for (Object message : messages) {
            Object copy = value(name, message, true, 1);
            if (copy instanceof Dict dict && dict.get("role") instanceof Text role) {
                dict.put(Text.of("role"), Text.of(role.s));
            }
            copies.add(copy);
        }
        return Seq.list(copies);
    }

    private Object value(String name, Object value, boolean user, int depth) {
        budget.step();
        if (depth > MAX_DEPTH) {
            throw Budget.exceeded("the variable " + Values.quote(name) + " nests deeper than " + MAX_DEPTH
                    + " levels (does it contain itself?)");
        }
        return switch (value) {
            case null -> null;
            case Boolean b -> b;
            case CharSequence s -> user ? Text.user(s.toString()) : Text.of(s.toString());
            case Character c -> user ? Text.user(c.toString()) : Text.of(c.toString());
            case Long n -> n;
            case Integer n -> n.longValue();
            case Short n -> n.longValue();
            case Byte n -> n.longValue();
            case BigInteger n -> Numbers.norm(n);
            case Double d -> d;
            case Float f -> Double.valueOf(f.toString());
            case BigDecimal d -> d.doubleValue();
            case Number n -> n.doubleValue();
            case Map<?, ?> map -> {
                Dict dict = new Dict(map.size());
                map.forEach((key, element) ->
                        dict.put(value(name, key, user, depth + 1), value(name, element, user, depth + 1)));
                yield dict;
            }
            case Iterable<?> elements -> {
                List<Object> items = new ArrayList<>();
                elements.forEach(element -> items.add(value(name, element, user, depth + 1)));
                yield Seq.list(items);
            }
            case Enum<?> constant -> Text.of(constant.name());
            default -> {
                if (!value.getClass().isArray()) {
                    throw ChatTemplateException.type("the variable " + Values.quote(name) + " holds a " + value.getClass().getName()
                            + "; templates take maps, lists, arrays, strings, numbers, booleans and null");
                }
                List<Object> items = new ArrayList<>();
                for (int i = 0; i < Array.getLength(value); i++) {
                    items.add(value(name, Array.get(value, i), user, depth + 1));
                }
                yield Seq.list(items);
            }
        };
    }
}
