import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Times java-llama.cpp, llama.cpp behind JNI with the library that its jar brings for x86-64 processors in general. Its
 * interface takes text and answers with text, so choosing tokens and making text of them is in the time.
 */
final class JavaLlamaCppBench implements Measurement.Model {
    private final LlamaModel model;
    private final StringBuilder text = new StringBuilder();

    private JavaLlamaCppBench(Path path, int threads, int positions) {
        model = new LlamaModel(new ModelParameters()
                .setModel(path.toString())
                .setThreads(threads)
                .setThreadsBatch(threads)
                .setCtxSize(positions)
                .disableLog());
    }

    public static void main(String[] args) throws IOException {
        Measurement.main(args, "java-llama.cpp 4.2.0 (llama.cpp b4916, prebuilt)", JavaLlamaCppBench::new);
    }

    @Override
    public void prefill(int tokens) {
        model.complete(request(tokens).setCachePrompt(false).setNPredict(1));
    }

    /** Computes the last token of the cached prompt again for the first answer token, so there are as many passes as tokens. */
    @Override
    public void decode(int prompt, int tokens) {
        model.complete(request(prompt).setCachePrompt(true).setNPredict(tokens));
    }

    @Override
    public void close() {
        model.close();
    }

    private InferenceParameters request(int tokens) {
        return new InferenceParameters(prompt(tokens)).setTemperature(0).setIgnoreEos(true);
    }

    /** A text of that many tokens, the one for the beginning of text included. */
    private String prompt(int tokens) {
        int length = tokens;
        while (true) {
            for (int i = text.length(); i < length; i++) {
                text.append((char) ('0' + i * 37 % 10));
            }
            String prompt = text.substring(0, length);
            int found = model.encode(prompt).length + 1;
            if (found == tokens) {
                return prompt;
            }
            if (Math.abs(length - tokens) > 2 * tokens) {
                throw new IllegalStateException("found no text of " + tokens + " tokens");
            }
            length += tokens - found;
        }
    }
}
