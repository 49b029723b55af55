package org.djlquant.format.safetensors;

import java.util.Optional;
import org.djlquant.quant.Settings;

/**
 * An object within settings, as settings of its own.
 *
 * @param outer the settings
 * @param prefix the object's key and a dot
 */
record NestedSettings(Settings outer, String prefix) implements Settings {
    @Override
    public boolean has(String key) {
        return outer.has(prefix + key);
    }

    @Override
    public Optional<String> string(String key) {
        return outer.string(prefix + key);
    }

    @Override
    public Optional<Long> integer(String key) {
        return outer.integer(prefix + key);
    }

    @Override
    public Optional<Double> number(String key) {
        return outer.number(prefix + key);
    }

    @Override
    public Optional<Boolean> bool(String key) {
        return outer.bool(prefix + key);
    }

    @Override
    public Optional<long[]> integers(String key) {
        return outer.integers(prefix + key);
    }
}
