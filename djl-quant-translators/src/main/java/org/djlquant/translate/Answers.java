package org.djlquant.translate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.djlquant.generate.Beam;
import org.djlquant.generate.Cancellation;
import org.djlquant.generate.Generation;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Generator;
import org.djlquant.generate.Parameter;
import org.djlquant.generate.Request;
import org.djlquant.model.CausalLM;

/**
 * The answers to one input, as many as {@code n} says: what is asked of the model for them, and what became of it. Used by
 * one thread at a time.
 */
final class Answers {
    private final CausalLM model;
    private final int[] prompt;
    private final GenerationConfig config;
    private final Cancellation cancellation;
    private final Consumer<AnswerPiece> sink;
    private final List<TextCollector> collectors = new ArrayList<>();
    private final ChatOutput[] outputs;

    /**
     * Prepares the answers.
     *
     * @param newCollector makes the collector of each choice
     * @param sink receives the end of each choice; the collectors give it the pieces before
     */
    Answers(
            CausalLM model,
            int[] prompt,
            GenerationConfig config,
            Cancellation cancellation,
            IntFunction<TextCollector> newCollector,
            Consumer<AnswerPiece> sink) {
        this.model = model;
        this.prompt = prompt;
        this.config = config;
        this.cancellation = cancellation;
        this.sink = sink;
        outputs = new ChatOutput[config.get(Parameter.N)];
        for (int choice = 0; choice < outputs.length; choice++) {
            TextCollector collector = newCollector.apply(choice);
            if (config.get(Parameter.ECHO)) {
                collector.beginPrompt(prompt[0]);
            }
            collectors.add(collector);
        }
        requests().forEach(request -> request.check(model));
    }

    boolean isBeamSearch() {
        return config.get(Parameter.NUM_BEAMS) > 1;
    }

    /** What each choice asks of the model: the same, but with seeds that follow each other. */
    List<Request> requests() {
        Long given = config.get(Parameter.SEED);
        long seed = given != null ? given : ThreadLocalRandom.current().nextLong();
        List<Request> requests = new ArrayList<>();
        for (int choice = 0; choice < outputs.length; choice++) {
            requests.add(new Request(
                    prompt, config.with(Parameter.SEED, seed + choice), collectors.get(choice), cancellation));
        }
        return requests;
    }

    /** Runs the beam search that was asked for. */
    void searchBeams() {
        List<Beam> beams = Generator.beams(model, requests().getFirst());
        for (int choice = 0; choice < outputs.length; choice++) {
            // a cancelled search may have fewer
            Beam beam = beams.get(Math.min(choice, beams.size() - 1));
            TextCollector collector = collectors.get(choice);
            int[] tokens = beam.generation().tokens();
            for (int i = 0; i < tokens.length; i++) {
                if (!beam.logProbs().isEmpty()) {
                    collector.onLogProbs(beam.logProbs().get(i));
                }
                if (!collector.onToken(tokens[i])) {
                    break;
                }
            }
            finish(choice, beam.generation());
        }
    }

    boolean isFinished(int choice) {
        return outputs[choice] != null;
    }

    int size() {
        return outputs.length;
    }

    /** Notes the outcome of a choice. */
    void finish(int choice, Generation generation) {
        TextCollector collector = collectors.get(choice);
        outputs[choice] = collector.finish(generation);
        sink.accept(new AnswerPiece(choice, "", collector.newLogProbs(), outputs[choice]));
    }

    /** The first answer with the others beside it, or {@code null} before all are complete. */
    ChatOutput output() {
        List<ChatOutput> all = Arrays.asList(outputs);
        return all.stream().anyMatch(Objects::isNull) ? null : outputs[0].with(all.subList(1, all.size()));
    }
}
