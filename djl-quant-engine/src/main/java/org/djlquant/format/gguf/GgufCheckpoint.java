package org.djlquant.format.gguf;

import static java.util.Map.entry;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.MapMetadata;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.StoredTensors;
import org.djlquant.format.TensorInfo;
import org.djlquant.quant.WeightMatrix;

/**
 * A GGUF file, or all files of a model split as {@code name-00001-of-0000N.gguf}. Large arrays of the
 * metadata are decoded when asked for, so like the tensors they need the checkpoint to be open.
 */
public final class GgufCheckpoint implements Checkpoint {
    private static final Pattern SHARD = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
    private static final String SPLIT_NO = "split.no";
    private static final String SPLIT_COUNT = "split.count";
    private static final String SPLIT_TENSORS = "split.tensors.count";
    private static final int MAX_SHARDS = 99_999;
    private static final String FILE_TYPE = "general.file_type";
    /** Names of the mixtures that llama.cpp writes: enum llama_ftype of llama.h. */
    private static final Map<String, String> FILE_TYPES = Map.ofEntries(
            entry("0", "F32"), entry("1", "F16"), entry("2", "Q4_0"), entry("3", "Q4_1"), entry("7", "Q8_0"),
            entry("8", "Q5_0"), entry("9", "Q5_1"), entry("10", "Q2_K"), entry("11", "Q3_K_S"), entry("12", "Q3_K_M"),
            entry("13", "Q3_K_L"), entry("14", "Q4_K_S"), entry("15", "Q4_K_M"), entry("16", "Q5_K_S"),
            entry("17", "Q5_K_M"), entry("18", "Q6_K"), entry("19", "IQ2_XXS"), entry("20", "IQ2_XS"),
            entry("21", "Q2_K_S"), entry("22", "IQ3_XS"), entry("23", "IQ3_XXS"), entry("24", "IQ1_S"),
            entry("25", "IQ4_NL"), entry("26", "IQ3_S"), entry("27", "IQ3_M"), entry("28", "IQ2_S"),
            entry("29", "IQ2_M"), entry("30", "IQ4_XS"), entry("31", "IQ1_M"), entry("32", "BF16"),
            entry("36", "TQ1_0"), entry("37", "TQ2_0"), entry("38", "MXFP4"));

    private final Path path;
    private final String container;
    private final StoredTensors tensors;
    private final Map<String, GgufValue> values;
    private final Metadata metadata;

    private GgufCheckpoint(Path path, String container, StoredTensors tensors, Map<String, GgufValue> values) {
        this.path = path;
        this.container = container;
        this.tensors = tensors;
        this.values = values;
        this.metadata = metadata(path, values);
    }

    /**
     * A checkpoint of another container, in terms of GGUF.
     *
     * @param path where it is from
     * @param container its name, and the field that says so
     * @param tensors named and shaped as in GGUF; the checkpoint closes them
     * @param values metadata as in GGUF
     */
    public static GgufCheckpoint of(
            Path path, String container, StoredTensors tensors, Map<String, GgufValue> values) {
        return new GgufCheckpoint(path, container, tensors, values);
    }

    /**
     * Opens a file; if it is one of a split model (any of them), all of its shards.
     *
     * @throws ModelFormatException if a file is corrupt, truncated or missing
     * @throws org.djlquant.format.UnsupportedModelException for versions and tensor types that are not supported
     */
    public static GgufCheckpoint open(Path file) {
        StoredTensors tensors = new StoredTensors(file);
        try {
            GgufFile header = GgufFile.read(tensors.map(file));
            int count = metadata(file, header.values()).optionalInt(SPLIT_COUNT, 1, 0, MAX_SHARDS);
            if (count <= 1) {
                header.tensors().forEach(tensors::add);
                return new GgufCheckpoint(file, container(header), tensors, header.values());
            }
            return openShards(file, header, count, tensors);
        } catch (RuntimeException e) {
            tensors.close();
            throw e;
        }
    }

