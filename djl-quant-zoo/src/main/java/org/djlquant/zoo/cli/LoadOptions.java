package org.djlquant.zoo.cli;

import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.util.ProgressBar;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.djlquant.engine.QuantModel;
import org.djlquant.runtime.LoadReport;
import org.djlquant.runtime.MemoryPlan;
import org.djlquant.translate.TextInput;
import picocli.CommandLine.Option;

/** Which model, and how it is loaded: the Criteria a program would write. */
final class LoadOptions {
    static final String DEFAULT_MODEL = "zephyr-tiny";
    static final String PACKED_CACHE_HELP = "Keep packed weights in this folder, so that the next load is quicker.";

    @Option(names = "--model", paramLabel = "MODEL", defaultValue = DEFAULT_MODEL, description = ModelReference.HELP)
    private String model;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute; default: all this process may use.")
    private Integer threads;

    @Option(names = "--max-model-len", paramLabel = "N", description = "Longest sequence; default: as trained.")
    private Integer maxModelLen;

    @Option(names = "--kv-cache-dtype", paramLabel = "TYPE", description = "float32 (default), float16 or int8.")
    private String kvCacheType;

    @Option(names = "--packed-cache", paramLabel = "DIR", description = PACKED_CACHE_HELP)
    private Path packedCache;

    @Option(names = "--activations", paramLabel = "TYPE", description = ModelReference.ACTIVATIONS)
    private String activations;

    @Option(names = "--quantize", paramLabel = "SCHEME", description = "Quantize a float checkpoint while loading, e.g. Q4_0.")
    private String quantize;

    @Option(names = "--chat-template", paramLabel = "NAME", description = "A built-in chat template, in place of the model's own.")
    private String chatTemplate;

    @Option(names = "--option", paramLabel = "NAME=VALUE", description = "Any other load option.")
    private Map<String, String> others = new LinkedHashMap<>();

    /** Loads the model for predictors of these types. */
    <I extends TextInput, O> ZooModel<I, O> open(Class<I> input, Class<O> output)
            throws ModelNotFoundException, MalformedModelException, IOException {
        Criteria.Builder<I, O> criteria =
                Criteria.builder().setTypes(input, output).optModelUrls(ModelReference.url(model));
        Map<String, Object> options = new LinkedHashMap<>(others);
        options.put("threads", threads);
        options.put("max_model_len", maxModelLen);
        options.put("kv_cache_dtype", kvCacheType);
        options.put("packed_cache", packedCache);
        options.put("activations", activations);
        options.put("quantize", quantize);
        options.forEach((name, value) -> {
            if (value != null) {
                criteria.optOption(name, value.toString());
            }
        });
        if (chatTemplate != null) {
            criteria.optArgument("chat_template", chatTemplate);
        }
        if (model.startsWith("hf:")) {
            criteria.optProgress(new ProgressBar());
        }
        return criteria.build().loadModel();
    }

    /** What was loaded and how it runs, in one line, and one more for each thing that is odd about it. */
    static String report(ZooModel<?, ?> model) {
        LoadReport report = ((QuantModel) model.getWrappedModel()).causalLM().report();
        return String.format(
                Locale.ROOT,
                "%s: %s, %s, %,d weights (%s) in %s, kernels %s, %d threads, loaded in %.2f s%s%s",
                model.getName(),
                report.architecture(),
                report.format(),
                report.parameters(),
                report.schemes().entrySet().stream()
                        .map(e -> e.getValue() + " x " + e.getKey())
                        .collect(Collectors.joining(", ")),
                MemoryPlan.size(report.weightBytes()),
                report.kernels(),
                report.threads(),
                report.loadSeconds(),
                report.packedCache().isEmpty() ? "" : ", " + report.packedCache(),
                report.remarks().stream().map(remark -> "\nwarning: " + remark).collect(Collectors.joining()));
    }
}
