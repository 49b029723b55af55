package org.djlquant.engine;

import ai.djl.BaseModel;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Models;
import org.djlquant.runtime.ModelTooLargeException;
import org.djlquant.runtime.Workers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model of engine {@code Quant}. Without a block, {@link #load} opens a language-model checkpoint in
 * any supported format; with a block ({@code Criteria.optBlock} or a {@code blockFactory}) it reads the
 * {@code .params} that DJL saved, as every DJL engine does, and quantizes the block's Linears if the
 * option {@code quantize} says so.
 *
 * <p>Predictors of one model may be used from many threads. Closing the model ends its language model:
 * what runs on it fails with a clear error.
 */
public final class QuantModel extends BaseModel {
    /** Property with the path of the checkpoint, where that is not the path the model is loaded from. */
    public static final String CHECKPOINT = "checkpoint";

    private static final Logger LOGGER = LoggerFactory.getLogger(QuantModel.class);

    /** Property that {@code .params} carry when their Linears are quantized. */
    private static final String QUANTIZE = "quantize";

    /** Of a Linear that was not swapped. */
    private static final String FLOAT = "float";

    private Checkpoint checkpoint;
    private CausalLM causalLM;
    private Workers ownWorkers;

    QuantModel(String name, NDManager manager) {
        super(name);
        this.manager = manager;
        manager.setName("quantModel");
        dataType = DataType.FLOAT32;
    }

    /**
     * The language model that was loaded.
     *
     * @throws IllegalStateException if none was
     */
    public CausalLM causalLM() {
        if (causalLM == null) {
            throw new IllegalStateException("model " + modelName + " holds no language model");
        }
        return causalLM;
    }

    /**
     * The checkpoint of the language model: metadata, tokenizer files.
     *
     * @throws IllegalStateException if none was loaded
     */
    public Checkpoint checkpoint() {
        causalLM();
        return checkpoint;
    }

    /**
     * Loads a checkpoint, or the parameters of the block that was set.
     *
     * @param modelPath a model file, or a folder; see {@link Checkpoints#open}
     * @param prefix name of the {@code .params} file without epoch, or of a model file in the folder;
     *     {@code null} for the model's name
     * @param options see docs/djl.md; {@code null} for none
     * @throws MalformedModelException if the checkpoint is corrupt, not supported or too large
     * @throws IOException if there is no such file or it cannot be read
     */
    @Override
    public void load(Path modelPath, String prefix, Map<String, ?> options) throws IOException, MalformedModelException {
        if (causalLM != null) {
            throw new IllegalStateException("model " + modelName + " is loaded already");
        }
        if (Files.notExists(modelPath)) {
            throw new FileNotFoundException(modelPath + ": there is no such file or folder");
        }
        try {
            QuantOptions parsed = QuantOptions.parse(options);
            setModelDir(modelPath);
            if (block != null) {
                loadParameters(prefix == null ? modelName : prefix, options, parsed);
            } else {
                loadCheckpoint(prefix, parsed);
            }
            wasLoaded = true;
        } catch (ModelFormatException | UnsupportedModelException | ModelTooLargeException | IllegalArgumentException e) {
            throw new MalformedModelException(e.getMessage(), e);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            if (!wasLoaded) {
                close(); // DJL's loader drops a model that failed without closing it
            }
        }
    }

    private void loadCheckpoint(String prefix, QuantOptions options) throws IOException {
        if (getProperty(CHECKPOINT) != null) {
            setModelDir(Path.of(getProperty(CHECKPOINT)));
        }
        Path path = modelDir;
        if (Files.isRegularFile(path)) {
            modelDir = path.toAbsolutePath().getParent();
        } else if (options.file().isPresent()) {
            path = modelDir.resolve(options.file().get());
            if (Files.notExists(path)) {
                throw new FileNotFoundException(path + ": there is no such file (option file)");
            }
        } else if (prefix != null && Files.isRegularFile(modelDir.resolve(prefix + ".gguf"))) {
            path = modelDir.resolve(prefix + ".gguf");
        }
        Checkpoint opened = options.open(path);
        if (options.quantization().isPresent()) {
            opened = new QuantizingCheckpoint(opened, options.quantization().get());
        }
        ownWorkers = options.threads().map(Workers::of).orElse(null);
        try {
            // the language model owns the checkpoint from here on
            CausalLM loaded =
                    Models.load(opened, options.modelOptions(ownWorkers == null ? Workers.shared() : ownWorkers));
            if (options.llmInt8Threshold() > 0 && !loaded.report().schemes().containsKey("INT8")) {
                loaded.close();
                throw new IllegalArgumentException("option llm_int8_threshold is for INT8 weights, but " + path
                        + " has none: give load_in_8bit=true too if its weights are floats");
            }
            causalLM = loaded;
        } finally {
            if (causalLM == null) {
                closeWorkers();
            }
        }
        checkpoint = opened;
        block = new QuantBlock(causalLM);
        LOGGER.info("{}: {}", modelName, causalLM.report());
    }

    private void loadParameters(String prefix, Map<String, ?> options, QuantOptions parsed)
            throws IOException, MalformedModelException {
        Path file = paramPathResolver(prefix, options);
        String scheme = parsed.schemeOfBlock().orElse(null);
        if (scheme == null && file != null && Files.exists(file)) {
            scheme = savedScheme(file);
        }
        if (scheme != null) {
            // before the parameters come, so that the float model is never held as a whole
            block = QuantizedLinear.replaceIn(block, scheme);
            setProperty(QUANTIZE, scheme);
        }
        loadBlock(prefix, options);
    }

    /** The property in the header that BaseModel.save writes, or {@code null}. */
    private static String savedScheme(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            in.readInt(); // "DJL@"
            in.readInt(); // version, checked by BaseModel
            in.readUTF(); // model name
            in.readUTF(); // data type
            for (int inputs = in.readInt(); inputs > 0; inputs--) {
                in.readUTF();
                Shape.decode(in);
            }
            String scheme = null;
            for (int properties = in.readInt(); properties > 0; properties--) {
                String key = in.readUTF();
                String value = in.readUTF();
                scheme = key.equals(QUANTIZE) ? value : scheme;
            }
            return scheme;
        }
    }

    /**
     * Writes block and parameters as DJL does; quantized Linears are written packed. If all of the block
     * are, in one scheme, {@link #load} needs no option to read them into the float block.
     */
    @Override
    public void save(Path modelPath, String newModelName) throws IOException {
        if (block != null && wasLoaded && inputData != null && causalLM == null) {
            // a block that was loaded does not know the names of its inputs, which BaseModel.save wants
            block.initialize(manager, dataType, inputData.values().toArray(Shape[]::new));
        }
        if (block != null && causalLM == null) {
            // the Linears may have been replaced since
            List<String> schemes = schemes(block).distinct().toList();
            if (schemes.size() == 1 && !schemes.getFirst().equals(FLOAT)) {
                setProperty(QUANTIZE, schemes.getFirst());
            }
        }
        super.save(modelPath, newModelName);
    }

    /** How each Linear of a block that could be swapped is stored. */
    private static Stream<String> schemes(Block block) {
        if (block instanceof QuantizedLinear quantized) {
            return Stream.of(quantized.scheme());
        }
        return block.getClass() == Linear.class
                ? Stream.of(FLOAT)
                : block.getChildren().values().stream().flatMap(QuantModel::schemes);
    }

    /** Reads parameters of the block that was set; a checkpoint needs a file. */
    @Override
    public void load(InputStream is, Map<String, ?> options) throws IOException, MalformedModelException {
        if (block == null) {
            throw new UnsupportedOperationException(
                    "engine " + QuantEngine.NAME + " maps checkpoints into memory: load from a file or a folder");
        }
        wasLoaded = true;
        QuantOptions parsed = QuantOptions.parse(options);
        Optional<String> scheme = parsed.schemeOfBlock();
        if (scheme.isPresent()) {
            block = QuantizedLinear.replaceIn(block, scheme.get());
            setProperty(QUANTIZE, scheme.get());
        }
        readParameters(is, options);
    }

    /** Trains a block of float parameters on PyTorch; quantized weights cannot be trained. */
    @Override
    public Trainer newTrainer(TrainingConfig config) {
        if (block == null || causalLM != null) {
            throw new IllegalStateException("only a block of float parameters can be trained: set one first");
        }
        if (manager instanceof JvmNDManager) {
            throw JvmNDManager.missing("training");
        }
        if (wasLoaded) {
            block.freezeParameters(
                    false,
                    p -> p.getType() != Parameter.Type.RUNNING_MEAN && p.getType() != Parameter.Type.RUNNING_VAR);
        }
        config.getInitializers().forEach(pair -> {
            if (pair.getKey() != null && pair.getValue() != null) {
                block.setInitializer(pair.getKey(), pair.getValue());
            }
        });
        return new Trainer(this, config);
    }

    /** The files beside the weights, relative to the model's folder. */
    @Override
    public String[] getArtifactNames() {
        try (Stream<Path> files = Files.walk(modelDir)) {
            return files.filter(Files::isRegularFile).map(f -> modelDir.relativize(f).toString()).toArray(String[]::new);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (causalLM != null) {
            causalLM.close();
        }
        closeWorkers();
        super.close();
    }

    private void closeWorkers() {
        if (ownWorkers != null) {
            ownWorkers.close();
            ownWorkers = null;
        }
    }
}
