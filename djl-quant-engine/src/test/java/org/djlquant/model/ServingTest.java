package org.djlquant.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.spy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.djlquant.generate.Cancellation;
import org.djlquant.generate.FinishReason;
import org.djlquant.generate.Generation;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Generator;
import org.djlquant.generate.Parameter;
import org.djlquant.generate.Request;
import org.djlquant.generate.TokenStream;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.MatMul;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests of many threads on one model: the same answers as one by one, within the memory there is. */
@Timeout(120)
class ServingTest {
    private static final int VOCABULARY = 50;
    private static final int CONTEXT = 256;

    /** Positions of 2 layers with keys and values of 16 floats. */
    private static final long BYTES_PER_POSITION = 2 * 2 * 16 * 4;

    private static ModelOptions options() {
        return ModelOptions.of(new ScalarKernels(), Workers.shared());
    }

    private static CausalLM load(ModelOptions options) {
        return Models.load(TinyCheckpoint.small(CONTEXT), options);
    }

    private static GenerationConfig greedy(int tokens) {
        return GenerationConfig.greedy(tokens);
    }

    private static int[] prompt(int length, long seed) {
        return new Random(seed).ints(length, 0, VOCABULARY).toArray();
    }

    /** Sixteen requests of mixed length. */
    private static List<Request> mixed() {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            requests.add(new Request(prompt(1 + i * 37 % 200, i), greedy(3 + i * 11 % 40)));
        }
        return requests;
    }

    private static List<int[]> oneByOne(List<Request> requests) {
        try (CausalLM model = load(options().withPrefixCaching(false))) {
            return requests.stream().map(request -> Generator.generate(model, request).tokens()).toList();
        }
    }

    private static void checkShared(ExecutorService threads, CausalLM model) throws Exception {
        List<Request> requests = mixed();
        List<int[]> expected = oneByOne(requests);
        List<Future<int[]>> answers = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            Request request = requests.get(i);
            boolean stream = i % 3 == 0;
            answers.add(threads.submit(() -> {
                if (!stream) {
                    return Generator.generate(model, request).tokens();
                }
                try (TokenStream tokens = TokenStream.open(model, request)) {
                    while (tokens.hasNext()) {
                        tokens.nextInt();
                    }
                    return tokens.result().tokens();
                }
            }));
        }
        Future<List<Generation>> batch = threads.submit(() -> Generator.generate(model, mixed()));
        for (int i = 0; i < requests.size(); i++) {
            assertArrayEquals(expected.get(i), answers.get(i).get(), "request " + i);
            assertArrayEquals(expected.get(i), batch.get().get(i).tokens(), "request " + i + " of the batch");
        }
        SequencePool.Stats stats = model.pool().stats();
        assertEquals(0, stats.running() + stats.waiting());
        assertEquals(0, stats.reservedBytes());
        assertTrue(stats.prefixBytes() <= stats.limitBytes(), stats::toString);
    }

    @Test
    void sixteenRequestsGetTheAnswersTheyWouldGetAlone() throws Exception {
        try (CausalLM model = load(options());
                ExecutorService threads = Executors.newCachedThreadPool()) {
            checkShared(threads, model);
            Request again = mixed().get(1);
            assertEquals(again.prompt().length - 1, Generator.generate(model, again).cachedTokens());
        }
    }

    @Test
    void theyGetThemWithMemoryForThreeAtATimeToo() throws Exception {
        long three = 3 * 256 * BYTES_PER_POSITION;
        try (CausalLM model = load(options().withKvCacheBytes(three));
                ExecutorService threads = Executors.newCachedThreadPool()) {
            assertEquals(three, model.pool().stats().limitBytes());
            checkShared(threads, model);
        }
    }

    @Test
    void virtualThreadsMayGenerate() throws Exception {
        try (CausalLM model = load(options().withKvCacheBytes(4 * 256 * BYTES_PER_POSITION));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            checkShared(threads, model);
        }
    }

    @Test
    void virtualThreadsThatWaitLeaveTheirCarriersToOthers() throws Exception {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            requests.add(new Request(prompt(5 + i % 20, i), greedy(4)));
        }
        List<int[]> expected = oneByOne(requests);
        List<Future<int[]>> answers = new ArrayList<>();
        try (CausalLM model = load(options().withKvCacheBytes(256 * BYTES_PER_POSITION));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try (TokenStream first = TokenStream.open(model, new Request(prompt(200, 1), greedy(50)))) {
                assertTrue(first.hasNext());
                for (Request request : requests) {
                    answers.add(threads.submit(() -> Generator.generate(model, request).tokens()));
                }
                // pinned, only as many as there are carriers would come so far
                while (model.pool().stats().waiting() < requests.size()) {
                    Thread.sleep(1);
                }
            }
            for (int i = 0; i < answers.size(); i++) {
                assertArrayEquals(expected.get(i), answers.get(i).get(), "request " + i);
            }
        }
    }

    /** Kernels that note how many tokens each pass brings to the matrices of one shape. */
    private static Kernels noting(List<Integer> passes, int rows, int cols) {
        Kernels kernels = spy(new ScalarKernels());
        doAnswer(pack -> {
            MatMul matrix = (MatMul) pack.callRealMethod();
            if (matrix.rows() != rows || matrix.cols() != cols) {
                return matrix;
            }
            MatMul noting = spy(matrix);
            doAnswer(multiply -> {
                passes.add(multiply.getArgument(3));
                return multiply.callRealMethod();
            }).when(noting).multiply(any(), anyInt(), anyInt(), anyInt(), any(), anyInt(), anyInt(), any());
            return noting;
        }).when(kernels).pack(any(), any(), any());
        return kernels;
    }

    @Test
    void aLongPromptGoesInChunksThatTakeWhoDecodesAlong() throws Exception {
        List<Integer> passes = Collections.synchronizedList(new ArrayList<>());
        Kernels kernels = noting(passes, 32, 48); // what the MLP of each layer yields
        try (CausalLM model = Models.load(TinyCheckpoint.small(2048), ModelOptions.of(kernels, Workers.shared()));
                ExecutorService threads = Executors.newCachedThreadPool();
                TokenStream decoding = TokenStream.open(model, new Request(prompt(5, 1), greedy(1500)))) {
            decoding.nextInt();
            passes.clear();
            Future<Generation> prompt =
                    threads.submit(() -> Generator.generate(model, new Request(prompt(1000, 2), greedy(1))));
            int decoded = 0;
            for (; !prompt.isDone() && decoding.hasNext(); decoded++) {
                decoding.nextInt();
            }
            prompt.get();
            assertTrue(Collections.max(passes) <= 128 + 1, () -> passes.toString());
            long shared = passes.stream().filter(tokens -> tokens == 128 + 1).count() / 2;
            assertTrue(shared > 0 && decoded >= shared, shared + " chunks with a token of the other, " + decoded + " tokens: " + passes);
        }
    }

    @Test
    void aConversationComputesOnlyWhatIsNew() {
        try (CausalLM with = load(options());
                CausalLM without = load(options().withPrefixCaching(false))) {
            int[] text = prompt(100, 5);
            int known = 0;
            for (int turn = 0; turn < 3; turn++) {
                Request request = new Request(text, greedy(10));
                Generation found = Generator.generate(with, request);
                Generation computed = Generator.generate(without, request);
                assertArrayEquals(computed.tokens(), found.tokens(), "turn " + turn);
                assertEquals(0, computed.cachedTokens());
                assertEquals(known, found.cachedTokens());
                known = text.length + 9; // the last token of an answer was never fed
                int[] longer = Arrays.copyOf(text, text.length + 15);
                System.arraycopy(found.tokens(), 0, longer, text.length, 10);
                text = longer; // the rest of it is what the user says next
            }
            int[] other = text.clone();
            other[64] = (other[64] + 1) % VOCABULARY;
            Request branch = new Request(other, greedy(10));
            Generation found = Generator.generate(with, branch);
            assertEquals(64, found.cachedTokens());
            assertArrayEquals(Generator.generate(without, branch).tokens(), found.tokens());
        }
    }

    @Test
    void aStreamThatWaitsForMemoryCanBeCancelled() {
        try (CausalLM model = load(options().withKvCacheBytes(256 * BYTES_PER_POSITION));
                TokenStream first = TokenStream.open(model, new Request(prompt(200, 1), greedy(50)))) {
            assertTrue(first.hasNext());
            Cancellation cancellation = new Cancellation();
            Thread.ofPlatform().daemon().start(() -> {
                while (model.pool().stats().waiting() == 0) {
                    Thread.onSpinWait();
                }
                cancellation.cancel();
            });
            Generation second = Generator.generate(
                    model, new Request(prompt(200, 2), greedy(50), token -> true, cancellation));
            assertEquals(FinishReason.CANCELLED, second.finish());
            assertEquals(0, second.tokens().length);
            assertEquals(0, model.pool().stats().waiting());
        }
    }

    @Test
    void closingTheModelEndsWaitingRequests() throws Exception {
        CausalLM model = load(options().withKvCacheBytes(256 * BYTES_PER_POSITION));
        TokenStream first = TokenStream.open(model, new Request(prompt(200, 1), greedy(50)));
        assertTrue(first.hasNext());
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            Future<Generation> waiting =
                    threads.submit(() -> Generator.generate(model, new Request(prompt(200, 2), greedy(50))));
            while (model.pool().stats().waiting() == 0) {
                Thread.onSpinWait();
            }
            model.close();
            String message = assertThrows(Exception.class, waiting::get).getCause().getMessage();
            assertTrue(message.contains("closed"), message);
        }
        first.close();
    }

    @Test
    void guessingTokensChangesNoAnswer() {
        try (CausalLM model = load(options())) {
            for (int i = 0; i < 8; i++) {
                float temperature = i % 2 == 0 ? 0 : 0.3f;
                GenerationConfig plain =
                        GenerationConfig.greedy(60).with(Map.of("temperature", temperature, "top_k", 5, "seed", 9));
                GenerationConfig guessing = plain.with(Parameter.PROMPT_LOOKUP_NUM_TOKENS, 6);
                int[] prompt = prompt(20 + i, i);
                Generation expected = Generator.generate(model, new Request(prompt, plain));
                Generation found = Generator.generate(model, new Request(prompt, guessing));
                assertArrayEquals(expected.tokens(), found.tokens(), "prompt " + i);
            }
        }
    }
}
