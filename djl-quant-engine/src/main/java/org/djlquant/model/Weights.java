package org.djlquant.model;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.ModelFormatException;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.MatMul;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * The tensors of a checkpoint as an architecture asks for them. Asking checks presence and shape at
 * once; matrices are packed afterwards, all together, when the memory plan has been accepted.
 */
final class Weights {
    /** Bytes of the checkpoint that may stay in memory beside what was packed from them. */
    private static final long DROP_BYTES = 64L << 20;

    /** Remarks that are kept; a broken file has the same for each of its matrices. */
    private static final int MOST_REMARKS = 10;

    private record Pending(String module, Linear linear, WeightMatrix stored, boolean turned) {}

    private final Checkpoint checkpoint;
    private final List<Pending> pending = new ArrayList<>();
    private final Map<String, Integer> schemes = new TreeMap<>();
    private final Map<String, Integer> layouts = new TreeMap<>();
    private final List<String> remarks = new ArrayList<>();
    private long parameters;
    private long unpackedBytes;
    private long pendingBytes;
    private long packedBytes;

    Weights(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
    }

    /** The name that this checkpoint's convention uses. */
    String pick(String huggingFace, String gguf) {
        return checkpoint.naming() == Checkpoint.Naming.GGUF ? gguf : huggingFace;
    }

    /** Whether a matrix of this module is stored. */
    boolean has(String module) {
        return checkpoint.hasMatrix(module);
    }

    /** Whether a tensor of this full name is stored. */
    boolean hasTensor(String name) {
        return checkpoint.hasTensor(name);
    }

    /** Rows of a stored matrix, for sizes that no hyper-parameter gives. */
    int rows(String module) {
        return checkpoint.matrix(module).rows();
    }

    /**
     * A linear layer [out, in], with its bias if one is stored.
     *
     * @param biasRequired whether a missing bias is an error
     */
    Linear linear(String module, int out, int in, boolean biasRequired) {
        return linear(module, matrix(module, out, in), false, out, biasRequired);
    }

    /**
     * A linear layer that Hugging Face's GPT-2 stores as [in, out]. Quantizers that know it store
     * [out, in] like everything else, and so does GGUF.
     */
    Linear conv1d(String module, int out, int in) {
        WeightMatrix stored = checkpoint.matrix(module);
        boolean turned = checkpoint.naming() == Checkpoint.Naming.HUGGING_FACE
                && stored instanceof BlockMatrix m && m.blocks().blockLength() == 1;
        WeightMatrix checked = turned ? checked(module, stored, in, out) : checked(module, stored, out, in);
        return linear(module, checked, turned, out, true);
    }

    private Linear linear(String module, WeightMatrix stored, boolean turned, int out, boolean biasRequired) {
        float[] bias = biasRequired || checkpoint.hasTensor(module + ".bias") ? vector(module + ".bias", out) : null;
        if (bias != null && allZero(bias)) {
            bias = null; // some packers store biases the model never had
        }
        Linear linear = new Linear(out, turned ? stored.rows() : stored.cols(), bias);
        pending.add(new Pending(module, linear, stored, turned));
        pendingBytes += stored.byteSize();
        return linear;
    }

    /** The rows of an embedding, read from the checkpoint as they are needed. */
    Embedding.Rows rows(String module, int count, int width) {
        WeightMatrix stored = matrix(module, count, width);
        unpackedBytes += stored.byteSize();
        return stored::decodeRow;
    }

    /** A 1-D tensor. */
    float[] vector(String name, int length) {
        parameters += length;
        unpackedBytes += 4L * length;
        return checkpoint.vector(name, length);
    }

    /** A 1-D tensor that may be missing. */
    Optional<float[]> optionalVector(String name, int length) {
        return checkpoint.hasTensor(name) ? Optional.of(checkpoint.vector(name, length)) : Optional.empty();
    }

    private WeightMatrix matrix(String module, int rows, int cols) {
        return checked(module, checkpoint.matrix(module), rows, cols);
    }

    private WeightMatrix checked(String module, WeightMatrix stored, int rows, int cols) {
        if (stored.rows() != rows || stored.cols() != cols) {
            throw new ModelFormatException(checkpoint.path(), module, "expected a weight of shape [" + rows + ", " + cols
                    + "] by the hyper-parameters, found [" + stored.rows() + ", " + stored.cols() + "]");
        }
        parameters += (long) rows * cols;
        schemes.merge(stored.scheme(), 1, Integer::sum);
        return stored;
    }

    private static boolean allZero(float[] values) {
        for (float value : values) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Packs every matrix asked for, each worker one after the other, the largest first. Memory belongs to
     * the arena.
     */
    void pack(Kernels kernels, Arena arena, Workers workers, ModelOptions.LoadProgress progress) {
        List<Pending> largestFirst = new ArrayList<>(pending);
        largestFirst.sort(Comparator.comparingLong((Pending each) -> each.stored.byteSize()).reversed());
        Packing packing = new Packing(pendingBytes, progress);
        AtomicInteger next = new AtomicInteger();
        workers.run((part, parts) -> {
            try (Workers alone = Workers.of(1)) {
                for (int i = next.getAndIncrement(); i < largestFirst.size(); i = next.getAndIncrement()) {
                    Pending each = largestFirst.get(i);
                    WeightMatrix matrix = each.turned ? ((BlockMatrix) each.stored).transposed(arena) : each.stored;
                    packing.done(each, kernels.pack(matrix, arena, alone), matrix.remark());
                }
            } finally {
                next.set(largestFirst.size()); // what failed for one is over for all
            }
        });
        pending.clear();
        if (packing.done > DROP_BYTES) {
            checkpoint.dropPages();
        }
    }

    /** What has been packed so far, by all workers. */
    private final class Packing {
        private final long total;
        private final ModelOptions.LoadProgress progress;
        private long done;
        private long dropped;

        Packing(long total, ModelOptions.LoadProgress progress) {
            this.total = total;
            this.progress = progress;
        }

        /** Takes a packed matrix over. */
        synchronized void done(Pending each, MatMul packed, Optional<String> remark) {
            if (remarks.size() < MOST_REMARKS) {
                remark.ifPresent(text -> remarks.add(each.module + ": " + text));
            }
            each.linear.packed(packed);
            layouts.merge(packed.layout(), 1, Integer::sum);
            packedBytes += packed.packedBytes() > 0 ? packed.packedBytes() : each.stored.byteSize();
            done += each.stored.byteSize();
            if (done - dropped > DROP_BYTES) {
                checkpoint.dropPages();
                dropped = done;
            }
            progress.onProgress(done, total);
        }
    }

    /** Bytes the weights take: as stored before packing, as packed after it. */
    long bytes() {
        return unpackedBytes + (pending.isEmpty() ? packedBytes : pendingBytes);
    }

    long parameters() {
        return parameters;
    }

    /** How many matrices are stored in each scheme. */
    Map<String, Integer> schemes() {
        return schemes;
    }

    /** What is odd about matrices that were packed. */
    List<String> remarks() {
        return remarks;
    }

    /** How many matrices would run in each packed layout; before packing. */
    Map<String, Integer> layouts(Kernels kernels) {
        Map<String, Integer> expected = new TreeMap<>();
        pending.forEach(each -> expected.merge(kernels.layout(each.stored), 1, Integer::sum));
        return expected;
    }

    /** How many matrices run in each packed layout. */
    Map<String, Integer> layouts() {
        return layouts;
    }
}
