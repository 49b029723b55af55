package org.djlquant.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Reads little-endian fields of a header one after the other. Every read is checked against the end
 * of the data before anything is touched or allocated. Not thread-safe.
 */
public final class ByteCursor {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final MemorySegment data;
    private final long base;
    private long position;

    /**
     * A cursor over a whole file.
     *
     * @param file named in errors
     * @param data its bytes
     * @param position the first byte to read
     */
    public ByteCursor(Path file, MemorySegment data, long position) {
        this(file, data, 0, position);
    }

    /** A cursor over a part of a file that begins at byte {@code base} of it; errors name offsets in the file. */
    public ByteCursor(Path file, MemorySegment data, long base, long position) {
        this.file = file;
        this.data = data;
        this.base = base;
        this.position = position;
    }

    /** Offset of the next byte within the data. */
    public long position() {
        return position;
    }

    /** Bytes left. */
    public long remaining() {
        return data.byteSize() - position;
    }

    /** Steps over bytes. */
    public void skip(long bytes, String what) {
        need(bytes, what);
        position += bytes;
    }

    /** An unsigned byte. */
    public int u8(String what) {
        need(1, what);
        return data.get(ValueLayout.JAVA_BYTE, position++) & 0xff;
    }

    /** A 16-bit integer, sign extended. */
    public short i16(String what) {
        need(2, what);
        short value = data.get(SHORT, position);
        position += 2;
        return value;
    }

    /** A 32-bit integer. */
    public int i32(String what) {
        need(4, what);
        int value = data.get(INT, position);
        position += 4;
        return value;
    }

    /** A 64-bit integer. */
    public long i64(String what) {
        need(8, what);
        long value = data.get(LONG, position);
        position += 8;
        return value;
    }

    /** A float32. */
    public float f32(String what) {
        return Float.intBitsToFloat(i32(what));
    }

    /** A float64. */
    public double f64(String what) {
        return Double.longBitsToDouble(i64(what));
    }

    /**
     * A count of items that take at least {@code minBytes} each: refused if the rest of the data
     * cannot hold that many, so that it is safe to loop over.
     */
    public long count64(int minBytes, String what) {
        return count64(minBytes, "", what);
    }

    private long count64(int minBytes, String prefix, String what) {
        long count = i64(what);
        if (Long.compareUnsigned(count, remaining() / minBytes) > 0) {
            throw error(
                    8,
                    prefix + what + " is " + Long.toUnsignedString(count) + ", but only " + remaining()
                            + " bytes follow; the file is corrupt or truncated");
        }
        return count;
    }

    /** Bytes of a known number. */
    public byte[] bytes(long length, String what) {
        need(length, what);
        byte[] bytes = data.asSlice(position, length).toArray(ValueLayout.JAVA_BYTE);
        position += length;
        return bytes;
    }

    /** UTF-8 text of a known length in bytes. */
    public String text(long length, String what) {
        long at = base + position;
        return Utf8.decode(file, at, bytes(length, what), what);
    }

    /** UTF-8 text after its length as a 64-bit count. */
    public String text64(String what) {
        return text(count64(1, "length of ", what), what);
    }

    /** A fault in the field that was read last, which takes {@code bytes} bytes. */
    public ModelFormatException error(long bytes, String problem) {
        return new ModelFormatException(file, at(position - bytes), problem);
    }

    private String at(long offset) {
        return "byte " + (base + offset);
    }

    private void need(long bytes, String what) {
        if (bytes < 0 || bytes > remaining()) {
            throw new ModelFormatException(
                    file,
                    at(position),
                    "the file ends within " + what + ": needs " + bytes + " bytes, " + remaining()
                            + " left; it is truncated or corrupt, download it again");
        }
    }
}
