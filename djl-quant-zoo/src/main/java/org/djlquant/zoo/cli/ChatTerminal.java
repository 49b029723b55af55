package org.djlquant.zoo.cli;

import ai.djl.translate.TranslateException;
import java.io.IOException;
import org.djlquant.translate.ChatOutput;
import org.djlquant.translate.TextStream;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The interactive conversation. */
final class ChatTerminal {
    private static final String COMMANDS = "/system TEXT, /reset, /exit";

    private final Conversation conversation;

    ChatTerminal(Conversation conversation) {
        this.conversation = conversation;
    }

    /** Reads lines until the end. */
    void run() throws IOException {
        try (Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build()) {
            LineReader reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                    .build();
            terminal.writer().println("Commands: " + COMMANDS + ". Ctrl-C stops an answer.");
            while (true) {
                String line;
                try {
                    line = reader.readLine("> ").strip();
                } catch (UserInterruptException e) {
                    continue; // Ctrl-C at the prompt clears the line
                } catch (EndOfFileException e) {
                    return;
                }
                if (line.equals("/exit")) {
                    return;
                }
                handle(terminal, line);
            }
        }
    }

    private void handle(Terminal terminal, String line) {
        if (line.equals("/reset")) {
            conversation.reset();
            terminal.writer().println("Forgotten.");
        } else if (line.equals("/system") || line.startsWith("/system ")) {
            conversation.system(line.substring("/system".length()).strip());
            terminal.writer().println("System prompt set; the conversation begins anew.");
        } else if (line.startsWith("/")) {
            terminal.writer().println("Unknown command; there are " + COMMANDS);
        } else if (!line.isEmpty()) {
            answer(terminal, line);
        }
    }

    private void answer(Terminal terminal, String line) {
        StringBuilder said = new StringBuilder();
        try (TextStream stream = conversation.say(line)) {
            Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, signal -> stream.close());
            try {
                while (stream.hasNext()) {
                    String piece = stream.next();
                    said.append(piece);
                    terminal.writer().print(piece);
                    terminal.flush();
                }
            } finally {
                terminal.handle(Terminal.Signal.INT, before);
            }
            ChatOutput answer = stream.result();
            terminal.writer().println();
            terminal.writer().println(Answer.statistics(answer));
            conversation.answered(said.toString());
        } catch (TranslateException | RuntimeException e) {
            // the conversation goes on: a message that is too long, for instance, is not the end
            conversation.takeBack();
            terminal.writer().println(Main.message(e));
        }
        terminal.flush();
    }
}
