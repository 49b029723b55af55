package org.djlquant.zoo.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.ActivationType;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.model.ModelOptions;
import org.djlquant.runtime.Workers;
import org.djlquant.zoo.QuantModelZoo;
import org.djlquant.zoo.ZooEntry;

/** What a person may write for a model: a zoo name, a file or a folder. */
final class ModelReference {
    static final String HELP = "A name of the zoo, a .gguf file, or a Hugging Face folder.";

    /** Of the option that says how matrices take their activations. */
    static final String ACTIVATIONS = "float32 (default), or int8: weights of up to 5 bits multiply activations rounded"
            + " to 8 bits, which is quicker and less exact.";

    private ModelReference() {}

    /** The file or folder to open. */
    static Path file(String model) {
        Path path = Path.of(model);
        return Files.exists(path) ? path : QuantModelZoo.file(model).orElseThrow(() -> unknown(model));
    }

    /** The model URL for a Criteria. */
    static String url(String model) {
        if (!Files.exists(Path.of(model))) {
            file(model); // says what is wrong before DJL begins to search
            return "djl://" + QuantModelZoo.GROUP_ID + "/" + model;
        }
        try {
            return new URI("quant", model, null).toString();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(model + " cannot be written as a URL: " + e.getMessage(), e);
        }
    }

    /** The threads that compute: a team of that size, or the shared one. */
    static Workers workers(Integer threads) {
        return threads == null ? Workers.shared() : Workers.of(threads);
    }

    /** Options of a load on these threads, with the activations that were asked for. */
    static ModelOptions options(Integer threads, String activations) {
        ModelOptions options = ModelOptions.of(KernelsProvider.get().kernels(), workers(threads));
        return ActivationType.of(activations) == ActivationType.INT8 ? options.withActivations(ActivationType.INT8) : options;
    }

    private static UnsupportedModelException unknown(String model) {
        return new UnsupportedModelException(model + " is neither a file nor a name of the zoo; the names are "
                + QuantModelZoo.entries().stream().map(ZooEntry::name).collect(Collectors.joining(", ")));
    }
}
