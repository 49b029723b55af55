package org.djlquant.quant;

import java.util.Optional;

/**
 * Read-only key-values that describe how weights were quantized. A value of another type than asked
 * for is an error that names the key; JSON null counts as absent.
 */
public interface Settings {
    /** Whether the key is present and not null. */
    boolean has(String key);

    /** A string. */
    Optional<String> string(String key);

    /** An integer. */
    Optional<Long> integer(String key);

    /** A number. */
    Optional<Double> number(String key);

    /** A boolean. */
    Optional<Boolean> bool(String key);

    /** An array of integers. */
    Optional<long[]> integers(String key);
}
