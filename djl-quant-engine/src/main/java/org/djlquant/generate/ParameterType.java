package org.djlquant.generate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoublePredicate;

/**
 * What values a {@link Parameter} may have, and how they are read from what callers give: numbers, booleans, lists and
 * maps, or the text of a command line.
 *
 * @param range the values allowed, in words, as they stand in messages after "must be"
 * @param reader reads a value that is not null
 */
record ParameterType<T>(String range, Reader<T> reader) {

    /** Reads one value of the parameter of a name. */
    @FunctionalInterface
    interface Reader<T> {
        /**
         * The value, checked.
         *
         * @throws IllegalArgumentException naming the parameter, its range and what was found
         */
        T read(String name, Object value);
    }

    static ParameterType<Integer> integer(String range, int least, int most) {
        return new ParameterType<>(range, (name, value) -> {
            long number = whole(name, value);
            if (number != (int) number) {
                throw new IllegalArgumentException(name + " must be at most " + Integer.MAX_VALUE + ", found " + number);
            }
            return checked(number >= least && number <= most, name, range, (int) number);
        });
    }

    static ParameterType<Long> whole() {
        return new ParameterType<>("a whole number", ParameterType::whole);
    }

    /** Numbers between two bounds, both included. */
    static ParameterType<Float> real(double least, double most) {
        String range = "between " + text(least) + " and " + text(most);
        return real(range, x -> x >= least && x <= most);
    }

    /** Numbers above 0 and at most {@code most}. */
    static ParameterType<Float> positive(double most) {
        return real("in (0, " + text(most) + "]", x -> x > 0 && x <= most);
    }

    private static ParameterType<Float> real(String range, DoublePredicate allowed) {
        return new ParameterType<>(range, (name, value) -> {
            double number = number(name, value, "a number");
            return checked(allowed.test(number), name, range, (float) number);
        });
    }

    static ParameterType<Boolean> flag() {
        return new ParameterType<>("true or false", (name, value) -> switch (value.toString().strip()) {
            case "true", "True" -> true;
            case "false", "False" -> false;
            default -> throw wrong(name, "true or false", value);
        });
    }

    /** {@code false} as −1, {@code true} as 0, or a number. */
    static ParameterType<Integer> flagOrCount(int most) {
        String range = "true, false, or between 0 and " + most;
        ParameterType<Integer> count = integer(range, 0, most);
        return new ParameterType<>(range, (name, value) -> switch (value.toString().strip()) {
            case "true", "True" -> 0;
            case "false", "False", "-1" -> -1;
            default -> count.reader.read(name, value);
        });
    }

    static ParameterType<EarlyStopping> earlyStopping() {
        return new ParameterType<>("true, false or never", (name, value) -> switch (value.toString().strip()) {
            case "true", "True", "TRUE" -> EarlyStopping.TRUE;
            case "false", "False", "FALSE" -> EarlyStopping.FALSE;
            case "never", "NEVER" -> EarlyStopping.NEVER;
            default -> throw wrong(name, "true, false or never", value);
        });
    }

    /** A text, or a list of texts; none is empty. */
    static ParameterType<List<String>> texts() {
        String range = "a text or a list of texts, none of them empty";
        return new ParameterType<>(range, (name, value) -> {
            List<String> texts = new ArrayList<>();
            for (Object each : value instanceof Iterable<?> many ? many : List.of(value)) {
                if (!(each instanceof String text) || text.isEmpty()) {
                    throw wrong(name, range, value);
                }
                texts.add(text);
            }
            return List.copyOf(texts);
        });
    }

    /** A token id, a list of them, or a text of them with commas. */
    static ParameterType<Set<Integer>> tokens() {
        String range = "a token id or a list of token ids";
        return new ParameterType<>(range, (name, value) -> {
            Set<Integer> ids = new TreeSet<>();
            for (Object each : elements(value)) {
                ids.add(tokenId(name, range, each));
            }
            return Set.copyOf(ids);
        });
    }

