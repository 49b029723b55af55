import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.llama.LlamaConfig;
import com.github.tjake.jlama.model.llama.LlamaModel;
import com.github.tjake.jlama.safetensors.Config;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import com.github.tjake.jlama.util.JsonSupport;
import com.github.tjake.jlama.util.PhysicalCoreExecutor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;

/** Times Jlama on a folder in its own 4-bit format or in bfloat16, with float caches and 8-bit activations as it chooses. */
final class JlamaBench implements Measurement.Model {
    private final AbstractModel model;
    private final int[] prompt;
    private final AbstractTensor<?, ?> logits;
    private final KvBufferCache.KvBuffer cache;

    /** What {@code ModelSupport.loadModel} does, but without the tokenizer that random weights do not have. */
    private JlamaBench(Path path, int threads, int positions) throws IOException {
        PhysicalCoreExecutor.overrideThreadCount(threads);
        File folder = path.toFile();
        Config config = JsonSupport.om.readValue(new File(folder, "config.json"), LlamaConfig.class);
        model = new LlamaModel(config, SafeTensorSupport.loadWeights(folder), null, DType.F32, DType.I8, Optional.empty());
        prompt = IntStream.range(0, positions).map(i -> (300 + i % 512 * 37) % config.vocabularySize).toArray();
        logits = model.makeDenseTensor(config.vocabularySize);
        cache = new KvBufferCache(model).getEphemeralKvBuffer();
    }

    public static void main(String[] args) throws IOException {
        Measurement.main(args, "Jlama 0.8.4, " + TensorOperationsProvider.get().name(), JlamaBench::new);
    }

    @Override
    public void prefill(int tokens) {
        int[] ids = IntStream.range(0, tokens).map(i -> prompt[i]).toArray();
        try (AbstractTensor<?, ?> last = model.batchForward(ids, 0, cache)) {
            model.sample(last.slice(last.shape().first() - 1), 0, 0, logits);
        }
    }

    @Override
    public void decode(int context, int tokens) {
        for (int i = 0; i < tokens; i++) {
            try (AbstractTensor<?, ?> output = model.forward(prompt[i], context + i, cache, Optional.empty())) {
                model.sample(output, 0, 0, logits);
            }
        }
    }

    @Override
    public void close() {
        cache.close();
        model.close();
    }
}
