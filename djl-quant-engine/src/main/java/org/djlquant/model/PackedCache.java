package org.djlquant.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.FileHashes;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.format.gguf.GgmlType;
import org.djlquant.format.gguf.GgufCheckpoint;
import org.djlquant.format.gguf.GgufValue;
import org.djlquant.format.gguf.GgufWriter;
import org.djlquant.kernel.MatMul;
import org.djlquant.runtime.MemoryPlan;
import org.djlquant.runtime.Workers;

/**
 * The packed weights of one model in a folder, so that they need not be packed again: one GGUF file whose
 * tensors are the packed matrices as bytes. It is named by the hash of the checkpoint, and taken only if it
 * says the same as expected of checkpoint, version and every matrix, and if all checksums are right; these
 * are read at once, which takes no longer than the pages take to arrive. They tell accidents, not attacks:
 * whoever can write to the folder decides what the model says. Not thread-safe.
 */
final class PackedCache implements AutoCloseable {
    private static final String SUFFIX = ".packed";
    private static final String VERSION = "packed.version";
    private static final String FILES = "packed.files";
    private static final String MATRICES = "packed.matrices";
    private static final String CHECKSUMS = "packed.crc32c";
    private static final String REMARKS = "packed.remarks";
    private static final long ALIGNMENT = 64;

    /** What {@link org.djlquant.format.AtomicFile} calls a file that is being written. */
    private static final Pattern PART = Pattern.compile("[0-9a-f]{16}-[0-9a-f]{8}\\.packed\\.[0-9a-f-]{36}\\.part");

    /** Checksums are computed in pieces that threads take in turn. */
    private static final long PIECE = 64L << 20;

    /** A file that is being written is younger. */
    private static final Duration ABANDONED = Duration.ofHours(1);

    private final Checkpoint checkpoint;
    private final Path file;
    private final List<String> files;
    private final List<String> matrices;
    private final List<String> warnings = new ArrayList<>();
    private GgufCheckpoint opened;
    private List<String> remarks;
    private String report = "";

    private PackedCache(Checkpoint checkpoint, Path file, List<String> files, List<String> matrices) {
        this.checkpoint = checkpoint;
        this.file = file;
        this.files = files;
        this.matrices = matrices;
    }

    /** What decides the packed bytes of a matrix besides its checkpoint. */
    static String describe(String module, String scheme, int rows, int cols, String layout) {
        return module + ": " + scheme + " " + rows + "x" + cols + ", " + layout;
    }

    /**
     * The cache of a checkpoint.
     *
     * @param matrices {@link #describe} of all matrices, in the order of their numbers
     * @throws IOException if a file of the checkpoint cannot be read, or the folder cannot be made
     */
    static PackedCache of(Path folder, Checkpoint checkpoint, List<String> matrices) throws IOException {
        Files.createDirectories(folder);
        FileHashes hashes = new FileHashes(folder);
        List<String> files = new ArrayList<>();
        for (Path each : checkpoint.files()) {
            files.add(hashes.sha256(each));
        }
        files.add(checkpoint.recognised() + ", " + ByteOrder.nativeOrder());
        CRC32C all = new CRC32C();
        all.update((MatMul.PACKED_VERSION + "\n" + files + "\n" + matrices).getBytes(StandardCharsets.UTF_8));
        String name = files.getFirst().substring(0, 16) + "-" + HexFormat.of().toHexDigits(all.getValue(), 8) + SUFFIX;
        return new PackedCache(checkpoint, folder.resolve(name), files, matrices);
    }

