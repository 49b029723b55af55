package org.djlquant.format.gguf;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.djlquant.format.ByteCursor;
import org.djlquant.format.MapMetadata;
import org.djlquant.format.Utf8;

/**
 * One metadata value in its encoded form: read from a file (a view of the mapping, valid until that
 * is closed) or made for one. Arrays are decoded on demand, so that opening a file with a large
 * vocabulary costs one walk over it.
 */
public final class GgufValue {
    private static final Path NO_FILE = Path.of("value");

    private final Path file;
    private final long offset;
    private final GgufType type;
    private final MemorySegment bytes;

    /**
     * @param file named in errors
     * @param offset where the value begins in the file
     * @param bytes the encoded value, already known to be whole
     */
    GgufValue(Path file, long offset, GgufType type, MemorySegment bytes) {
        this.file = file;
        this.offset = offset;
        this.type = type;
        this.bytes = bytes;
    }

    private static GgufValue of(GgufType type, byte[] bytes) {
        return new GgufValue(NO_FILE, 0, type, MemorySegment.ofArray(bytes));
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A string. */
    public static GgufValue of(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return of(GgufType.STRING, buffer(8 + utf8.length).putLong(utf8.length).put(utf8).array());
    }

    /** An unsigned 16-bit integer. */
    public static GgufValue uint16(int value) {
        return of(GgufType.UINT16, buffer(2).putShort((short) value).array());
    }

    /** An unsigned 32-bit integer. */
    public static GgufValue uint32(long value) {
        if (value < 0 || value > 0xffffffffL) {
            throw new IllegalArgumentException(value + " is not an unsigned 32-bit integer");
        }
        return of(GgufType.UINT32, buffer(4).putInt((int) value).array());
    }

    /** A signed 32-bit integer. */
    public static GgufValue int32(int value) {
        return of(GgufType.INT32, buffer(4).putInt(value).array());
    }

    /** An unsigned 64-bit integer. */
    public static GgufValue uint64(long value) {
        return of(GgufType.UINT64, buffer(8).putLong(value).array());
    }

    /** A float32. */
    public static GgufValue of(float value) {
        return of(GgufType.FLOAT32, buffer(4).putFloat(value).array());
    }

    /** A boolean. */
    public static GgufValue of(boolean value) {
        return of(GgufType.BOOL, new byte[] {(byte) (value ? 1 : 0)});
    }

    /** An array of strings. */
    public static GgufValue of(List<String> values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(arrayHead(GgufType.STRING, values.size(), 0).array());
        for (String value : values) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(buffer(8).putLong(utf8.length).array());
            out.writeBytes(utf8);
        }
        return of(GgufType.ARRAY, out.toByteArray());
    }

    /** An array of signed 32-bit integers. */
    public static GgufValue of(int[] values) {
        ByteBuffer buffer = arrayHead(GgufType.INT32, values.length, 4 * values.length);
        for (int value : values) {
            buffer.putInt(value);
        }
        return of(GgufType.ARRAY, buffer.array());
    }

    /** An array of float32. */
    public static GgufValue of(float[] values) {
        ByteBuffer buffer = arrayHead(GgufType.FLOAT32, values.length, 4 * values.length);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return of(GgufType.ARRAY, buffer.array());
    }

    private static ByteBuffer arrayHead(GgufType items, int count, int itemBytes) {
        return buffer(12 + itemBytes).putInt(items.ordinal()).putLong(count);
    }

    /** The type of the value. */
    public GgufType type() {
        return type;
    }

    /** The encoded value, without its type. */
    MemorySegment bytes() {
        return bytes;
    }

    private ByteCursor cursor() {
        return new ByteCursor(file, bytes, offset, 0);
    }

    /** The value as {@link MapMetadata} holds it. Strings are checked to be UTF-8 here, arrays when they are read. */
    Object decode(String key) {
        if (type != GgufType.ARRAY) {
            return decodeScalar(cursor(), type, "value of " + key);
        }
        ByteCursor cursor = cursor();
        GgufType items = GgufType.of(cursor.i32("item type"));
        return new ArrayItems(key, items, cursor.i64("count"));
    }

