package org.djlquant.zoo.cli;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.ZooModel;
import java.util.concurrent.Callable;
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

    @Override
    public Integer call() throws Exception {
        try (ZooModel<CompletionInput, TextStream> model = load.open(CompletionInput.class);
                Predictor<CompletionInput, TextStream> predictor = model.newPredictor()) {
            try (TextStream stream = predictor.predict(new CompletionInput(prompt, SamplingOptions.given(spec)))) {
                System.err.println(LoadOptions.report(model));
                System.err.println(Answer.statistics(Answer.print(stream, System.out)));
            }
        }
        return 0;
    }
}
