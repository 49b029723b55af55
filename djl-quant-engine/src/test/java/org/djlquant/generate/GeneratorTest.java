package org.djlquant.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GeneratorTest {
    private static final TokenHistory HISTORY = new TokenHistory(new int[] {1});

    private final FakeModel model = new FakeModel(50, 1000);

    private static GenerationConfig greedy(int tokens, Integer... eos) {
        return GenerationConfig.greedy(tokens).with(Parameter.EOS_TOKEN_ID, Set.of(eos));
    }

    private static GenerationConfig random(long seed) {
        return GenerationConfig.greedy(40).with(Map.of("temperature", 5, "top_k", 0, "seed", seed));
    }

    /** What the fake model answers. */
    private static int[] expected(int[] prompt, int n) {
        long sum = Arrays.stream(prompt).sum();
        int[] answer = new int[n];
        for (int i = 0; i < n; i++) {
            answer[i] = (int) ((sum + 1) % 50);
            sum += answer[i];
        }
        return answer;
    }

    @Test
    void stopsAtMaxNewTokens() {
        int[] prompt = {4, 5};
        Generation generation = Generator.generate(model, new Request(prompt, greedy(7)));
        assertArrayEquals(expected(prompt, 7), generation.tokens());
        assertEquals(FinishReason.LENGTH, generation.finish());
        assertEquals(2, generation.promptTokens());
        assertEquals(0, model.openSequences());
    }

    @Test
    void stopsAtEosAndLeavesItOut() {
        int[] prompt = {4, 5};
        int[] answer = expected(prompt, 7);
        Generation generation = Generator.generate(model, new Request(prompt, greedy(100, 999, answer[3])));
        assertArrayEquals(Arrays.copyOf(answer, 3), generation.tokens());
        assertEquals(FinishReason.STOP, generation.finish());
    }

    @Test
    void stopsWhenTheListenerSaysSo() {
        List<Integer> heard = new ArrayList<>();
        TokenListener three = token -> {
            heard.add(token);
            return heard.size() < 3;
        };
        Generation generation = Generator.generate(model, new Request(new int[] {1}, greedy(10), three, new Cancellation()));
        assertArrayEquals(expected(new int[] {1}, 3), generation.tokens());
        assertEquals(heard, Arrays.stream(generation.tokens()).boxed().toList());
        assertEquals(FinishReason.STOP, generation.finish());
    }

    @Test
    void stopsWhenTheContextIsFull() {
        FakeModel small = new FakeModel(50, 6);
        Generation generation = Generator.generate(small, new Request(new int[] {1, 2, 3, 4}, greedy(100)));
        // Two answers fit into the context, and the last position gives one more.
        assertEquals(3, generation.tokens().length);
        assertEquals(FinishReason.LENGTH, generation.finish());
        assertEquals(1, Generator.generate(small, new Request(new int[6], greedy(100))).tokens().length);
    }

    @Test
    void refusesPromptsItCannotTake() {
        FakeModel small = new FakeModel(50, 6);
        String tooLong = assertThrows(
                        IllegalArgumentException.class, () -> Generator.generate(small, new Request(new int[7], greedy(1))))
                .getMessage();
        assertTrue(tooLong.contains("7 tokens") && tooLong.contains("6 tokens") && tooLong.contains("max_model_len"), tooLong);
        assertThrows(IllegalArgumentException.class, () -> Generator.generate(small, new Request(new int[0], greedy(1))));
        assertThrows(IllegalArgumentException.class, () -> Generator.generate(small, new Request(new int[] {50}, greedy(1))));
        assertThrows(IllegalArgumentException.class, () -> TokenStream.open(small, new Request(new int[7], greedy(1))));
        assertTrue(small.sequences.isEmpty());
    }

    @Test
    void aBatchRunsTogetherAndAnswersLikeSingleRequests() {
        List<Request> requests = new ArrayList<>();
        int[] lengths = {300, 1, 40, 2};
        for (int i = 0; i < lengths.length; i++) {
            int[] prompt = new int[lengths[i]];
            Arrays.setAll(prompt, k -> k % 47);
            requests.add(new Request(prompt, greedy(5 + i)));
        }
        List<Generation> together = Generator.generate(model, requests);
        for (int i = 0; i < lengths.length; i++) {
            assertArrayEquals(expected(requests.get(i).prompt(), 5 + i), together.get(i).tokens(), "request " + i);
        }
        // 343 prompt tokens in chunks of 128 are three passes, then the longest answers set the number of passes.
        assertTrue(model.passes.size() <= 12, () -> model.passes.toString());
        assertTrue(model.passes.stream().allMatch(n -> n <= Generator.PROMPT_CHUNK + 4), () -> model.passes.toString());
        assertEquals(0, model.openSequences());
    }

    @Test
    void sameSeedSameTokensAlsoInABatch() {
        int[] alone = Generator.generate(model, new Request(new int[] {9}, random(42))).tokens();
        List<Generation> batch = Generator.generate(model, List.of(
                new Request(new int[] {9}, random(43)), new Request(new int[] {9}, random(42)), new Request(new int[] {1}, random(42))));
        assertArrayEquals(alone, batch.get(1).tokens());
        assertNotEquals(Arrays.toString(alone), Arrays.toString(batch.get(0).tokens()));
    }

    @Test
    void cancellingActsWithinOneStepOfAPrompt() {
        Cancellation cancellation = new Cancellation();
        model.beforePass = () -> {
            if (model.passes.size() == 2) {
                cancellation.cancel();
            }
        };
        Generation generation =
                Generator.generate(model, new Request(new int[900], greedy(5), token -> true, cancellation));
        assertEquals(FinishReason.CANCELLED, generation.finish());
        assertEquals(0, generation.tokens().length);
        assertEquals(3, model.passes.size());
        assertEquals(0, model.openSequences());
    }

    @Test
    void cancellingOneRequestOfABatchLeavesTheOthers() {
        Cancellation cancellation = new Cancellation();
        TokenListener cancelling = token -> {
            cancellation.cancel();
            return true;
        };
        List<Generation> both = Generator.generate(model, List.of(
                new Request(new int[] {1}, greedy(9), cancelling, cancellation), new Request(new int[] {1}, greedy(9))));
        assertEquals(FinishReason.CANCELLED, both.get(0).finish());
        assertEquals(1, both.get(0).tokens().length);
        assertEquals(9, both.get(1).tokens().length);
    }

    @Test
    void anInterruptCancelsAndStaysSet() {
        TokenListener interrupting = token -> {
            Thread.currentThread().interrupt();
            return true;
        };
        Generation generation = Generator.generate(
                model, new Request(new int[] {1}, greedy(9), interrupting, new Cancellation()));
        assertTrue(Thread.interrupted());
        assertEquals(FinishReason.CANCELLED, generation.finish());
        assertEquals(1, generation.tokens().length);
    }

    @Test
    void anExceptionOfTheListenerReachesTheCallerAndFreesEverything() {
        TokenListener failing = token -> {
            throw new IllegalStateException("listener");
        };
        List<Request> requests = List.of(
                new Request(new int[] {1}, greedy(9)), new Request(new int[] {1}, greedy(9), failing, new Cancellation()));
        assertEquals("listener", assertThrows(IllegalStateException.class, () -> Generator.generate(model, requests)).getMessage());
        assertEquals(2, model.sequences.size());
        assertEquals(0, model.openSequences());
    }

    @Test
    void closingTheModelInTheMiddleIsReported() {
        TokenListener closing = token -> {
            model.close();
            return true;
        };
        Request request = new Request(new int[] {1}, greedy(9), closing, new Cancellation());
        assertThrows(IllegalStateException.class, () -> Generator.generate(model, request));
        assertEquals(0, model.openSequences());
    }

    @Test
    void threadsShareAModel() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<int[]>> tasks = IntStream.range(0, 40)
                    .<Callable<int[]>>mapToObj(i -> () -> Generator.generate(model, new Request(new int[] {i, 2}, greedy(20))).tokens())
                    .toList();
            List<Future<int[]>> answers = threads.invokeAll(tasks);
            for (int i = 0; i < answers.size(); i++) {
                assertArrayEquals(expected(new int[] {i, 2}, 20), answers.get(i).get());
            }
        }
    }

    @Test
    void aStreamComputesOnlyWhatIsAskedFor() {
        TokenStream stream = TokenStream.open(model, new Request(new int[300], greedy(50)));
        assertTrue(model.sequences.isEmpty());
        int[] answer = expected(new int[300], 50);
        assertEquals(answer[0], stream.nextInt());
        assertEquals(answer[1], stream.nextInt());
        assertTrue(stream.hasNext());
        assertTrue(stream.hasNext()); // asking again computes nothing
        assertEquals(5, model.passes.size());
        stream.close();
        assertEquals(0, model.openSequences());
        assertEquals(answer[2], stream.nextInt()); // it was announced
        assertFalse(stream.hasNext());
        assertEquals(FinishReason.CANCELLED, stream.result().finish());
        assertEquals(3, stream.result().tokens().length);
    }

    @Test
    void aStreamEndsLikeACall() {
        int[] answer = expected(new int[] {3}, 10);
        try (TokenStream stream = TokenStream.open(model, new Request(new int[] {3}, greedy(10)))) {
            List<Integer> tokens = new ArrayList<>();
            stream.forEachRemaining((int token) -> tokens.add(token));
            assertArrayEquals(answer, tokens.stream().mapToInt(i -> i).toArray());
            assertEquals(FinishReason.LENGTH, stream.result().finish());
            assertEquals(0, model.openSequences());
        }
        try (TokenStream stream = TokenStream.open(model, new Request(new int[] {3}, greedy(10, answer[0])))) {
            assertFalse(stream.hasNext());
            assertEquals(FinishReason.STOP, stream.result().finish());
        }
    }

    @Test
    void closingAStreamFromAnotherThreadEndsIt() throws Exception {
        TokenStream stream = TokenStream.open(model, new Request(new int[] {1}, greedy(1000)));
        Thread closer = new Thread(stream::close);
        model.beforePass = () -> {
            if (model.passes.size() == 3) {
                closer.start();
                while (closer.getState() != Thread.State.BLOCKED) {
                    Thread.onSpinWait(); // until it waits for this step
                }
            }
        };
        int n = 0;
        while (stream.hasNext()) {
            stream.nextInt();
            n++;
        }
        closer.join();
        assertTrue(n <= 5, "tokens after close: " + n);
        assertEquals(FinishReason.CANCELLED, stream.result().finish());
        assertEquals(0, model.openSequences());
    }

    @Test
    void nanLogitsAreReported() {
        Sampler sampler = new Sampler(greedy(1));
        float[] logits = {1, Float.NaN, 0};
        assertThrows(IllegalStateException.class, () -> sampler.sample(HISTORY, logits, 0, 3));
        Sampler random = new Sampler(random(1));
        assertThrows(IllegalStateException.class, () -> random.sample(HISTORY, logits, 0, 3));
    }

    @Test
    void greedyTakesTheLowestOfEquals() {
        assertEquals(1, new Sampler(greedy(1)).sample(HISTORY, new float[] {9, 0, 5, 5, 1}, 1, 4));
    }

    @Test
    void logProbsAreThoseOfTheModel() {
        List<TokenLogProbs> heard = new ArrayList<>();
        TokenListener listener = new TokenListener() {
            @Override
            public boolean onToken(int token) {
                assertEquals(token, heard.getLast().token());
                return true;
            }

            @Override
            public int topLogProbs() {
                return 3;
            }

            @Override
            public void onLogProbs(TokenLogProbs logProbs) {
                heard.add(logProbs);
            }
        };
        int[] prompt = {7};
        Generator.generate(model, new Request(prompt, greedy(4), listener, new Cancellation()));
        assertEquals(4, heard.size());
        int likeliest = expected(prompt, 1)[0];
        double sum = Math.exp(2);
        for (int v = 0; v < 50; v++) {
            sum += v == likeliest ? 0 : Math.exp(v * 1e-3f);
        }
        assertEquals(2 - Math.log(sum), heard.getFirst().logProb(), 1e-6);
        assertArrayEquals(new int[] {likeliest, 49, 48}, heard.getFirst().topTokens());
        assertEquals(0.048 - Math.log(sum), heard.getFirst().topLogProbs()[2], 1e-6);
    }

    @Test
    void topLogProbsTakeTheLowerIdOfEquals() {
        float[] logits = {9, 1, 3, 3, 2, 3, 9};
        assertArrayEquals(new int[] {1, 2, 4, 3, 0}, TokenLogProbs.of(logits, 1, 5, 0, 50).topTokens());
        assertArrayEquals(new int[] {1, 2}, TokenLogProbs.of(logits, 1, 5, 0, 2).topTokens());
        assertEquals(0, TokenLogProbs.of(logits, 1, 5, 0, 0).topTokens().length);
    }

    @Test
    void aProcessorConstrainsTheAnswer() {
        List<String> seen = new ArrayList<>();
        LogitsProcessor onlySmall = (tokens, scores, vocabulary) -> {
            seen.add(Arrays.toString(tokens.answer()));
            Arrays.fill(scores, 3, vocabulary, Float.NEGATIVE_INFINITY);
        };
        for (GenerationConfig config : List.of(greedy(20), random(5))) {
            Request request = new Request(new int[] {9}, config.with(Parameter.LOGITS_PROCESSOR, onlySmall));
            int[] tokens = Generator.generate(model, request).tokens();
            assertTrue(Arrays.stream(tokens).allMatch(token -> token < 3), () -> Arrays.toString(tokens));
            assertEquals(Arrays.toString(Arrays.copyOf(tokens, tokens.length - 1)), seen.getLast());
        }
    }

    @Test
    void aProcessorThatForbidsEverythingIsReported() {
        LogitsProcessor nothing = (tokens, scores, vocabulary) -> Arrays.fill(scores, 0, vocabulary, Float.NEGATIVE_INFINITY);
        for (GenerationConfig config : List.of(greedy(20), random(5))) {
            Request request = new Request(new int[] {9}, config.with(Parameter.LOGITS_PROCESSOR, nothing));
            assertThrows(IllegalStateException.class, () -> Generator.generate(model, request));
        }
    }

    @Test
    void requestsWithTheSamePromptComputeItOnce() {
        int[] prompt = new int[300];
        Arrays.setAll(prompt, k -> k % 41);
        int[] alone = Generator.generate(model, new Request(prompt, random(2))).tokens();
        model.passes.clear();
        List<Generation> three = Generator.generate(model, List.of(
                new Request(prompt, random(1)), new Request(prompt.clone(), random(2)), new Request(prompt, greedy(5))));
        assertArrayEquals(alone, three.get(1).tokens());
        assertArrayEquals(expected(prompt, 5), three.get(2).tokens());
        assertEquals(300, model.passes.get(0) + model.passes.get(1) + model.passes.get(2));
        assertEquals(3, model.passes.get(3));
        assertEquals(0, model.openSequences());
    }

    @Test
    void aRequestWhoseLeaderWasCancelledComputesThePromptItself() {
        int[] prompt = new int[300];
        Cancellation cancellation = new Cancellation();
        model.beforePass = () -> {
            if (model.passes.size() == 1) {
                cancellation.cancel();
            }
        };
        List<Generation> both = Generator.generate(model, List.of(
                new Request(prompt, greedy(5), token -> true, cancellation), new Request(prompt, greedy(5))));
        assertEquals(FinishReason.CANCELLED, both.get(0).finish());
        assertArrayEquals(expected(prompt, 5), both.get(1).tokens());
        assertEquals(0, model.openSequences());
    }
}