    private static Object decodeScalar(ByteCursor cursor, GgufType type, String what) {
        return switch (type) {
            case UINT8 -> (long) cursor.u8(what);
            case INT8 -> (long) (byte) cursor.u8(what);
            case UINT16 -> (long) (cursor.i16(what) & 0xffff);
            case INT16 -> (long) cursor.i16(what);
            case UINT32 -> cursor.i32(what) & 0xffffffffL;
            case INT32 -> (long) cursor.i32(what);
            case FLOAT32 -> cursor.f32(what);
            case BOOL -> bool(cursor, what);
            case STRING -> cursor.text64(what);
            case UINT64 -> {
                long value = cursor.i64(what);
                yield value >= 0 ? (Object) value : new BigInteger(Long.toUnsignedString(value));
            }
            case INT64 -> cursor.i64(what);
            case FLOAT64 -> cursor.f64(what);
            case ARRAY -> throw new IllegalArgumentException("array");
        };
    }

    private static boolean bool(ByteCursor cursor, String what) {
        int value = cursor.u8(what);
        if (value > 1) {
            throw cursor.error(1, what + " is a boolean stored as " + value + ", expected 0 or 1; the file is corrupt");
        }
        return value == 1;
    }

    /** Items decoded each time they are asked for; callers keep what they need. */
    private final class ArrayItems implements MapMetadata.Items {
        private final String key;
        private final GgufType items;
        private final long count;

        ArrayItems(String key, GgufType items, long count) {
            this.key = key;
            this.items = items;
            this.count = count;
        }

        private ByteCursor first() {
            ByteCursor cursor = cursor();
            cursor.skip(GgufType.ARRAY.minBytes(), "array");
            return cursor;
        }

        @Override
        public int size() {
            if (count > Integer.MAX_VALUE - 8) {
                throw cursor().error(0, "array " + key + " has " + count + " items, more than can be held");
            }
            return (int) count;
        }

        @Override
        public List<String> strings() {
            if (items != GgufType.STRING) {
                return null;
            }
            int size = size();
            String what = "an item of " + key;
            List<String> values = new ArrayList<>(size);
            // vocabularies are read while the JVM is still cold, where an array is far faster than a segment;
            // the lengths were checked when the file was opened
            ByteBuffer raw = ByteBuffer.wrap(toBytes()).order(ByteOrder.LITTLE_ENDIAN);
            raw.position(GgufType.ARRAY.minBytes());
            for (int i = 0; i < size; i++) {
                int length = (int) raw.getLong();
                values.add(Utf8.decode(file, offset, raw.array(), raw.position(), length, what));
                raw.position(raw.position() + length);
            }
            return values;
        }

        @Override
        public long[] integers() {
            if (!items.fixed() || items == GgufType.FLOAT32 || items == GgufType.FLOAT64 || items == GgufType.BOOL) {
                return null;
            }
            ByteCursor cursor = first();
            long[] values = new long[size()];
            for (int i = 0; i < values.length; i++) {
                if (!(decodeScalar(cursor, items, key) instanceof Long value)) {
                    return null;
                }
                values[i] = value;
            }
            return values;
        }

        @Override
        public float[] numbers() {
            if (!items.fixed() || items == GgufType.BOOL) {
                return null;
            }
            ByteCursor cursor = first();
            float[] values = new float[size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = items == GgufType.FLOAT32
                        ? cursor.f32(key)
                        : ((Number) decodeScalar(cursor, items, key)).floatValue();
            }
            return values;
        }

        @Override
        public List<String> display(int limit) {
            List<String> shown = new ArrayList<>();
            ByteCursor cursor = first();
            String what = "an item of " + key;
            for (int i = 0; i < Math.min(limit, count); i++) {
                if (items == GgufType.ARRAY) {
                    shown.add("[…]");
                } else {
                    shown.add(String.valueOf(decodeScalar(cursor, items, what)));
                }
            }
            return shown;
        }
    }

    /** The encoded bytes as an array. */
    byte[] toBytes() {
        return bytes.toArray(ValueLayout.JAVA_BYTE);
    }
}
