package org.djlquant.format;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.djlquant.quant.Settings;

/**
 * Typed, read-only access to a checkpoint's key-values. Nested JSON objects are reached by dotted keys
 * ({@code rope_scaling.factor}). A value of another type than asked for is a {@link
 * ModelFormatException} naming the key; JSON null counts as absent.
 */
public interface Metadata extends Settings {
    /** All keys. */
    Set<String> keys();

    /** Whether the key is present and not null. */
    @Override
    boolean has(String key);

    /** A string. */
    @Override
    Optional<String> string(String key);

    /** An integer (any stored width; must fit a long). */
    @Override
    Optional<Long> integer(String key);

    /** A number. */
    @Override
    Optional<Double> number(String key);

    /** A boolean. */
    @Override
    Optional<Boolean> bool(String key);

    /** An array of strings. */
    Optional<List<String>> strings(String key);

    /** An array of integers. */
    @Override
    Optional<long[]> integers(String key);

    /** An array of numbers. */
    Optional<float[]> numbers(String key);

    /** The value for display, long arrays shortened. */
    String display(String key);

    /** An integer that must be there and lie in [min, max]; the exception names file, key and range. */
    int requireInt(String key, int min, int max);

    /** An integer with a default, which must lie in [min, max] if present. */
    int optionalInt(String key, int defaultValue, int min, int max);
}
