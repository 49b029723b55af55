package org.djlquant.zoo.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
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
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ChatCommand.class,
            GenerateCommand.class,
            InspectCommand.class,
            PerplexityCommand.class,
            BenchCommand.class,
            ConvertCommand.class,
            ModelsCommand.class
        })
public final class Main implements Callable<Integer> {

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
        Main main = new Main();
        return new CommandLine(main)
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
