package org.djlquant.zoo.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line. Errors are one line on standard error and exit status 2. */
@Command(
        name = "djl-quant",
        description = "Runs quantized large language models in pure Java, through Deep Java Library.",
        mixinStandardHelpOptions = true,
        version = "djl-quant 0.1.0",
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND")
public final class Main implements Callable<Integer> {
    private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("chat", ChatCommand::new);
        COMMANDS.put("generate", GenerateCommand::new);
        COMMANDS.put("inspect", InspectCommand::new);
        COMMANDS.put("perplexity", PerplexityCommand::new);
        COMMANDS.put("bench", BenchCommand::new);
        COMMANDS.put("convert", ConvertCommand::new);
        COMMANDS.put("models", ModelsCommand::new);
    }

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Print the stack trace of an error.")
    private boolean verbose;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private Main() {}

    /** Runs one command and exits with its status. */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs one command; returns 0, or 2 after an error. */
    static int run(String... args) {
        HeadStart.begin(args);
        Main main = new Main();
        CommandLine line = new CommandLine(main);
        // reading the annotations of all commands takes a tenth of a second
        List<String> needed = args.length > 0 && COMMANDS.containsKey(args[0]) ? List.of(args[0]) : List.copyOf(COMMANDS.keySet());
        needed.forEach(name -> line.addSubcommand(name, new CommandLine(COMMANDS.get(name).get())));
        return line
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((error, command, parsed) -> main.report(error, command.getErr()))
                .setParameterExceptionHandler((error, a) -> {
                    PrintWriter err = error.getCommandLine().getErr();
                    err.println("djl-quant: " + error.getMessage() + " (see --help)");
                    return 2;
                })
                .execute(args);
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return 0;
    }

    private int report(Throwable error, PrintWriter err) {
        if (verbose) {
            error.printStackTrace(err);
        } else {
            err.println("djl-quant: " + message(error));
        }
        err.flush();
        return 2;
    }

    /**
     * The one line a person needs. DJL wraps what went wrong in exceptions of its own, so the innermost cause with
     * a message speaks.
     */
    static String message(Throwable error) {
        String message = null;
        for (Throwable t = error; t != null; t = t.getCause()) {
            if (t.getMessage() != null && !t.getMessage().isBlank()) {
                message = t instanceof java.nio.file.NoSuchFileException ? t.getMessage() + ": no such file" : t.getMessage();
            }
        }
        return message == null ? error.getClass().getSimpleName() : message.replaceAll("\\s*\\R\\s*", " ");
    }
}
