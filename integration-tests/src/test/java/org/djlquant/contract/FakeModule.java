package org.djlquant.contract;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.djlquant.quant.Settings;
import org.djlquant.quant.StoredModule;

/** A module of zeros; its settings serve as configuration and as JSON of every tensor. */
final class FakeModule implements StoredModule {
    private final Map<String, Tensor> tensors = new HashMap<>();
    private final Map<String, Object> settings = new HashMap<>();

    FakeModule with(String part, String type, long... shape) {
        long bytes = Arrays.stream(shape).reduce(switch (type) {
            case "U8", "I8" -> 1;
            case "F16" -> 2;
            case "I64" -> 8;
            default -> 4;
        }, (a, b) -> a * b);
        tensors.put(part, new Tensor("q." + part, type, shape, MemorySegment.ofArray(new byte[(int) bytes])));
        return this;
    }

    /** A tensor with content. */
    FakeModule with(String part, String type, MemorySegment data, long... shape) {
        tensors.put(part, new Tensor("q." + part, type, shape, data));
        return this;
    }

    FakeModule without(String part) {
        tensors.remove(part);
        return this;
    }

    FakeModule fill(String part, int value) {
        tensors.get(part).data().fill((byte) value);
        return this;
    }

    FakeModule set(String key, Object value) {
        settings.put(key, value);
        return this;
    }

    FakeModule unset(String key) {
        settings.remove(key);
        return this;
    }

    @Override
    public String name() {
        return "q";
    }

    @Override
    public Tensor tensor(String part) {
        return tensors.get(part);
    }

    @Override
    public Settings json(Tensor tensor) {
        return config();
    }

    @Override
    public Settings config() {
        return new Settings() {
            @Override
            public boolean has(String key) {
                return settings.containsKey(key);
            }

            @Override
            public Optional<String> string(String key) {
                return Optional.ofNullable((String) settings.get(key));
            }

            @Override
            public Optional<Long> integer(String key) {
                return Optional.ofNullable((Long) settings.get(key));
            }

            @Override
            public Optional<Double> number(String key) {
                return Optional.ofNullable((Double) settings.get(key));
            }

            @Override
            public Optional<Boolean> bool(String key) {
                return Optional.ofNullable((Boolean) settings.get(key));
            }

            @Override
            public Optional<long[]> integers(String key) {
                return Optional.ofNullable((long[]) settings.get(key));
            }
        };
    }
}
