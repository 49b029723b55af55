package org.djlquant.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyFloat;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.spy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DecoderTest {
    private static final int VOCABULARY = 50;

    private static CausalLM load(int context) {
        return Models.load(TinyCheckpoint.small(context), ModelOptions.defaults());
    }

    private static int[] tokens(int n) {
        int[] tokens = new int[n];
        Arrays.setAll(tokens, i -> i * 7 % VOCABULARY);
        return tokens;
    }

    private static float[] run(CausalLM model, Sequence sequence, int[] tokens, int from, int count, Batch.Logits which) {
        Batch batch = new Batch();
        batch.add(sequence, tokens, from, count, which);
        model.forward(batch);
        return Arrays.copyOf(batch.logits(), batch.logitsRows() * VOCABULARY);
    }

    @Test
    void aRunLongerThanOnePassGivesTheSameLogits() {
        int n = 1200;
        int[] tokens = tokens(n);
        try (CausalLM model = load(2000);
                Sequence whole = model.newSequence();
                Sequence parts = model.newSequence()) {
            float[] all = run(model, whole, tokens, 0, n, Batch.Logits.ALL);
            assertEquals(n, whole.length());
            List<Float> chunks = new ArrayList<>();
            for (int from = 0; from < n; from += 100) {
                for (float v : run(model, parts, tokens, from, 100, Batch.Logits.ALL)) {
                    chunks.add(v);
                }
            }
            for (int i = 0; i < all.length; i++) {
                assertEquals(chunks.get(i), all[i], 1e-4f, "value " + i);
            }
            try (Sequence last = model.newSequence()) {
                assertArrayEquals(
                        Arrays.copyOfRange(all, (n - 1) * VOCABULARY, n * VOCABULARY),
                        run(model, last, tokens, 0, n, Batch.Logits.LAST), 1e-4f);
            }
        }
    }

    @Test
    void moreSequencesThanOnePassHoldsShareABatch() {
        try (CausalLM model = load(8)) {
            Batch batch = new Batch();
            int n = 700;
            for (int i = 0; i < n; i++) {
                batch.add(model.newSequence(), new int[] {i % VOCABULARY}, 0, 1, i % 3 == 0 ? Batch.Logits.NONE : Batch.Logits.LAST);
            }
            model.forward(batch);
            int row = 0;
            for (int i = 0; i < n; i++) {
                if (i % 3 != 0) {
                    float[] alone = run(model, model.newSequence(), new int[] {i % VOCABULARY}, 0, 1, Batch.Logits.LAST);
                    assertArrayEquals(alone, Arrays.copyOfRange(batch.logits(), row * VOCABULARY, (row + 1) * VOCABULARY), 1e-4f);
                    row++;
                }
            }
        }
    }

    @Test
    void hiddenStatesAreThoseTheHeadSees() {
        TinyCheckpoint checkpoint = TinyCheckpoint.small(16);
        float[] head = checkpoint.values.get("lm_head.weight");
        try (CausalLM model = Models.load(checkpoint, ModelOptions.defaults())) {
            Batch batch = new Batch();
            batch.add(model.newSequence(), tokens(4), 0, 4, Batch.Logits.NONE);
            batch.add(model.newSequence(), tokens(5), 0, 5, Batch.Logits.ALL);
            batch.wantHidden(5 * model.hiddenSize());
            model.forward(batch);
            for (int row = 0; row < 5; row++) {
                for (int v = 0; v < VOCABULARY; v++) {
                    double dot = 0;
                    for (int i = 0; i < 32; i++) {
                        dot += (double) head[v * 32 + i] * batch.hidden()[row * 32 + i];
                    }
                    assertEquals(dot, batch.logits()[row * VOCABULARY + v], 1e-4);
                }
            }
        }
    }

    @Test
    void whatCannotRunIsRefusedAndChangesNothing() {
        try (CausalLM model = load(8);
                CausalLM other = load(8);
                Sequence sequence = model.newSequence();
                Sequence foreign = other.newSequence()) {
            run(model, sequence, tokens(3), 0, 3, Batch.Logits.NONE);
            String tooLong = assertThrows(
                            IllegalArgumentException.class, () -> run(model, sequence, tokens(6), 0, 6, Batch.Logits.NONE))
                    .getMessage();
            assertTrue(tooLong.contains("8") && tooLong.contains("max_model_len"), tooLong);
            assertThrows(IllegalArgumentException.class, () -> run(model, sequence, new int[] {50}, 0, 1, Batch.Logits.NONE));
            assertThrows(IllegalArgumentException.class, () -> run(model, sequence, new int[] {-1}, 0, 1, Batch.Logits.NONE));
            assertThrows(IllegalArgumentException.class, () -> run(model, foreign, new int[] {1}, 0, 1, Batch.Logits.NONE));
            assertThrows(IllegalArgumentException.class, () -> run(model, sequence, new int[] {1}, 0, 0, Batch.Logits.NONE));
            Batch twice = new Batch();
            twice.add(sequence, tokens(1), 0, 1, Batch.Logits.LAST);
            twice.add(sequence, tokens(1), 0, 1, Batch.Logits.LAST);
            assertThrows(IllegalArgumentException.class, () -> model.forward(twice));
            assertThrows(IllegalArgumentException.class, () -> sequence.truncate(4));
            assertEquals(3, sequence.length());
            sequence.close();
            sequence.close();
            assertThrows(IllegalStateException.class, () -> run(model, sequence, new int[] {1}, 0, 1, Batch.Logits.NONE));
            assertThrows(IllegalStateException.class, sequence::fork);
        }
    }

    @Test
    void aFailedPassLeavesSequencesAsTheyWere() {
        Kernels kernels = spy(new ScalarKernels());
        AtomicInteger norms = new AtomicInteger(Integer.MIN_VALUE);
        doAnswer(call -> {
            if (norms.incrementAndGet() == 3) { // in the second layer, when the first has its keys
                throw new IllegalStateException("broken");
            }
            return call.callRealMethod();
        }).when(kernels).rmsNorm(any(), anyInt(), anyInt(), any(), anyFloat(), any(), anyInt());
        try (CausalLM model = Models.load(TinyCheckpoint.small(16), ModelOptions.of(kernels, Workers.shared()));
                Sequence sequence = model.newSequence();
                Sequence undisturbed = model.newSequence()) {
            run(model, sequence, tokens(3), 0, 3, Batch.Logits.NONE);
            norms.set(0);
            assertThrows(IllegalStateException.class, () -> run(model, sequence, tokens(4), 3, 1, Batch.Logits.LAST));
            assertEquals(3, sequence.length());
            assertArrayEquals(
                    run(model, undisturbed, tokens(4), 0, 4, Batch.Logits.LAST),
                    run(model, sequence, tokens(4), 3, 1, Batch.Logits.LAST), 1e-5f);
        }
    }

    @Test
    void aClosedModelSaysSo() {
        CausalLM model = load(8);
        Sequence sequence = model.newSequence();
        model.close();
        model.close();
        String message = assertThrows(
                        IllegalStateException.class, () -> run(model, sequence, new int[] {1}, 0, 1, Batch.Logits.LAST))
                .getMessage();
        assertTrue(message.contains("closed"), message);
        assertThrows(IllegalStateException.class, model::newSequence);
        sequence.close();
    }

    /** Kernels whose passes tell that they have begun, and wait before they go on. */
    private static Kernels stoppingInside(CountDownLatch inside, CountDownLatch go) {
        Kernels kernels = spy(new ScalarKernels());
        doAnswer(call -> {
            inside.countDown();
            assertTrue(go.await(30, TimeUnit.SECONDS));
            return call.callRealMethod();
        }).when(kernels).rmsNorm(any(), anyInt(), anyInt(), any(), anyFloat(), any(), anyInt());
        return kernels;
    }

    @Test
    void closingWaitsForThePassInProgress() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Kernels kernels = stoppingInside(inside, go);
        CausalLM model = Models.load(TinyCheckpoint.small(16), ModelOptions.of(kernels, Workers.shared()));
        Sequence sequence = model.newSequence();
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            Future<float[]> pass = threads.submit(() -> run(model, sequence, tokens(3), 0, 3, Batch.Logits.LAST));
            assertTrue(inside.await(30, TimeUnit.SECONDS));
            Thread closer = new Thread(model::close);
            closer.start();
            while (closer.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            go.countDown();
            assertEquals(VOCABULARY, pass.get().length);
            closer.join();
        }
        assertThrows(IllegalStateException.class, () -> run(model, sequence, new int[] {1}, 0, 1, Batch.Logits.LAST));
    }

    @Test
    void sequencesThatAreNotInThePassInProgressDoNotWaitForIt() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Kernels kernels = stoppingInside(inside, go);
        try (CausalLM model = Models.load(TinyCheckpoint.small(16), ModelOptions.of(kernels, Workers.shared()));
                ExecutorService threads = Executors.newCachedThreadPool()) {
            Sequence busy = model.newSequence();
            Sequence idle = model.newSequence();
            Future<float[]> pass = threads.submit(() -> run(model, busy, tokens(3), 0, 3, Batch.Logits.LAST));
            assertTrue(inside.await(30, TimeUnit.SECONDS));
            model.newSequence().close();
            idle.fork(0).close();
            idle.close();
            CountDownLatch asked = new CountDownLatch(1);
            Future<Sequence> fork = threads.submit(() -> {
                asked.countDown();
                return busy.fork(3);
            });
            assertTrue(asked.await(30, TimeUnit.SECONDS));
            assertThrows(TimeoutException.class, () -> fork.get(50, TimeUnit.MILLISECONDS));
            go.countDown();
            assertEquals(VOCABULARY, pass.get().length);
            assertEquals(3, fork.get().length());
        }
    }

    @Test
    void threadsGetTheAnswersTheyWouldGetAlone() throws Exception {
        try (CausalLM model = load(64);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            float[] alone;
            try (Sequence sequence = model.newSequence()) {
                alone = run(model, sequence, tokens(20), 0, 20, Batch.Logits.LAST);
            }
            Callable<float[]> task = () -> {
                try (Sequence sequence = model.newSequence()) {
                    for (int t = 0; t < 19; t++) {
                        run(model, sequence, tokens(20), t, 1, Batch.Logits.NONE);
                    }
                    return run(model, sequence, tokens(20), 19, 1, Batch.Logits.LAST);
                }
            };
            for (Future<float[]> answer : threads.invokeAll(List.of(task, task, task, task))) {
                assertArrayEquals(alone, answer.get(), 1e-4f);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void decodingAllocatesNothingThatGrowsWithTheModel(int together) {
        // The operators make a small task object each; an array of any of this model's sizes would exceed the bound,
        // as would one for each sequence.
        TinyCheckpoint checkpoint = new TinyCheckpoint(512, 1024, 4096, 512);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Workers two = Workers.of(2);
                CausalLM model = Models.load(checkpoint, ModelOptions.of(KernelsProvider.get().kernels(), two))) {
            List<Sequence> sequences = Stream.generate(model::newSequence).limit(together).toList();
            // this thread and everybody who computes for it; those of other teams sleep
            long[] ids = Thread.getAllStackTraces().keySet().stream()
                    .filter(t -> t == Thread.currentThread() || t.getName().startsWith("djl-quant-worker"))
                    .mapToLong(Thread::threadId)
                    .toArray();
            assertTrue(ids.length >= 2);
            Batch batch = new Batch();
            int[] next = {1};
            for (Sequence sequence : sequences) {
                batch.add(sequence, next, 0, 1, Batch.Logits.LAST);
            }
            int bound = 3000 + 1500 * (together - 1);
            // An array made for each token shows in every token; what does not are growing caches, and
            // vectors that are boxed until the compiler has come to the kernels.
            long begin = threads.getCurrentThreadAllocatedBytes();
            Arrays.stream(threads.getThreadAllocatedBytes(ids)).sum();
            long counting = threads.getCurrentThreadAllocatedBytes() - begin;
            long least = Long.MAX_VALUE;
            long deadline = System.nanoTime() + 40_000_000_000L;
            for (int t = 0; least >= bound && System.nanoTime() < deadline; t++) {
                if (sequences.getFirst().length() == 500) {
                    sequences.forEach(sequence -> sequence.truncate(0));
                }
                next[0] = t % 4096;
                long before = Arrays.stream(threads.getThreadAllocatedBytes(ids)).sum();
                model.forward(batch);
                least = Math.min(least, Arrays.stream(threads.getThreadAllocatedBytes(ids)).sum() - before - counting);
            }
            assertTrue(least < bound, "bytes per pass " + least);
        }
    }

    @Test
    void sequencesReportAndFreeTheirCaches() {
        try (CausalLM model = load(64);
                Sequence sequence = model.newSequence()) {
            run(model, sequence, tokens(40), 0, 40, Batch.Logits.NONE);
            assertTrue(sequence.bytes() >= 40L * 2 * 2 * 16 * 4, () -> "bytes " + sequence.bytes());
            assertEquals(2, sequence.caches().size());
            assertEquals(Set.of(16), Set.copyOf(model.cacheShapes().stream().map(s -> s.kvHeads() * s.headDim()).toList()));
            sequence.caches().getFirst().truncate(3);
            assertThrows(IllegalStateException.class, () -> run(model, sequence, new int[] {1}, 0, 1, Batch.Logits.LAST));
        }
    }
}
