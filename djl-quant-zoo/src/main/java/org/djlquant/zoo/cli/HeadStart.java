package org.djlquant.zoo.cli;

import java.util.Arrays;
import java.util.List;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.model.Models;

/**
 * Looks at the model while the command line is read and DJL starts, so that the compiler begins with its
 * kernels some tenths of a second earlier.
 */
final class HeadStart {
    /** Commands that answer a question; the others have time. */
    private static final List<String> COMMANDS = List.of("chat", "generate");

    private HeadStart() {}

    /** Begins in the background, if the arguments show what will be needed. */
    static void begin(String... args) {
        if (args.length > 1 && COMMANDS.contains(args[0])) {
            String model = value(args, "--model", LoadOptions.DEFAULT_MODEL);
            String activations = value(args, "--activations", "float32");
            Thread.ofPlatform().daemon().name("djl-quant-head-start").start(() -> look(model, activations));
        }
    }

    private static String value(String[] args, String option, String otherwise) {
        int at = Arrays.asList(args).indexOf(option) + 1;
        return at > 0 && at < args.length ? args[at] : otherwise;
    }

    private static void look(String model, String activations) {
        try (Checkpoint checkpoint = Checkpoints.open(ModelReference.file(model))) {
            Models.prepare(checkpoint, ModelReference.options(null, activations).kernels());
        } catch (RuntimeException e) {
            // the load that follows reports it
        }
    }
}
