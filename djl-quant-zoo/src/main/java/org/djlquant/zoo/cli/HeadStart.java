package org.djlquant.zoo.cli;

import java.util.Arrays;
import java.util.List;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.kernel.KernelsProvider;
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
        int option = Arrays.asList(args).indexOf("--model");
        if (args.length > 1 && COMMANDS.contains(args[0]) && option + 1 < args.length) {
            String model = option < 0 ? LoadOptions.DEFAULT_MODEL : args[option + 1];
            Thread.ofPlatform().daemon().name("djl-quant-head-start").start(() -> look(model));
        }
    }

    private static void look(String model) {
        try (Checkpoint checkpoint = Checkpoints.open(ModelReference.file(model))) {
            Models.prepare(checkpoint, KernelsProvider.get().kernels());
        } catch (RuntimeException e) {
            // the load that follows reports it
        }
    }
}
