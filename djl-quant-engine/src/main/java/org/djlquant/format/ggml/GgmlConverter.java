package org.djlquant.format.ggml;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.format.gguf.GgmlType;
import org.djlquant.format.gguf.GgufCheckpoint;
import org.djlquant.format.gguf.GgufWriter;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.Schemes;

/**
 * Converts legacy GGML files to GGUF. Codes are kept as they are; float32 scales of files before ggjt
 * v3 are rounded to the float16 that GGUF has (relative error ≤ 2<sup>-11</sup>), everything else is
 * lossless.
 */
public final class GgmlConverter {
    private GgmlConverter() {}

    /**
     * Converts a file.
     *
     * @param options what the file does not store; written to the new one
     * @throws org.djlquant.format.ModelFormatException if the file is corrupt
     * @throws UnsupportedModelException for Q4_2, which has no counterpart in GGUF
     * @throws java.io.UncheckedIOException if the new file cannot be written
     */
    public static void convert(Path from, Path to, GgmlOptions options) {
        try (GgufCheckpoint checkpoint = GgmlReader.open(from, options)) {
            GgufWriter writer = new GgufWriter().putAll(checkpoint.values());
            for (TensorInfo tensor : checkpoint.tensors().values()) {
                GgmlType type = target(tensor);
                writer.tensor(tensor.name(), type, tensor.shape(), () -> tensor.type().equals(type.name())
                        ? checkpoint.bytes(tensor.name())
                        : repacked(tensor, checkpoint.bytes(tensor.name()), Schemes.block(type.name())));
            }
            writer.write(to);
        }
    }

    private static GgmlType target(TensorInfo tensor) {
        String name = tensor.type().replaceFirst("_GGJT[12]$", "");
        if (GgmlType.valueOf(name).removed()) {
            throw new UnsupportedModelException(tensor.file() + ": tensor " + tensor.name() + ": " + name
                    + " has no counterpart in GGUF; such files can only be used as they are");
        }
        return GgmlType.valueOf(name);
    }

    private static MemorySegment repacked(TensorInfo tensor, MemorySegment bytes, BlockScheme target) {
        long[] shape = tensor.shape();
        int cols = (int) shape[shape.length - 1];
        int rows = (int) (tensor.elements() / cols);
        BlockMatrix source = new BlockMatrix(Schemes.block(tensor.type()), bytes, rows, cols);
        // as long as a Java array may be, which tensors of this age never come near
        byte[] packed = new byte[Math.toIntExact(rows * target.rowBytes(cols))];
        GroupedRow row = new GroupedRow(source.form(), cols);
        int offset = 0;
        for (int r = 0; r < rows; r++) {
            source.unpackRow(r, row);
            for (int b = 0; b < cols / target.blockLength(); b++, offset += target.blockBytes()) {
                target.pack(row, b, packed, offset);
            }
        }
        return MemorySegment.ofArray(packed);
    }
}
