package org.djlquant.engine;

import ai.djl.MalformedModelException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.Bnb4;
import org.djlquant.quant.Int8Rows;
import org.djlquant.quant.Int8Tensor;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;

/**
 * Quantized matrices in a stream: scheme (modified UTF-8), rows, columns (big-endian ints), then the
 * bytes of the scheme as it defines them. Before its codes, {@code INT8} has one scale per row, {@code
 * DYNAMIC_INT8} one in all, and {@code NF4} and {@code FP4} have the length of a block (int) and its maxima:
 * float32, little-endian.
 */
final class PackedWeights {
    private PackedWeights() {}

    /** Writes a matrix. */
    static void write(WeightMatrix weight, DataOutputStream os) throws IOException {
        os.writeUTF(weight.scheme());
        os.writeInt(weight.rows());
        os.writeInt(weight.cols());
        switch (weight) {
            case BlockMatrix matrix -> copy(matrix.data(), os);
            case Int8Rows matrix -> {
                writeFloats(matrix.scales(), os);
                copy(matrix.codes(), os);
            }
            case Int8Tensor matrix -> {
                writeFloats(new float[] {matrix.scale()}, os);
                copy(matrix.codes(), os);
            }
            case Bnb4 matrix when matrix.hasStandardTable() -> {
                os.writeInt(matrix.blockLength());
                writeFloats(matrix.absmax(), os);
                copy(matrix.codes(), os);
            }
            default -> throw new UnsupportedOperationException(
                    "weights of scheme " + weight.scheme() + " cannot be saved as parameters");
        }
    }

    private static void writeFloats(float[] values, DataOutputStream os) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        os.write(bytes.array());
    }

    private static void copy(MemorySegment from, DataOutputStream os) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (long at = 0; at < from.byteSize(); at += buffer.length) {
            int n = (int) Math.min(buffer.length, from.byteSize() - at);
            MemorySegment.copy(from, at, MemorySegment.ofArray(buffer), 0, n);
            os.write(buffer, 0, n);
        }
    }

    /** Reads a matrix; allocates no more than the stream holds. */
    static WeightMatrix read(DataInputStream is) throws IOException, MalformedModelException {
        String scheme = is.readUTF();
        int rows = is.readInt();
        int cols = is.readInt();
        BlockScheme blocks = Schemes.block(scheme);
        if (rows < 1 || cols < 1 || blocks != null && cols % blocks.blockLength() != 0) {
            throw new MalformedModelException("a saved matrix of " + rows + "x" + cols + " " + scheme);
        }
        if (blocks != null) {
            return new BlockMatrix(blocks, bytes(is, rows * blocks.rowBytes(cols)), rows, cols);
        }
        long elements = (long) rows * cols;
        switch (scheme) {
            case "INT8" -> {
                float[] scales = floats(is, rows);
                return new Int8Rows(bytes(is, elements), scales, rows, cols);
            }
            case "DYNAMIC_INT8" -> {
                float scale = floats(is, 1)[0];
                return new Int8Tensor(bytes(is, elements), scale, rows, cols);
            }
            case "NF4", "FP4" -> {
                int block = is.readInt();
                if (block < 2) {
                    throw new MalformedModelException("a saved " + scheme + " matrix with blocks of " + block);
                }
                float[] absmax = floats(is, Math.ceilDiv(elements, (long) block));
                return Bnb4.of(scheme, bytes(is, Math.ceilDiv(elements, 2L)), absmax, block, rows, cols);
            }
            default -> throw new MalformedModelException("unknown scheme of saved weights: " + scheme);
        }
    }

    private static float[] floats(DataInputStream is, long count) throws IOException, MalformedModelException {
        ByteBuffer bytes = ByteBuffer.wrap(exactly(is, 4 * count)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[(int) count];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    private static MemorySegment bytes(DataInputStream is, long size) throws IOException, MalformedModelException {
        byte[] read = exactly(is, size);
        MemorySegment memory = Arena.ofAuto().allocate(size, 64);
        MemorySegment.copy(MemorySegment.ofArray(read), 0, memory, 0, size);
        return memory;
    }

    /** {@code readNBytes} grows with what arrives, so that a lying size costs nothing. */
    private static byte[] exactly(DataInputStream is, long size) throws IOException, MalformedModelException {
        if (size > Integer.MAX_VALUE - 8) {
            throw new MalformedModelException("a saved matrix of " + size + " bytes; .params hold up to 2 GiB each");
        }
        byte[] read = is.readNBytes((int) size);
        if (read.length != size) {
            throw new MalformedModelException("the parameters end after " + read.length + " of " + size + " bytes");
        }
        return read;
    }
}
