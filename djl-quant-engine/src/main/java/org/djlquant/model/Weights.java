package org.djlquant.model;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
final class Weights implements AutoCloseable {
    /** Bytes of the checkpoint that may stay in memory beside what was packed from them. */
    private static final long DROP_BYTES = 64L << 20;

    /** Remarks that are kept; a broken file has the same for each of its matrices. */
    private static final int MOST_REMARKS = 10;

    private record Pending(int number, String module, Linear linear, WeightMatrix stored, boolean turned) {}

    private final Checkpoint checkpoint;
    private final List<Pending> pending = new ArrayList<>();
    private final Map<String, Integer> schemes = new TreeMap<>();
    private final Map<String, Integer> layouts = new TreeMap<>();
    private final List<String> remarks = new ArrayList<>();
    private PackedCache cache;
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
        pending.add(new Pending(pending.size(), module, linear, stored, turned));
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

    /** Packs every matrix asked for, or takes it from the cache of packed weights. Memory belongs to the arena and to this. */
    void pack(ModelOptions options, Arena arena) {
        Packing packing = new Packing(pendingBytes, options.progress());
        openCache(options);
        if (cache == null || !cache.open(options.workers()) || !take(options.kernels(), arena, options.workers(), packing)) {
            pack(options.kernels(), arena, options.workers(), packing);
            if (cache != null) {
                cache.write(packing.packed, packing.remarks);
            }
        }
        if (cache != null) {
            remarks.addAll(cache.warnings());
        }
        pending.clear();
    }

    private void openCache(ModelOptions options) {
        if (options.packedCache() != null) {
            try {
                cache = PackedCache.of(options.packedCache(), checkpoint, pending.stream()
                        .map(each -> PackedCache.describe(
                                each.module, each.stored.scheme(), each.stored.rows(), each.stored.cols(),
                                options.kernels().layout(each.stored)))
                        .toList());
            } catch (IOException e) {
                remarks.add("packed cache: " + options.packedCache() + ": is not used: " + e);
            }
        }
    }

    /** Takes every matrix from the cache; false if that is damaged after all, and nothing was taken. */
    private boolean take(Kernels kernels, Arena arena, Workers workers, Packing packing) {
        MatMul[] opened = new MatMul[pending.size()];
        try {
            for (Pending each : pending) {
                Optional<MemorySegment> bytes = cache.bytes(each.number);
                opened[each.number] = bytes.isPresent()
                        ? kernels.open(each.stored, bytes.get())
                        : kernels.pack(matrix(each, arena), arena, workers);
            }
        } catch (IllegalArgumentException e) {
            cache.discard(e.getMessage());
            return false;
        }
        for (Pending each : pending) {
            packing.done(each, opened[each.number], cache.remark(each.number));
        }
        return true;
    }

    private static WeightMatrix matrix(Pending each, Arena arena) {
        return each.turned ? ((BlockMatrix) each.stored).transposed(arena) : each.stored;
    }

    /** Each worker packs one matrix after the other, the largest first. */
    private void pack(Kernels kernels, Arena arena, Workers workers, Packing packing) {
        List<Pending> largestFirst = new ArrayList<>(pending);
        largestFirst.sort(Comparator.comparingLong((Pending each) -> each.stored.byteSize()).reversed());
        AtomicInteger next = new AtomicInteger();
        workers.run((part, parts) -> {
            try (Workers alone = Workers.of(1)) {
                for (int i = next.getAndIncrement(); i < largestFirst.size(); i = next.getAndIncrement()) {
                    Pending each = largestFirst.get(i);
                    WeightMatrix matrix = matrix(each, arena);
                    packing.done(each, kernels.pack(matrix, arena, alone), matrix.remark().orElse(""));
                }
            } finally {
                next.set(largestFirst.size()); // what failed for one is over for all
            }
        });
        if (packing.done > DROP_BYTES) {
            checkpoint.dropPages();
        }
    }

    /** What has been packed so far, by all workers. */
    private final class Packing {
        private final long total;
        private final ModelOptions.LoadProgress progress;
        private final MatMul[] packed = new MatMul[pending.size()];
        private final String[] remarks = new String[pending.size()];
        private long done;
        private long dropped;

        Packing(long total, ModelOptions.LoadProgress progress) {
            this.total = total;
            this.progress = progress;
        }

        /** Takes a packed matrix over. */
        synchronized void done(Pending each, MatMul matrix, String remark) {
            packed[each.number] = matrix;
            remarks[each.number] = remark;
            if (!remark.isEmpty() && Weights.this.remarks.size() < MOST_REMARKS) {
                Weights.this.remarks.add(each.module + ": " + remark);
            }
            each.linear.packed(matrix);
            layouts.merge(matrix.layout(), 1, Integer::sum);
            packedBytes += matrix.packedBytes() > 0 ? matrix.packedBytes() : each.stored.byteSize();
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

    /** What the cache of packed weights was used for; empty if not at all. */
    String cacheReport() {
        return cache == null ? "" : cache.report();
    }

    /** Frees what was taken from the cache. */
    @Override
    public void close() {
        if (cache != null) {
            cache.close();
        }
    }

    /** Has code made ready for the layouts of all matrices, the most frequent first; before packing. */
    void prepare(Kernels kernels) {
        Map<String, List<WeightMatrix>> alike = new TreeMap<>();
        pending.forEach(each -> alike.computeIfAbsent(kernels.layout(each.stored), k -> new ArrayList<>()).add(each.stored));
        alike.values().stream()
                .sorted(Comparator.<List<WeightMatrix>>comparingInt(List::size).reversed())
                .forEach(matrices -> kernels.prepare(
                        matrices.getLast(), matrices.stream().mapToLong(each -> (long) each.rows() * each.cols()).sum()));
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