    private static GgufCheckpoint openShards(Path given, GgufFile opened, int count, StoredTensors tensors) {
        Matcher name = SHARD.matcher(given.getFileName().toString());
        if (!name.matches() || Integer.parseInt(name.group(3)) != count) {
            throw new ModelFormatException(
                    given,
                    "key " + SPLIT_COUNT,
                    String.format(
                            "is %d, so the file must be named …-%05d-of-%05d.gguf beside its other parts; rename it as"
                                    + " it was published",
                            count,
                            metadata(given, opened.values()).optionalInt(SPLIT_NO, 0, 0, MAX_SHARDS) + 1,
                            count));
        }
        Map<String, GgufValue> first = null;
        for (int no = 0; no < count; no++) {
            Path shard = given.resolveSibling(String.format("%s-%05d-of-%05d.gguf", name.group(1), no + 1, count));
            boolean isGiven = shard.getFileName().equals(given.getFileName());
            if (!isGiven && !Files.exists(shard)) {
                throw new ModelFormatException(
                        shard, "file", "is missing; all " + count + " parts of the model must be in one folder");
            }
            GgufFile header = isGiven ? opened : GgufFile.read(tensors.map(shard));
            Metadata keys = metadata(shard, header.values());
            expect(shard, keys, SPLIT_NO, no);
            expect(shard, keys, SPLIT_COUNT, count);
            header.tensors().forEach(tensors::add);
            if (no == 0) {
                first = header.values();
            }
        }
        expect(given, metadata(given, first), SPLIT_TENSORS, tensors.all().size());
        String container = container(opened) + " in " + count + " files (" + SPLIT_COUNT + ")";
        return new GgufCheckpoint(given, container, tensors, first);
    }

    private static String container(GgufFile header) {
        return "GGUF version " + header.version() + " (bytes 0 to 7)";
    }

    private static void expect(Path shard, Metadata keys, String key, int expected) {
        int found = keys.requireInt(key, 0, Integer.MAX_VALUE);
        if (found != expected) {
            throw new ModelFormatException(
                    shard,
                    "key " + key,
                    "expected " + expected + ", found " + found
                            + "; the parts belong to different models or one was renamed");
        }
    }

    private static Metadata metadata(Path file, Map<String, GgufValue> values) {
        Map<String, Object> decoded = new LinkedHashMap<>();
        values.forEach((key, value) -> decoded.put(key, value.decode(key)));
        return new MapMetadata(file, decoded, Set.of());
    }

    /** The metadata with its exact types, e.g. to write it to another file. */
    public Map<String, GgufValue> values() {
        return Collections.unmodifiableMap(values);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Naming naming() {
        return Naming.GGUF;
    }

    @Override
    public String recognised() {
        StringBuilder text = new StringBuilder(container);
        if (values.containsKey(FILE_TYPE)) {
            String number = metadata.display(FILE_TYPE);
            text.append(", mostly ").append(FILE_TYPES.getOrDefault(number, "of an unknown type"))
                    .append(" (").append(FILE_TYPE).append(' ').append(number).append(')');
        }
        return text.toString();
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return tensors.all();
    }

    @Override
    public boolean hasMatrix(String module) {
        return hasTensor(module + ".weight");
    }

    @Override
    public WeightMatrix matrix(String module) {
        return tensors.matrix(module + ".weight");
    }

    @Override
    public float[] vector(String name, int length) {
        return tensors.vector(name, length);
    }

    /** The raw bytes of a tensor, valid until this is closed. */
    public MemorySegment bytes(String name) {
        return tensors.bytes(tensors.require(name));
    }

    @Override
    public Optional<String> companion(String fileName) {
        return Optional.empty();
    }

    @Override
    public void dropPages() {
        tensors.dropPages();
    }

    @Override
    public void close() {
        tensors.close();
    }
}
