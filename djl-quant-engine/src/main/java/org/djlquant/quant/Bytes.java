package org.djlquant.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian access to the field types that blocks are made of. */
final class Bytes {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle FOUR = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Bytes() {}

    /** An unsigned byte. */
    static int u8(MemorySegment data, long offset) {
        return data.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }

    /** A signed byte. */
    static byte s8(MemorySegment data, long offset) {
        return data.get(ValueLayout.JAVA_BYTE, offset);
    }

    /** An unsigned 16-bit integer. */
    static int u16(MemorySegment data, long offset) {
        return data.get(SHORT, offset) & 0xffff;
    }

    /** A 32-bit word. */
    static int i32(MemorySegment data, long offset) {
        return data.get(INT, offset);
    }

    /** Eight bytes, the first one lowest. Models load several times faster by eights than by single bytes. */
    static long i64(MemorySegment data, long offset) {
        return data.get(LONG, offset);
    }

    /** Eight codes, the first one in the lowest byte. */
    static long eight(byte[] codes, int at) {
        return (long) EIGHT.get(codes, at);
    }

    /** Writes eight codes, the first one from the lowest byte. */
    static void putEight(byte[] codes, int at, long value) {
        EIGHT.set(codes, at, value);
    }

    /** Writes four codes, the first one from the lowest byte. */
    static void putFour(byte[] codes, int at, int value) {
        FOUR.set(codes, at, value);
    }

    /** A float16 widened to float32. */
    static float half(MemorySegment data, long offset) {
        return Float.float16ToFloat(data.get(SHORT, offset));
    }

    /** A float32. */
    static float f32(MemorySegment data, long offset) {
        return data.get(FLOAT, offset);
    }

    /** Writes the low eight bits. */
    static void put8(MemorySegment data, long offset, int value) {
        data.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    /** Writes the low sixteen bits. */
    static void put16(MemorySegment data, long offset, int value) {
        data.set(SHORT, offset, (short) value);
    }

    /** Writes a 32-bit word. */
    static void put32(MemorySegment data, long offset, int value) {
        data.set(INT, offset, value);
    }

    /** Writes a value rounded to the nearest float16, ties to even. */
    static void putHalf(MemorySegment data, long offset, float value) {
        data.set(SHORT, offset, Float.floatToFloat16(value));
    }
}
