package org.djlquant.format.gguf;

/** The types of metadata values, in the order of their numbers. Source: enum gguf_type of gguf.h. */
public enum GgufType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    /** 64-bit length, then UTF-8. */
    STRING(8),
    /** 32-bit item type, 64-bit count, then the items. */
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final GgufType[] BY_ID = values();

    private final int minBytes;

    GgufType(int minBytes) {
        this.minBytes = minBytes;
    }

    /** The type of a number in a file, or {@code null} if there is none. */
    static GgufType of(int id) {
        return id >= 0 && id < BY_ID.length ? BY_ID[id] : null;
    }

    /** The fewest bytes a value takes: all it takes, but for strings and arrays. */
    int minBytes() {
        return minBytes;
    }

    /** Whether every value takes {@link #minBytes}. */
    boolean fixed() {
        return this != STRING && this != ARRAY;
    }
}