    /** A list of lists of token ids; in a text, commas stand between ids and semicolons between lists. */
    static ParameterType<List<List<Integer>>> tokenSequences() {
        String range = "a list of lists of token ids, none of them empty";
        return new ParameterType<>(range, (name, value) -> {
            if (!(value instanceof Iterable<?>) && !(value instanceof String)) {
                throw wrong(name, range, value);
            }
            List<List<Integer>> sequences = new ArrayList<>();
            for (Object each : value instanceof String text ? List.of(text.split(";")) : (Iterable<?>) value) {
                if (!(each instanceof Iterable<?>) && !(each instanceof String)) {
                    throw wrong(name, range, value);
                }
                List<Integer> ids = new ArrayList<>();
                for (Object id : elements(each)) {
                    ids.add(tokenId(name, range, id));
                }
                if (ids.isEmpty()) {
                    throw wrong(name, range, value);
                }
                sequences.add(List.copyOf(ids));
            }
            return List.copyOf(sequences);
        });
    }

    /** A map from token ids to numbers; in a text {@code id=number} with commas between. */
    static ParameterType<Map<Integer, Float>> biases(double most) {
        String range = "token ids with numbers between " + text(-most) + " and " + text(most);
        ParameterType<Float> bias = real(range, x -> Math.abs(x) <= most);
        return new ParameterType<>(range, (name, value) -> {
            Map<Integer, Float> biases = new LinkedHashMap<>();
            if (value instanceof Map<?, ?> map) {
                map.forEach((id, x) -> biases.put(tokenId(name, range, id), bias.reader.read(name, String.valueOf(x))));
            } else {
                for (Object each : value instanceof String ? elements(value) : List.of(value)) {
                    String[] pair = each.toString().split("[=:]", 2);
                    if (pair.length != 2) {
                        throw wrong(name, range, value);
                    }
                    biases.put(tokenId(name, range, pair[0]), bias.reader.read(name, pair[1]));
                }
            }
            return Map.copyOf(biases);
        });
    }

    /** An object of a program: it has no text. */
    static <T> ParameterType<T> instance(Class<T> type) {
        String range = "an object of type " + type.getSimpleName();
        return new ParameterType<>(range, (name, value) -> {
            if (!type.isInstance(value)) {
                throw wrong(name, range, value);
            }
            return type.cast(value);
        });
    }

    private static Iterable<?> elements(Object value) {
        return switch (value) {
            case Iterable<?> many -> many;
            case String text -> text.isBlank() ? List.of() : List.of(text.split(","));
            default -> List.of(value);
        };
    }

    private static int tokenId(String name, String range, Object value) {
        long id = whole(name, value);
        if (id < 0 || id > Integer.MAX_VALUE) {
            throw wrong(name, range, value);
        }
        return (int) id;
    }

    private static long whole(String name, Object value) {
        if (value instanceof Long || value instanceof Integer) {
            return ((Number) value).longValue();
        }
        try {
            return Long.parseLong(value.toString().strip());
        } catch (NumberFormatException e) {
            // 7.0 is a whole number, too
        }
        double number = number(name, value, "a whole number");
        if (number != Math.rint(number) || Math.abs(number) > 1L << 53) {
            throw wrong(name, "a whole number", value);
        }
        return (long) number;
    }

    private static double number(String name, Object value, String wanted) {
        try {
            double number = value instanceof Number n ? n.doubleValue() : Double.parseDouble(value.toString().strip());
            if (!Double.isNaN(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the message below says what is wrong
        }
        throw wrong(name, wanted, value);
    }

    private static <T> T checked(boolean ok, String name, String range, T value) {
        if (!ok) {
            throw wrong(name, range, value);
        }
        return value;
    }

    private static IllegalArgumentException wrong(String name, String range, Object found) {
        return new IllegalArgumentException(name + " must be " + range + ", found " + found);
    }

    private static String text(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }
}
