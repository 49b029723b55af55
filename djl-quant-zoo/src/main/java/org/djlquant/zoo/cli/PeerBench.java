package org.djlquant.zoo.cli;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts the comparison with other runtimes: a Python script of the source tree, since the peers are Python packages. */
final class PeerBench {
    private static final String SCRIPT = "integration-tests/bench/compare.py";

    private PeerBench() {}

    /** Runs the comparison with this process's output; returns its exit status. */
    static int run(String python, List<String> arguments) throws IOException {
        Process process = new ProcessBuilder(command(python, arguments)).inheritIO().start();
        Thread stop = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while comparing", e);
        }
    }

    /**
     * The command line to start.
     *
     * @throws IllegalStateException if this program does not run from a source tree
     */
    static List<String> command(String python, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(python, script().toString()));
        command.addAll(arguments);
        return command;
    }

    private static Path script() {
        Path home;
        try {
            home = Path.of(PeerBench.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        for (Path folder = home; folder != null; folder = folder.getParent()) {
            Path script = folder.resolve(SCRIPT);
            if (Files.exists(script)) {
                return script;
            }
        }
        throw new IllegalStateException("bench --peers runs " + SCRIPT + " of the source tree, which is not above " + home
                + ": run djl-quant from a checkout of the sources");
    }
}
