package org.djlquant.zoo.cli;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.ZooModel;
import java.util.List;
import java.util.concurrent.Callable;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Parameter;
import org.djlquant.translate.ChatOutput;
import org.djlquant.translate.CompletionInput;
import org.djlquant.translate.TextStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Continues a text as it is. */
@Command(
        name = "generate",
        modelTransformer = SamplingOptions.class,
        description = "Continue a text without a chat template. Only the continuation goes to standard output.")
final class GenerateCommand implements Callable<Integer> {
    /** Stands between several answers. */
    private static final String SEPARATOR = "---";

    @Mixin
    private LoadOptions load;

    @Spec
    private CommandSpec spec;

    @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "The text to continue.")
    private String prompt;

    @Option(names = "--json", description = "Print one JSON object: the answers with reasons, counts, times and log-probabilities.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        CompletionInput input = new CompletionInput(prompt, SamplingOptions.given(spec));
        boolean several = GenerationConfig.DEFAULTS.with(input.parameters()).get(Parameter.N) > 1;
        if (json || several) {
            whole(input);
        } else {
            stream(input);
        }
        return 0;
    }

    private void stream(CompletionInput input) throws Exception {
        try (ZooModel<CompletionInput, TextStream> model = load.open(CompletionInput.class, TextStream.class);
                Predictor<CompletionInput, TextStream> predictor = model.newPredictor();
                TextStream stream = predictor.predict(input)) {
            System.err.println(LoadOptions.report(model));
            System.err.println(Answer.statistics(Answer.print(stream, System.out)));
        }
    }

    private void whole(CompletionInput input) throws Exception {
        try (ZooModel<CompletionInput, ChatOutput> model = load.open(CompletionInput.class, ChatOutput.class);
                Predictor<CompletionInput, ChatOutput> predictor = model.newPredictor()) {
            System.err.println(LoadOptions.report(model));
            ChatOutput output = predictor.predict(input);
            System.out.println(json ? Answer.json(output) : output.text());
            for (ChatOutput other : json ? List.<ChatOutput>of() : output.alternatives()) {
                System.out.println(SEPARATOR + "\n" + other.text());
            }
            System.err.println(Answer.statistics(output));
        }
    }
}