    /** Maps and checks the file; false if there is none, or one that is of no use. */
    boolean open(Workers workers) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try {
            opened = GgufCheckpoint.open(file);
            check(workers);
            report = "mapped " + MemoryPlan.size(opened.tensors().values().stream().mapToLong(TensorInfo::byteSize).sum())
                    + " of packed weights from " + file;
            return true;
        } catch (ModelFormatException | UnsupportedModelException e) {
            discard(e.getMessage());
            return false;
        }
    }

    /** Gives up on a file that was opened: it is not used, and written again. */
    void discard(String why) {
        warnings.add("packed cache: " + why + ": not used, weights are packed again");
        close();
        opened = null;
    }

    private void check(Workers workers) {
        int version = opened.metadata().requireInt(VERSION, 0, Integer.MAX_VALUE);
        expect(VERSION, version == MatMul.PACKED_VERSION, "is " + version + ", expected " + MatMul.PACKED_VERSION);
        expect(FILES, strings(FILES).equals(files), "tells another checkpoint than " + checkpoint.path());
        expect(MATRICES, strings(MATRICES).equals(matrices), "tells other matrices than this checkpoint and these kernels have");
        remarks = strings(REMARKS);
        long[] checksums = opened.metadata().integers(CHECKSUMS).orElse(new long[0]);
        int count = matrices.size();
        expect(REMARKS, remarks.size() == count, "has " + remarks.size() + " items, expected " + count);
        expect(CHECKSUMS, checksums.length == count, "has " + checksums.length + " items, expected " + count);
        List<TensorInfo> tensors = List.copyOf(opened.tensors().values());
        AtomicInteger next = new AtomicInteger();
        TensorInfo[] wrong = new TensorInfo[1];
        workers.run((part, parts) -> {
            for (int i = next.getAndIncrement(); i < tensors.size(); i = next.getAndIncrement()) {
                TensorInfo tensor = tensors.get(i);
                int number = number(tensor.name());
                boolean right = number >= 0
                        && checksum(opened.bytes(tensor.name()), remarks.get(number)) == (int) checksums[number];
                if (!right) {
                    synchronized (wrong) {
                        wrong[0] = tensor;
                    }
                }
            }
        });
        if (wrong[0] != null) {
            int number = number(wrong[0].name());
            throw new ModelFormatException(
                    file,
                    "tensor " + wrong[0].name(),
                    number < 0 ? "is of no matrix" : "(" + matrices.get(number) + ") has another checksum than when it was written");
        }
    }

    private List<String> strings(String key) {
        return opened.metadata().strings(key).orElse(List.of());
    }

    private void expect(String key, boolean right, String otherwise) {
        if (!right) {
            throw new ModelFormatException(file, "key " + key, otherwise);
        }
    }

    /** The matrix a tensor belongs to, or -1. */
    private int number(String name) {
        return name.matches("\\d{1,9}") && Integer.parseInt(name) < matrices.size() ? Integer.parseInt(name) : -1;
    }

    private static int checksum(MemorySegment bytes, String remark) {
        CRC32C sum = new CRC32C();
        for (long at = 0; at < bytes.byteSize(); at += PIECE) {
            sum.update(bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).asByteBuffer());
        }
        sum.update(remark.getBytes(StandardCharsets.UTF_8));
        return (int) sum.getValue();
    }

    /**
     * The packed bytes of a matrix, valid until this is closed; empty if it was not packed. Only after {@link #open}.
     */
    Optional<MemorySegment> bytes(int number) {
        String name = Integer.toString(number);
        return opened.tensors().containsKey(name) ? Optional.of(opened.bytes(name)) : Optional.empty();
    }

    /** What is odd about a matrix, or an empty text. Only after {@link #open}. */
    String remark(int number) {
        return remarks.get(number);
    }

    /** Writes the file. What goes wrong becomes a warning: the model runs without. */
    void write(MatMul[] packed, String[] remarks) {
        long begin = System.nanoTime();
        GgufWriter writer = new GgufWriter()
                .put("general.architecture", GgufValue.of("packed weights of djl-quant"))
                .put("general.alignment", GgufValue.uint32(ALIGNMENT))
                .put("packed.source", GgufValue.of(checkpoint.path().toString()))
                .put(VERSION, GgufValue.uint32(MatMul.PACKED_VERSION))
                .put(FILES, GgufValue.of(files))
                .put(MATRICES, GgufValue.of(matrices))
                .put(REMARKS, GgufValue.of(Arrays.asList(remarks)));
        int[] checksums = new int[packed.length];
        long bytes = 0;
        for (int i = 0; i < packed.length; i++) {
            Optional<MemorySegment> each = packed[i].packed();
            if (each.isPresent()) {
                MemorySegment segment = each.get();
                checksums[i] = checksum(segment, remarks[i]);
                bytes += segment.byteSize();
                writer.tensor(Integer.toString(i), GgmlType.I8, new long[] {segment.byteSize()}, () -> segment);
            }
        }
        if (bytes == 0) {
            return; // everything runs on the bytes of the checkpoint
        }
        try {
            removeAbandoned();
            writer.put(CHECKSUMS, GgufValue.of(checksums)).write(file);
            report = String.format(
                    Locale.ROOT,
                    "wrote %s of packed weights to %s in %.1f s",
                    MemoryPlan.size(bytes),
                    file,
                    (System.nanoTime() - begin) / 1e9);
        } catch (IOException | UncheckedIOException e) {
            warnings.add("packed cache: " + e.getMessage() + ": weights are not kept, the next load packs them again");
        }
    }

    /** Removes what writers left who were killed. */
    private void removeAbandoned() throws IOException {
        long limit = System.currentTimeMillis() - ABANDONED.toMillis();
        try (Stream<Path> all = Files.list(file.getParent())) {
            for (Path part : all.filter(each -> PART.matcher(each.getFileName().toString()).matches()).toList()) {
                if (part.toFile().lastModified() < limit) {
                    Files.deleteIfExists(part);
                }
            }
        }
    }

    /** What was done, in one line; empty if nothing was. */
    String report() {
        return report;
    }

    /** What went wrong, without harm to the load. */
    List<String> warnings() {
        return warnings;
    }

    /** Unmaps the file. */
    @Override
    public void close() {
        if (opened != null) {
            opened.close();
        }
    }
}
