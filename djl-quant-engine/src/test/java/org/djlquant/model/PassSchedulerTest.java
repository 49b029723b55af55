package org.djlquant.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PassSchedulerTest {
    private static final int VOCABULARY = 3;

    private final ReentrantLock lock = new ReentrantLock(true);
    private final List<Integer> passes = Collections.synchronizedList(new ArrayList<>());
    private final PassScheduler scheduler = new PassScheduler(lock, new Echo(), VOCABULARY);

    /** Answers each row with its token, refuses 13, and fails in a pass that holds 66. */
    private final class Echo implements PassScheduler.Runner {
        @Override
        public void check(Batch batch, long pass) {
            if (batch.runs().stream().anyMatch(run -> run.tokens()[0] == 13)) {
                throw new IllegalArgumentException("refused");
            }
        }

        @Override
        public void run(Batch batch) {
            assertTrue(lock.isHeldByCurrentThread());
            passes.add(batch.runs().size());
            pause(2);
            float[] logits = batch.reserveLogits(batch.logitsRows() * VOCABULARY);
            int row = 0;
            for (Batch.Run run : batch.runs()) {
                if (run.tokens()[0] == 66) {
                    throw new IllegalStateException("broken");
                }
                for (int r = 0; r < run.logitsRows(); r++, row++) {
                    logits[row * VOCABULARY + 2] = run.tokens()[0];
                }
            }
            if (batch.hidden() != null) {
                batch.hidden()[0] = 1;
            }
        }

        @Override
        public void end() {
            assertTrue(lock.isHeldByCurrentThread());
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private float forward(int token, int count) {
        Batch batch = new Batch();
        batch.add(null, new int[count], 0, count, Batch.Logits.NONE); // a run without logits before it
        int[] tokens = new int[count];
        tokens[0] = token;
        int row = batch.add(null, tokens, 0, count, Batch.Logits.LAST);
        scheduler.forward(batch);
        return batch.logits()[row * VOCABULARY + 2];
    }

    /** Lets batches pile up behind the lock, so that they meet in one pass. */
    private List<Future<Float>> together(ExecutorService threads, List<Callable<Float>> tasks) {
        lock.lock();
        try {
            List<Future<Float>> answers = tasks.stream().map(threads::submit).toList();
            while (lock.getQueueLength() < tasks.size()) {
                Thread.onSpinWait();
            }
            return answers;
        } finally {
            lock.unlock();
        }
    }

    @Test
    void batchesThatWaitShareAPassAndGetTheirOwnAnswers() throws Exception {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Float>> answers =
                    together(threads, List.of(() -> forward(1, 1), () -> forward(2, 5), () -> forward(3, 2)));
            for (int i = 0; i < 3; i++) {
                assertEquals(i + 1, answers.get(i).get());
            }
        }
        assertEquals(List.of(6), passes); // three batches of two runs
    }

    @Test
    void whoDecodesWaitsForNoMoreThanOneChunkOfPrompts() throws Exception {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Callable<Float>> tasks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                int token = i;
                tasks.add(() -> forward(token, 45)); // 90 tokens, 89 of them a prompt: two exceed a chunk
            }
            tasks.add(() -> decode(5));
            tasks.add(() -> decode(6));
            List<Future<Float>> answers = together(threads, tasks);
            for (int i = 0; i < answers.size(); i++) {
                assertEquals(i, answers.get(i).get());
            }
        }
        // Threads that pile up behind a lock get in line in any order; whatever it is, the decoders are in the first pass.
        assertEquals(5, passes.size(), () -> passes.toString());
        assertEquals(4, passes.getFirst(), "two runs of a prompt and the decoders");
        assertEquals(List.of(2, 2, 2, 2), passes.subList(1, 5));
    }

    private float decode(int token) {
        Batch batch = new Batch();
        batch.add(null, new int[] {token}, 0, 1, Batch.Logits.LAST);
        scheduler.forward(batch);
        return batch.logits()[2];
    }

    @Test
    void threadsThatGenerateMeetInSharedPasses() throws Exception {
        int steps = 100;
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<?>> done = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int token = t;
                done.add(threads.submit(() -> {
                    for (int i = 0; i < steps; i++) {
                        assertEquals(token, forward(token, 1));
                    }
                }));
            }
            for (Future<?> each : done) {
                each.get();
            }
        }
        // 400 passes without sharing, 100 at best.
        assertTrue(passes.size() < 300, () -> passes.size() + " passes");
    }

    @Test
    void anErrorReachesOnlyTheOneItBelongsTo() throws Exception {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Float>> answers = together(
                    threads, List.of(() -> forward(1, 1), () -> forward(13, 1), () -> forward(66, 1), () -> forward(4, 1)));
            assertEquals(1, answers.get(0).get());
            assertInstanceOf(IllegalArgumentException.class, failure(answers.get(1)));
            assertInstanceOf(IllegalStateException.class, failure(answers.get(2)));
            assertEquals(4, answers.get(3).get());
        }
    }

    private static Throwable failure(Future<Float> answer) throws InterruptedException {
        try {
            answer.get();
        } catch (ExecutionException e) {
            return e.getCause();
        }
        throw new AssertionError("no failure");
    }

    @Test
    void longBatchesAndHiddenStatesRunAlone() throws Exception {
        Callable<Float> hidden = () -> {
            Batch batch = new Batch();
            batch.add(null, new int[] {5}, 0, 1, Batch.Logits.LAST);
            batch.wantHidden(1);
            scheduler.forward(batch);
            return batch.hidden()[0];
        };
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Float>> answers =
                    together(threads, List.of(() -> forward(1, 100), () -> forward(2, 100), hidden, () -> forward(3, 1)));
            assertEquals(1, answers.get(0).get());
            assertEquals(2, answers.get(1).get());
            assertEquals(1, answers.get(2).get());
            assertEquals(3, answers.get(3).get());
        }
        assertTrue(passes.size() >= 3, () -> passes.toString());
        assertTrue(passes.contains(1), () -> passes.toString()); // the one that wants hidden states
    }
}
