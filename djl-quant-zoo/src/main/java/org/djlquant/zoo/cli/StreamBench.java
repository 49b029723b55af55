package org.djlquant.zoo.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Request;
import org.djlquant.generate.TokenStream;
import org.djlquant.model.CausalLM;

/** Times answers that are pulled at the same time, each by a thread of its own, as a server does it. */
final class StreamBench {
    private static final int PROMPT = 4;
    private static final int ANSWER = 64;

    private final CausalLM model;
    private final int repeat;
    private int seed;

    StreamBench(CausalLM model, int repeat) {
        this.model = model;
        this.repeat = repeat;
    }

    /** Tokens a second of all streams together, prompts included in the time; the best of some repetitions after one to warm up. */
    double tokensPerSecond(int streams) {
        double best = 0;
        for (int i = 0; i <= repeat; i++) {
            double found = run(streams);
            best = i == 0 ? best : Math.max(best, found);
        }
        return best;
    }

    private double run(int streams) {
        GenerationConfig config = GenerationConfig.greedy(ANSWER);
        List<Future<Integer>> answers = new ArrayList<>();
        int tokens = 0;
        long begin = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(streams)) {
            for (int i = 0; i < streams; i++) {
                int[] prompt = new int[PROMPT];
                int first = seed += 7919; // every prompt is new, so that no prefix is found
                Arrays.setAll(prompt, k -> (first + k * 31) % model.vocabularySize());
                answers.add(threads.submit(() -> pull(new Request(prompt, config))));
            }
            for (Future<Integer> answer : answers) {
                tokens += answer.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return tokens * 1e9 / (System.nanoTime() - begin);
    }

    private int pull(Request request) {
        int tokens = 0;
        try (TokenStream stream = TokenStream.open(model, request)) {
            for (; stream.hasNext(); tokens++) {
                stream.nextInt();
            }
        }
        return tokens;
    }
}
