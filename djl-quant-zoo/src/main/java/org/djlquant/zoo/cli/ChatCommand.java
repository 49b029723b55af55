package org.djlquant.zoo.cli;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.ZooModel;
import java.util.concurrent.Callable;
import org.djlquant.translate.ChatInput;
import org.djlquant.translate.TextStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One answer, or a conversation. */
@Command(
        name = "chat",
        modelTransformer = SamplingOptions.class,
        description = {
            "Chat with a model. With --message: one answer. Without: a conversation, in which",
            "/system TEXT sets the system prompt, /reset forgets what was said, /exit or Ctrl-D ends",
            "the program, and Ctrl-C stops an answer."
        })
final class ChatCommand implements Callable<Integer> {
    @Mixin
    private LoadOptions load;

    @Spec
    private CommandSpec spec;

    @Option(names = "--message", paramLabel = "TEXT", description = "What to say.")
    private String message;

    @Option(names = "--system", paramLabel = "TEXT", description = "System prompt.")
    private String system;

    @Override
    public Integer call() throws Exception {
        try (ZooModel<ChatInput, TextStream> model = load.open(ChatInput.class, TextStream.class);
                Predictor<ChatInput, TextStream> predictor = model.newPredictor()) {
            Conversation conversation = new Conversation(predictor, SamplingOptions.given(spec), system);
            if (message == null) {
                System.err.println(LoadOptions.report(model));
                new ChatTerminal(conversation).run();
            } else {
                try (TextStream stream = conversation.say(message)) {
                    System.err.println(LoadOptions.report(model));
                    System.err.println(Answer.statistics(Answer.print(stream, System.out)));
                }
            }
        }
        return 0;
    }
}
