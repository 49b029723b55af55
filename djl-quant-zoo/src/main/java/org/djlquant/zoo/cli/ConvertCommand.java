package org.djlquant.zoo.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.djlquant.format.ggml.GgmlConverter;
import org.djlquant.format.ggml.GgmlOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes GGUF files of Llama models from before GGUF. */
@Command(
        name = "convert",
        description = "Convert a legacy GGML file (ggml, ggmf, ggjt) of a Llama model to GGUF.")
final class ConvertCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "OLD", description = "The legacy file.")
    private Path from;

    @Parameters(index = "1", paramLabel = "NEW", description = "The GGUF file to write.")
    private Path to;

    @Option(names = "--rms-norm-eps", defaultValue = "5e-6", description = "Not in the file; 1e-5 for Llama 2. Default: ${DEFAULT-VALUE}.")
    private double rmsNormEps;

    @Option(names = "--rope-theta", defaultValue = "10000", description = "Not in the file. Default: ${DEFAULT-VALUE}.")
    private double ropeTheta;

    @Option(names = "--context-length", defaultValue = "2048", description = "Not in the file; 4096 for Llama 2. Default: ${DEFAULT-VALUE}.")
    private int contextLength;

    @Option(names = "--force", description = "Replace NEW if it exists.")
    private boolean force;

    @Override
    public Integer call() throws IOException {
        if (Files.exists(to) && Files.exists(from) && Files.isSameFile(from, to)) {
            throw new IllegalArgumentException(to + " is the file to convert; give the new one another name");
        }
        if (Files.exists(to) && !force) {
            throw new IllegalArgumentException(to + " exists already; give another name, or --force to replace it");
        }
        GgmlConverter.convert(from, to, new GgmlOptions(rmsNormEps, ropeTheta, contextLength));
        System.out.println("written       " + to);
        return 0;
    }
}
