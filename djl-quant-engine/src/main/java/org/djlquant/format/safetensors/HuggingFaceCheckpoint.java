package org.djlquant.format.safetensors;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.StoredTensors;
import org.djlquant.format.StrictJson;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.TextFiles;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;

/** A Hugging Face folder, or one safetensors file of it, with config.json as metadata. */
public final class HuggingFaceCheckpoint implements Checkpoint {
    private static final String CONFIG = "config.json";
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX_SUFFIX = ".safetensors.index.json";
    private static final Set<String> DENSE = Set.of("F32", "F16", "BF16");
    /** What the quantization methods store beside or instead of {@code weight}. */
    private static final List<String> PARTS = List.of(
            "qweight", "qzeros", "scales", "g_idx", "weight.quant_state.bitsandbytes__nf4",
            "weight.quant_state.bitsandbytes__fp4", "weight.absmax", "SCB", "weight_format", "weight_packed");

    private final Path path;
    private final Path folder;
    private final StoredTensors tensors;
    private final Metadata metadata;
    private final QuantizationConfig quantization;
    private final String weights;

    private HuggingFaceCheckpoint(Path path, Path folder, StoredTensors tensors, Metadata metadata, String weights) {
        this.path = path;
        this.folder = folder;
        this.tensors = tensors;
        this.metadata = metadata;
        this.quantization = QuantizationConfig.read(folder, metadata);
        this.weights = weights;
    }

    /**
     * Opens a folder with config.json and safetensors, as transformers would choose them:
     * model.safetensors, else the shards of the index, else the only safetensors file.
     *
     * @throws ModelFormatException if anything is missing, corrupt or contradictory
     * @throws UnsupportedModelException if the weights are there in another format only
     */
    public static HuggingFaceCheckpoint openFolder(Path folder) {
        String config = TextFiles.read(folder, CONFIG).orElseThrow(() -> new ModelFormatException(
                folder, "file " + CONFIG, "is missing; download it from the page of the model"));
        Metadata metadata = StrictJson.metadata(
                folder.resolve(CONFIG), StrictJson.object(folder.resolve(CONFIG), config));
        return open(folder, folder, weights(folder), metadata);
    }

    /**
     * Opens one safetensors file; config.json beside it is read if it is there.
     *
     * @throws ModelFormatException if it is corrupt
     */
    public static HuggingFaceCheckpoint openFile(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        Path config = folder.resolve(CONFIG);
        Metadata metadata = StrictJson.metadata(
                config, TextFiles.read(folder, CONFIG).map(text -> StrictJson.object(config, text)).orElse(Map.of()));
        return open(file, folder, file, metadata);
    }

    private static HuggingFaceCheckpoint open(Path path, Path folder, Path weights, Metadata metadata) {
        StoredTensors tensors = new StoredTensors(path);
        try {
            if (weights.getFileName().toString().endsWith(INDEX_SUFFIX)) {
                openShards(SafetensorsIndex.read(weights), tensors);
            } else {
                SafetensorsFile.read(tensors.map(weights)).forEach(tensors::add);
            }
            return new HuggingFaceCheckpoint(
                    path, folder, tensors, metadata, weights.getFileName().toString());
        } catch (RuntimeException e) {
            tensors.close();
            throw e;
        }
    }

    private static void openShards(SafetensorsIndex index, StoredTensors tensors) {
        Path folder = index.file().getParent();
        Set<String> missing = new LinkedHashSet<>();
        Set<String> shards = new LinkedHashSet<>(index.shards().values());
        for (String shard : shards) {
            if (!Files.exists(folder.resolve(shard))) {
                missing.add(shard);
            }
        }
        if (!missing.isEmpty()) {
            throw new ModelFormatException(
                    index.file(),
                    "key weight_map",
                    missing.size() + " of " + shards.size() + " shards are missing in the folder: "
                            + String.join(", ", missing) + "; download them too");
        }
        Set<String> listed = new HashSet<>(index.shards().keySet());
        for (String shard : shards) {
            for (TensorInfo tensor : SafetensorsFile.read(tensors.map(folder.resolve(shard)))) {
                if (!shard.equals(index.shards().get(tensor.name()))) {
                    throw new ModelFormatException(
                            tensor.file(),
                            "tensor " + tensor.name(),
                            (listed.contains(tensor.name())
                                            ? "is listed in " + index.file().getFileName() + " as part of "
                                                    + index.shards().get(tensor.name())
                                            : "is not listed in " + index.file().getFileName())
                                    + "; index and shards are of different versions");
                }
                tensors.add(tensor);
            }
        }
        index.shards().forEach((tensor, shard) -> {
            if (!tensors.all().containsKey(tensor)) {
                throw new ModelFormatException(
                        folder.resolve(shard),
                        "tensor " + tensor,
                        "is not in this file, although " + index.file().getFileName()
                                + " says so; index and shards are of different versions");
            }
        });
    }

