package org.djlquant.format;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Key-values held in a map. Immutable; safe for use by many threads.
 *
 * <p>A value is a {@link String}, {@link Long}, {@link BigInteger} (an integer beyond 64 bits
 * signed), {@link Float}, {@link Double}, {@link Boolean} or {@link Items}.
 */
public final class MapMetadata implements Metadata {
    private static final int SHOWN_TEXT = 200;
    private static final int SHOWN_ITEMS = 8;

    /** An array value; may be decoded on demand. Each view is {@code null} if an item is of another type. */
    public interface Items {
        /** Number of items. */
        int size();

        /** The items as strings. */
        List<String> strings();

        /** The items as integers. */
        long[] integers();

        /** The items as numbers. */
        float[] numbers();

        /** The first items, for display. */
        List<String> display(int limit);
    }

    private final Path file;
    private final Map<String, Object> values;
    private final Set<String> objects;

    /**
     * Wraps a map.
     *
     * @param file named in errors
     * @param values the values by key
     * @param objects keys that hold nested objects: present, but reached through dotted keys only
     */
    public MapMetadata(Path file, Map<String, Object> values, Set<String> objects) {
        this.file = file;
        this.values = Collections.unmodifiableMap(values);
        this.objects = objects;
    }

    @Override
    public Set<String> keys() {
        return values.keySet();
    }

    @Override
    public boolean has(String key) {
        return values.containsKey(key) || objects.contains(key);
    }

    @Override
    public Optional<String> string(String key) {
        return switch (values.get(key)) {
            case null -> absent(key, "a string");
            case String s -> Optional.of(s);
            case Object other -> throw wrongType(key, "a string", other);
        };
    }

    @Override
    public Optional<Long> integer(String key) {
        return switch (values.get(key)) {
            case null -> absent(key, "an integer");
            case Long n -> Optional.of(n);
            case Double d when d == Math.rint(d) && Math.abs(d) < 0x1p53 -> Optional.of(d.longValue());
            case Object other -> throw wrongType(key, "an integer of at most 64 bits", other);
        };
    }

    @Override
    public Optional<Double> number(String key) {
        return switch (values.get(key)) {
            case null -> absent(key, "a number");
            case Number n -> Optional.of(n.doubleValue());
            case Object other -> throw wrongType(key, "a number", other);
        };
    }

    @Override
    public Optional<Boolean> bool(String key) {
        return switch (values.get(key)) {
            case null -> absent(key, "true or false");
            case Boolean b -> Optional.of(b);
            case Object other -> throw wrongType(key, "true or false", other);
        };
    }

    @Override
    public Optional<List<String>> strings(String key) {
        Items items = items(key, "an array of strings");
        return items == null
                ? Optional.empty()
                : Optional.of(checked(key, items.strings(), "an array of strings", items));
    }

    @Override
    public Optional<long[]> integers(String key) {
        Items items = items(key, "an array of integers");
        return items == null
                ? Optional.empty()
                : Optional.of(checked(key, items.integers(), "an array of integers", items));
    }

    @Override
    public Optional<float[]> numbers(String key) {
        Items items = items(key, "an array of numbers");
        return items == null
                ? Optional.empty()
                : Optional.of(checked(key, items.numbers(), "an array of numbers", items));
    }

    @Override
    public String display(String key) {
        Object value = values.get(key);
        if (value == null) {
            return objects.contains(key) ? "{…}" : "absent";
        }
        return describe(value);
    }

    @Override
    public int requireInt(String key, int min, int max) {
        long value = integer(key).orElseThrow(() -> new ModelFormatException(
                file, "key " + key, "is missing; an integer from " + min + " to " + max + " is required"));
        return inRange(key, value, min, max);
    }

    @Override
    public int optionalInt(String key, int defaultValue, int min, int max) {
        Optional<Long> value = integer(key);
        return value.isPresent() ? inRange(key, value.get(), min, max) : defaultValue;
    }

    private int inRange(String key, long value, int min, int max) {
        if (value < min || value > max) {
            throw new ModelFormatException(
                    file, "key " + key, "expected an integer from " + min + " to " + max + ", found " + value);
        }
        return (int) value;
    }

    private <T> Optional<T> absent(String key, String expected) {
        if (objects.contains(key)) {
            throw new ModelFormatException(file, "key " + key, "expected " + expected + ", found an object");
        }
        return Optional.empty();
    }

    private Items items(String key, String expected) {
        return switch (values.get(key)) {
            case null -> this.<Items>absent(key, expected).orElse(null);
            case Items items -> items;
            case Object other -> throw wrongType(key, expected, other);
        };
    }

    private <T> T checked(String key, T view, String expected, Items items) {
        if (view == null) {
            throw wrongType(key, expected, items);
        }
        return view;
    }

    private ModelFormatException wrongType(String key, String expected, Object found) {
        return new ModelFormatException(
                file, "key " + key, "expected " + expected + ", found " + kind(found) + " " + describe(found));
    }

    private static String kind(Object value) {
        return switch (value) {
            case String s -> "the string";
            case Boolean b -> "the boolean";
            case Items i -> "the array";
            default -> "the number";
        };
    }

    private static String describe(Object value) {
        return switch (value) {
            case String s -> '"' + shortened(s) + '"';
            case Items items -> {
                List<String> shown = items.display(SHOWN_ITEMS).stream()
                        .map(MapMetadata::shortened)
                        .toList();
                String text = String.join(", ", shown);
                yield items.size() > shown.size()
                        ? "[" + text + ", … " + items.size() + " items]"
                        : "[" + text + "]";
            }
            default -> value.toString();
        };
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN_TEXT
                ? text
                : text.substring(0, SHOWN_TEXT) + "… (" + text.length() + " characters)";
    }
}
