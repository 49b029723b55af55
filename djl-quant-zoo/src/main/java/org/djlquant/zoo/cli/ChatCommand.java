package org.djlquant.zoo.cli;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.ZooModel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.djlquant.translate.ChatInput;
import org.djlquant.translate.ChatMessage;
import org.djlquant.translate.ChatOutput;
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
            "Chat with a model: one answer with --message, else a conversation.",
            "In a conversation, /system TEXT sets the system prompt, /reset forgets what was said, /exit or Ctrl-D ends "
                    + "the program, and Ctrl-C stops an answer."
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

    @Option(names = "--json", description = "With --message: " + Answer.JSON_HELP)
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Map<String, Object> parameters = SamplingOptions.given(spec);
        if (json || SamplingOptions.several(parameters)) {
            if (message == null) {
                throw new IllegalArgumentException("--json and --n above 1 need --message: a conversation goes on from one answer");
            }
            whole(parameters);
        } else {
            stream(parameters);
        }
        return 0;
    }

    private void whole(Map<String, Object> parameters) throws Exception {
        List<ChatMessage> messages = system == null
                ? List.of(ChatMessage.user(message))
                : List.of(ChatMessage.system(system), ChatMessage.user(message));
        try (ZooModel<ChatInput, ChatOutput> model = load.open(ChatInput.class, ChatOutput.class);
                Predictor<ChatInput, ChatOutput> predictor = model.newPredictor()) {
            ChatOutput answer = predictor.predict(new ChatInput(messages, List.of(), parameters));
            System.err.println(LoadOptions.report(model));
            Answer.print(answer, json);
        }
    }

    private void stream(Map<String, Object> parameters) throws Exception {
        try (ZooModel<ChatInput, TextStream> model = load.open(ChatInput.class, TextStream.class);
                Predictor<ChatInput, TextStream> predictor = model.newPredictor()) {
            Conversation conversation = new Conversation(predictor, parameters, system);
            if (message == null) {
                System.err.println(LoadOptions.report(model));
                new ChatTerminal(conversation).run();
            } else {
                try (TextStream stream = conversation.say(message)) {
                    System.err.println(LoadOptions.report(model));
                    Answer.print(stream);
                }
            }
        }
    }
}
