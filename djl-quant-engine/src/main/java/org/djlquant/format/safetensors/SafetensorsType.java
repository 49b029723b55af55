package org.djlquant.format.safetensors;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The element types of safetensors. Source: enum Dtype of the safetensors library. */
public enum SafetensorsType {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private final int bits;

    SafetensorsType(int bits) {
        this.bits = bits;
    }

    /** Bits of an element. */
    public int bits() {
        return bits;
    }

    /** The type of a name, or {@code null} if there is none. */
    static SafetensorsType of(String name) {
        return Arrays.stream(values()).filter(t -> t.name().equals(name)).findFirst().orElse(null);
    }

    /** All names, for errors. */
    static String known() {
        return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
    }
}