    private static Path weights(Path folder) {
        if (Files.exists(folder.resolve(SINGLE))) {
            return folder.resolve(SINGLE);
        }
        List<Path> files = list(folder);
        List<Path> indexes = endingWith(files, INDEX_SUFFIX);
        List<Path> single = endingWith(files, ".safetensors");
        if (indexes.size() == 1) {
            return indexes.getFirst();
        }
        if (indexes.isEmpty() && single.size() == 1) {
            return single.getFirst();
        }
        if (!indexes.isEmpty() || !single.isEmpty()) {
            throw new ModelFormatException(
                    folder,
                    "folder",
                    "holds " + single.size() + " safetensors files and " + indexes.size()
                            + " indexes, so it is not clear which belong to the model; add model" + INDEX_SUFFIX
                            + " from its page, or open one file by its path");
        }
        if (files.stream().map(f -> f.getFileName().toString()).anyMatch(HuggingFaceCheckpoint::isPickle)) {
            throw new UnsupportedModelException(folder
                    + ": holds weights as pickled PyTorch files only, which are not read because they can run code;"
                    + " save the model as safetensors: AutoModelForCausalLM.from_pretrained(folder)"
                    + ".save_pretrained(other, safe_serialization=True)");
        }
        throw new ModelFormatException(
                folder, "folder", "holds " + CONFIG + " but no .safetensors file; download the weights too");
    }

    private static boolean isPickle(String name) {
        return name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth")
                || name.endsWith(".bin.index.json");
    }

    private static List<Path> endingWith(List<Path> files, String suffix) {
        return files.stream().filter(f -> f.getFileName().toString().endsWith(suffix)).toList();
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new ModelFormatException(folder, "folder", "cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Naming naming() {
        return Naming.HUGGING_FACE;
    }

    @Override
    public String recognised() {
        String architecture = metadata.has("architectures")
                ? metadata.display("architectures") + " (architectures in config.json)"
                : "architecture not named";
        return "Hugging Face safetensors (" + weights + "), " + architecture + ", " + quantization.recognised();
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return tensors.all();
    }

    /** With the settings of the quantization, which decide what the tensors mean. */
    @Override
    public List<Path> files() {
        Stream<Path> settings = Stream.concat(Stream.of(CONFIG), QuantizationConfig.FILES.stream())
                .map(folder::resolve)
                .filter(Files::isRegularFile);
        return Stream.concat(Checkpoint.super.files().stream(), settings).toList();
    }

    @Override
    public boolean hasMatrix(String module) {
        return hasTensor(module + ".weight") || hasTensor(module + ".qweight");
    }

    @Override
    public WeightMatrix matrix(String module) {
        TensorInfo weight = tensors().get(module + ".weight");
        if (weight != null && DENSE.contains(weight.type())) {
            return tensors.matrix(weight.name());
        }
        WeightMatrix quantized = quantized(module);
        if (quantized != null) {
            return quantized;
        }
        List<String> parts = PARTS.stream().filter(part -> hasTensor(module + "." + part)).toList();
        if (weight == null && parts.isEmpty()) {
            tensors.require(module + ".weight");
        }
        throw new UnsupportedModelException(path + ": " + module + ": is quantized ("
                + metadata.string("quantization_config.quant_method")
                        .map(method -> "quant_method " + method)
                        .orElse("config.json names no quant_method")
                + (weight == null ? "" : ", weight stored as " + weight.type())
                + (parts.isEmpty() ? "" : ", stored as " + String.join(", ", parts))
                + "), which is not supported; supported: " + String.join(", ", new TreeSet<>(DENSE))
                + ", " + String.join(", ", Schemes.ofModules()));
    }

    /** The matrix of a module that is stored as several tensors, or {@code null}. */
    private WeightMatrix quantized(String module) {
        try {
            return Schemes.open(new QuantizedModule(module, tensors, quantization.settings()));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ModelFormatException(path, "module " + module, e.getMessage(), e);
        } catch (UnsupportedOperationException e) {
            throw new UnsupportedModelException(path + ": " + module + ": " + e.getMessage());
        }
    }

    @Override
    public float[] vector(String name, int length) {
        return tensors.vector(name, length);
    }

    @Override
    public Optional<String> companion(String fileName) {
        return TextFiles.read(folder, fileName);
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
