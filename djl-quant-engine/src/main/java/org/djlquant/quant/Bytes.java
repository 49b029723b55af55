package org.djlquant.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Little-endian access to the field types that blocks and tensors are made of. Blocks are read from
 * arrays byte by byte: nothing is as quick before it is compiled, and a checkpoint is packed then.
 */
final class Bytes {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle FOUR = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Bytes() {}

    // ---- blocks -----------------------------------------------------------------------------------------------

    /** An unsigned byte. */
    static int u8(byte[] data, int offset) {
        return data[offset] & 0xff;
    }

    /** A signed byte. */
    static byte s8(byte[] data, int offset) {
        return data[offset];
    }

    /** An unsigned 16-bit integer. */
    static int u16(byte[] data, int offset) {
        return data[offset] & 0xff | (data[offset + 1] & 0xff) << 8;
    }

    /** A 32-bit word. */
    static int i32(byte[] data, int offset) {
        return u16(data, offset) | u16(data, offset + 2) << 16;
    }

    /** A float16 widened to float32. */
    static float half(byte[] data, int offset) {
        return Float.float16ToFloat((short) u16(data, offset));
    }

    /** A float32. */
    static float f32(byte[] data, int offset) {
        return Float.intBitsToFloat(i32(data, offset));
    }

    /** Writes the low eight bits. */
    static void put8(byte[] data, int offset, int value) {
        data[offset] = (byte) value;
    }

    /** Writes the low sixteen bits. */
    static void put16(byte[] data, int offset, int value) {
        data[offset] = (byte) value;
        data[offset + 1] = (byte) (value >> 8);
    }

    /** Writes a 32-bit word. */
    static void put32(byte[] data, int offset, int value) {
        put16(data, offset, value);
        put16(data, offset + 2, value >> 16);
    }

    /** Writes a value rounded to the nearest float16, ties to even. */
    static void putHalf(byte[] data, int offset, float value) {
        put16(data, offset, Float.floatToFloat16(value));
    }

    // ---- tensors ----------------------------------------------------------------------------------------------

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
}
