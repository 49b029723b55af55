package org.djlquant.zoo.cli;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.generate.Perplexity;
import org.djlquant.model.CausalLM;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.Models;
import org.djlquant.tokenizer.Tokenizer;
import org.djlquant.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures how well a model predicts a text. */
@Command(
        name = "perplexity",
        description = {
            "Measure how well a model predicts a text, in windows that slide over it.",
            "Every token counts once. Figures compare only between runs with the same text, tokenizer, context and stride."
        })
final class PerplexityCommand implements Callable<Integer> {
    private static final int USUAL_CONTEXT = 2048;

    @Parameters(index = "0", paramLabel = "MODEL", description = ModelReference.HELP)
    private String model;

    @Parameters(index = "1", paramLabel = "FILE", description = "The text, in UTF-8.")
    private Path file;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens of a window, BOS included; default: the model's context, at most " + USUAL_CONTEXT + ".")
    private Integer context;

    @Option(
            names = "--stride",
            paramLabel = "N",
            description = "Tokens between the beginnings of windows; default: half the context. Smaller is slower and lower.")
    private Integer stride;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute; default: all this process may use.")
    private Integer threads;

    @Option(names = "--activations", paramLabel = "TYPE", defaultValue = "float32", description = ModelReference.ACTIVATIONS)
    private String activations;

    @Option(names = "--json", description = "Print one JSON object instead of a table.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (context != null && context < 2) {
            throw new IllegalArgumentException("context must be at least 2, found " + context);
        }
        String text = text();
        ModelOptions options = ModelReference.options(threads, activations);
        if (context != null) {
            options = options.withMaxModelLen(context);
        }
        Checkpoint checkpoint = Checkpoints.open(ModelReference.file(model));
        // the model owns the checkpoint from here on
        try (CausalLM lm = Models.load(checkpoint, options);
                Tokenizer tokenizer = Tokenizers.open(checkpoint)) {
            int window = context != null ? context : Math.min(lm.contextLength(), USUAL_CONTEXT);
            int step = stride != null ? stride : Math.max(1, window / 2);
            int bos = bos(tokenizer);
            int[] ids = tokenizer.encode(text, false);
            Perplexity found = Perplexity.measure(lm, ids, bos, window, step, soFar -> {
                if (!json && soFar.tokens() < ids.length - 1) {
                    System.err.printf(Locale.ROOT, "%d of %d tokens: %.4f%n", soFar.tokens(), ids.length, soFar.perplexity());
                }
            });
            print(found, window, step);
        }
        return 0;
    }

    private String text() throws IOException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            // its message ("Input length = 1") would only confuse
            throw new IllegalArgumentException(file + " is not a text in UTF-8");
        }
    }

    /** The token that the tokenizer begins texts with, or −1. */
    private static int bos(Tokenizer tokenizer) {
        String bos = tokenizer.specialToken("bos_token");
        int[] ids = tokenizer.encode("a", true);
        int id = bos == null ? -1 : tokenizer.tokenId(bos);
        return ids.length > 0 && ids[0] == id ? id : -1;
    }

    private void print(Perplexity found, int window, int step) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("perplexity", found.perplexity());
        result.put("nats_per_token", found.natsPerToken());
        result.put("tokens", found.tokens());
        result.put("context", window);
        result.put("stride", step);
        result.put("seconds", found.seconds());
        result.put("tokens_per_second", found.tokensPerSecond());
        if (json) {
            System.out.println(new GsonBuilder().create().toJson(result));
            return;
        }
        result.forEach((name, value) -> System.out.printf(Locale.ROOT, "%-18s %s%n", name,
                value instanceof Double number ? String.format(Locale.ROOT, name.startsWith("per") || name.startsWith("nats") ? "%.4f" : "%.1f", number) : value));
    }
}
