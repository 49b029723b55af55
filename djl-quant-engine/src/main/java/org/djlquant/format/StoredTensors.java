package org.djlquant.format;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.Schemes;

/**
 * The tensors of one or more mapped files, and the arena that keeps them mapped: what every container
 * comes down to. Safe for use by many threads once filled.
 */
public final class StoredTensors implements AutoCloseable {
    private final Path path;
    private final Arena arena = Arena.ofShared();
    private final Map<Path, MemorySegment> files = new LinkedHashMap<>();
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    /**
     * Starts empty.
     *
     * @param path the checkpoint, named in errors about what it does not hold
     */
    public StoredTensors(Path path) {
        this.path = path;
    }

    /** Maps one more file. */
    public MappedFile map(Path file) {
        MappedFile mapped = MappedFile.open(file, arena);
        files.put(file, mapped.data());
        return mapped;
    }

    /**
     * Adds a tensor whose bytes have been checked to lie in its (mapped) file.
     *
     * @throws ModelFormatException if there is one of this name already
     */
    public void add(TensorInfo tensor) {
        TensorInfo other = tensors.putIfAbsent(tensor.name(), tensor);
        if (other != null) {
            throw new ModelFormatException(
                    tensor.file(),
                    "tensor " + tensor.name(),
                    "is stored twice, also in " + other.file() + " at byte " + other.offset()
                            + "; keep the files of one version only");
        }
    }

    /** The tensors by name, in file order. */
    public Map<String, TensorInfo> all() {
        return Collections.unmodifiableMap(tensors);
    }

    /**
     * A tensor that must be there.
     *
     * @throws ModelFormatException if it is not
     */
    public TensorInfo require(String name) {
        TensorInfo tensor = tensors.get(name);
        if (tensor == null) {
            throw new ModelFormatException(
                    path,
                    "tensor " + name,
                    "is missing among the " + tensors.size()
                            + " stored; the checkpoint is incomplete or of another architecture than it claims");
        }
        return tensor;
    }

    /**
     * The bytes of a tensor, valid until this is closed.
     *
     * @throws IllegalStateException if the checkpoint is closed
     */
    public MemorySegment bytes(TensorInfo tensor) {
        checkOpen();
        return files.get(tensor.file()).asSlice(tensor.offset(), tensor.byteSize());
    }

    /**
     * A 2-D tensor of a block scheme.
     *
     * @throws ModelFormatException if it is missing or not 2-D
     * @throws UnsupportedModelException if there is no decoder for its type
     */
    public BlockMatrix matrix(String name) {
        TensorInfo tensor = require(name);
        long[] shape = tensor.shape();
        if (shape.length != 2 || shape[0] < 1 || shape[1] < 1
                || shape[0] > Integer.MAX_VALUE || shape[1] > Integer.MAX_VALUE) {
            throw new ModelFormatException(
                    tensor.file(),
                    "tensor " + name,
                    "has the shape " + Arrays.toString(shape) + ", expected a matrix [out, in]");
        }
        return new BlockMatrix(scheme(tensor), bytes(tensor), (int) shape[0], (int) shape[1]);
    }

    /** The contract of {@link Checkpoint#vector}. */
    public float[] vector(String name, int length) {
        TensorInfo tensor = require(name);
        long[] shape = tensor.shape();
        if (shape.length != 1 || shape[0] != length) {
            throw new ModelFormatException(
                    tensor.file(),
                    "tensor " + name,
                    "has the shape " + Arrays.toString(shape) + ", expected [" + length + "]");
        }
        float[] values = new float[length];
        new BlockMatrix(scheme(tensor), bytes(tensor), 1, length).decodeRow(0, values, 0);
        return values;
    }

    private BlockScheme scheme(TensorInfo tensor) {
        BlockScheme scheme = Schemes.block(tensor.type());
        if (scheme == null) {
            throw new UnsupportedModelException(tensor.file() + ": tensor " + tensor.name() + ": is stored as "
                    + tensor.type() + ", which has no decoder here; supported: "
                    + String.join(", ", Schemes.blocks().keySet()));
        }
        return scheme;
    }

    /** The contract of {@link Checkpoint#dropPages}. */
    public void dropPages() {
        checkOpen();
        files.values().forEach(MemorySegment::unload);
    }

    /** Throws {@link IllegalStateException} after {@link #close}. */
    public void checkOpen() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException(path + " is closed");
        }
    }

    /** Unmaps the files. Closing twice is harmless. */
    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
