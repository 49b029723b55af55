package org.djlquant.zoo.cli;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.ZooModel;
import java.util.concurrent.Callable;
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
    @Mixin
    private LoadOptions load;

    @Spec
    private CommandSpec spec;

    @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "The text to continue.")
    private String prompt;

    @Option(names = "--json", description = Answer.JSON_HELP)
    private boolean json;

    @Override
    public Integer call() throws Exception {
        CompletionInput input = new CompletionInput(prompt, SamplingOptions.given(spec));
        if (json || SamplingOptions.several(input.parameters())) {
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
            Answer.print(stream);
        }
    }

    private void whole(CompletionInput input) throws Exception {
        try (ZooModel<CompletionInput, ChatOutput> model = load.open(CompletionInput.class, ChatOutput.class);
                Predictor<CompletionInput, ChatOutput> predictor = model.newPredictor()) {
            System.err.println(LoadOptions.report(model));
            Answer.print(predictor.predict(input), json);
        }
    }
}
