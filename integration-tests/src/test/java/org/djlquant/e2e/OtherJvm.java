package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Runs a main class of the tests in a JVM of its own. */
final class OtherJvm {
    private OtherJvm() {}

    /**
     * Waits for the end and returns what was printed; any other exit code than 0 is a failure.
     *
     * @param folder for the output
     * @param flags of the JVM
     * @param environment additional variables
     * @param keep which entries of the class path to keep
     */
    static String run(
            Class<?> main, Path folder, List<String> flags, Map<String, String> environment, Predicate<String> keep)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        for (String property : List.of("DJL_CACHE_DIR", "ENGINE_CACHE_DIR", "org.slf4j.simpleLogger.defaultLogLevel")) {
            command.add("-D" + property + "=" + System.getProperty(property));
        }
        command.addAll(flags);
        command.add("-cp");
        command.add(Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(keep)
                .collect(Collectors.joining(File.pathSeparator)));
        command.add(main.getName());
        Path output = folder.resolve("output");
        ProcessBuilder java = new ProcessBuilder(command);
        java.environment().putAll(environment);
        Process process = java.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(180, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        String text = Files.readString(output);
        assertTrue(ended, text);
        assertEquals(0, process.exitValue(), text);
        return text;
    }
}
