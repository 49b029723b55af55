package org.djlquant.format;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * JSON by the letter of RFC 8259, with duplicate keys refused. Values become {@link Map}, {@link
 * List}, {@link String}, {@link Long}, {@link Double} (also for integers beyond 64 bits), {@link
 * Boolean} or {@code null}.
 */
public final class StrictJson {
    private static final int MAX_NESTING = 100;

    private StrictJson() {}

    /**
     * Parses a document that must be one object.
     *
     * @param file named in errors
     * @param text the document
     * @throws ModelFormatException with line, column and path of what is wrong
     */
    public static Map<String, Object> object(Path file, String text) {
        JsonReader reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        reader.setNestingLimit(MAX_NESTING);
        try {
            if (reader.peek() != JsonToken.BEGIN_OBJECT) {
                throw new ModelFormatException(file, "JSON", "expected an object, found " + kind(reader.peek()));
            }
            Map<String, Object> value = readObject(file, reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new ModelFormatException(file, "JSON", "has text after the end of the object");
            }
            return value;
        } catch (EOFException e) {
            throw new ModelFormatException(
                    file, "JSON", "ends at character " + text.length() + " within " + reader.getPath()
                            + "; the file is truncated", e);
        } catch (MalformedJsonException | IllegalStateException | NumberFormatException e) {
            throw new ModelFormatException(file, "JSON", "is not valid: " + firstLine(e.getMessage()), e);
        } catch (IOException e) {
            throw new ModelFormatException(file, "JSON", "cannot be read: " + firstLine(e.getMessage()), e);
        }
    }

    /**
     * Flattens an object into metadata with dotted keys.
     *
     * @param file named in errors
     * @param object as {@link #object} returns it
     */
    public static Metadata metadata(Path file, Map<String, Object> object) {
        Map<String, Object> values = new LinkedHashMap<>();
        Set<String> objects = new LinkedHashSet<>();
        flatten(file, "", object, values, objects);
        return new MapMetadata(file, values, objects);
    }

    /** What a value is, for errors. */
    public static String describe(Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> m -> "an object";
            case List<?> l -> "an array";
            case String s -> "the string \"" + (s.length() > 100 ? s.substring(0, 100) + "…" : s) + '"';
            default -> value.toString();
        };
    }

    private static Map<String, Object> readObject(Path file, JsonReader reader) throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String key = reader.nextName();
            if (object.containsKey(key)) {
                throw new ModelFormatException(file, "JSON", "key " + reader.getPath() + " is given twice");
            }
            object.put(key, readValue(file, reader));
        }
        reader.endObject();
        return object;
    }

    private static Object readValue(Path file, JsonReader reader) throws IOException {
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> readObject(file, reader);
            case BEGIN_ARRAY -> {
                List<Object> items = new ArrayList<>();
                reader.beginArray();
                while (reader.hasNext()) {
                    items.add(readValue(file, reader));
                }
                reader.endArray();
                yield items;
            }
            case STRING -> reader.nextString();
            case BOOLEAN -> reader.nextBoolean();
            case NUMBER -> number(reader.nextString());
            default -> {
                reader.nextNull();
                yield null;
            }
        };
    }

    private static Object number(String literal) {
        if (literal.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9') && literal.length() <= 20) {
            try {
                return Long.parseLong(literal);
            } catch (NumberFormatException beyond64Bits) {
                return Double.parseDouble(literal);
            }
        }
        return Double.parseDouble(literal);
    }

    @SuppressWarnings("unchecked")
    private static void flatten(
            Path file, String prefix, Map<String, Object> object, Map<String, Object> values, Set<String> objects) {
        object.forEach((name, value) -> {
            String key = prefix + name;
            switch (value) {
                case null -> {}
                case Map<?, ?> nested -> {
                    objects.add(key);
                    flatten(file, key + ".", (Map<String, Object>) nested, values, objects);
                }
                case List<?> items -> put(file, values, key, new JsonItems(items));
                default -> put(file, values, key, value);
            }
        });
    }

    private static void put(Path file, Map<String, Object> values, String key, Object value) {
        if (values.put(key, value) != null) {
            throw new ModelFormatException(file, "key " + key, "is given both nested and dotted");
        }
    }

    private static String kind(JsonToken token) {
        return token.toString().toLowerCase(Locale.ROOT).replace("begin_", "").replace('_', ' ');
    }

    private static String firstLine(String message) {
        // the parser adds a link to its own manual on a second line
        return message == null ? "unknown" : message.lines().findFirst().orElse("unknown");
    }

    /** A JSON array. */
    private record JsonItems(List<?> items) implements MapMetadata.Items {

        @Override
        public int size() {
            return items.size();
        }

        @Override
        public List<String> strings() {
            return items.stream().allMatch(String.class::isInstance)
                    ? items.stream().map(String.class::cast).toList()
                    : null;
        }

        @Override
        public long[] integers() {
            return items.stream().allMatch(Long.class::isInstance)
                    ? items.stream().mapToLong(i -> (Long) i).toArray()
                    : null;
        }

        @Override
        public float[] numbers() {
            if (!items.stream().allMatch(Number.class::isInstance)) {
                return null;
            }
            float[] values = new float[items.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = ((Number) items.get(i)).floatValue();
            }
            return values;
        }

        @Override
        public List<String> display(int limit) {
            return items.stream().limit(limit).map(i -> i instanceof String s ? s : describe(i)).toList();
        }
    }
}
