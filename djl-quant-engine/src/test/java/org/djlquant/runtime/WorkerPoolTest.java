package org.djlquant.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WorkerPoolTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void everyPartRunsOncePerLoop(int threads) {
        try (Workers workers = Workers.of(threads)) {
            AtomicIntegerArray runs = new AtomicIntegerArray(threads);
            for (int loop = 0; loop < 500; loop++) {
                workers.run((part, parts) -> {
                    assertEquals(threads, parts);
                    runs.incrementAndGet(part);
                });
            }
            for (int i = 0; i < threads; i++) {
                assertEquals(500, runs.get(i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void everyPieceIsTakenOnce(int threads) {
        try (Workers workers = Workers.of(threads)) {
            for (int count : new int[] {0, 1, 2, 7, 64, 1000}) {
                for (int loop = 0; loop < 50; loop++) {
                    AtomicIntegerArray taken = new AtomicIntegerArray(count);
                    workers.run(count, (part, pieces) -> {
                        for (int i = pieces.next(); i >= 0; i = pieces.next()) {
                            taken.incrementAndGet(i);
                        }
                        assertEquals(-1, pieces.next());
                    });
                    for (int i = 0; i < count; i++) {
                        assertEquals(1, taken.get(i), "piece " + i + " of " + count);
                    }
                }
            }
        }
    }

    @Test
    void piecesOfALatePartAreDoneByOthers() {
        try (Workers workers = Workers.of(2)) {
            int[] done = new int[2];
            int[] first = {-1, -1};
            workers.run(100, (part, pieces) -> {
                if (part == 1) {
                    pause(200);
                }
                for (int i = pieces.next(); i >= 0; i = pieces.next()) {
                    first[part] = done[part]++ == 0 ? i : first[part];
                }
            });
            assertEquals(100, done[0]);
            assertEquals(0, first[0]);
            assertEquals(0, done[1]);
            workers.run(100, (part, pieces) -> {
                first[part] = pieces.next();
                pause(20); // so that both have begun
            });
            assertEquals(0, first[0]);
            assertEquals(50, first[1]);
        }
    }

    @Test
    void aPieceThatFailsIsThrownToTheCaller() {
        try (Workers workers = Workers.of(2)) {
            ArithmeticException e = assertThrows(ArithmeticException.class, () -> workers.run(10, (part, pieces) -> {
                for (int i = pieces.next(); i >= 0; i = pieces.next()) {
                    if (i == 7) {
                        throw new ArithmeticException("piece " + i);
                    }
                }
            }));
            assertEquals("piece 7", e.getMessage());
            AtomicInteger done = new AtomicInteger();
            workers.run(10, (part, pieces) -> {
                while (pieces.next() >= 0) {
                    done.incrementAndGet();
                }
            });
            assertEquals(10, done.get());
        }
    }

    @Test
    void partZeroIsTheCallers() {
        try (Workers workers = Workers.of(2)) {
            Thread[] ran = new Thread[2];
            workers.run((part, parts) -> ran[part] = Thread.currentThread());
            assertSame(Thread.currentThread(), ran[0]);
            assertTrue(ran[1].isDaemon());
        }
    }

    @Test
    void exceptionReachesTheCallerAfterAllPartsEnded() {
        try (Workers workers = Workers.of(3)) {
            for (int failing = 0; failing < 3; failing++) {
                int bad = failing;
                AtomicInteger ended = new AtomicInteger();
                ArithmeticException e = assertThrows(ArithmeticException.class, () -> workers.run((part, parts) -> {
                    if (part == bad) {
                        throw new ArithmeticException("part " + part);
                    }
                    pause(20);
                    ended.incrementAndGet();
                }));
                assertEquals("part " + bad, e.getMessage());
                assertEquals(2, ended.get());
            }
            AssertionError e = assertThrows(AssertionError.class, () -> workers.run((part, parts) -> {
                throw new AssertionError(part);
            }));
            assertEquals(2, e.getSuppressed().length);
            workers.run((part, parts) -> {});
        }
    }

    @Test
    void startingALoopInsideATaskIsRefused() {
        try (Workers workers = Workers.of(2)) {
            for (int outer = 0; outer < 2; outer++) {
                int starter = outer;
                assertThrows(IllegalStateException.class, () -> workers.run((part, parts) -> {
                    if (part == starter) {
                        workers.run((p, n) -> {});
                    }
                }));
            }
        }
    }

    @Test
    void loopsOfManyCallersDoNotOverlap() throws InterruptedException {
        try (Workers workers = Workers.of(2)) {
            int callers = 12;
            int loops = 200;
            AtomicInteger inside = new AtomicInteger();
            AtomicInteger total = new AtomicInteger();
            AtomicInteger overlaps = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int c = 0; c < callers; c++) {
                Runnable caller = () -> {
                    for (int i = 0; i < loops; i++) {
                        workers.run((part, parts) -> {
                            if (inside.incrementAndGet() > parts) {
                                overlaps.incrementAndGet();
                            }
                            total.incrementAndGet();
                            inside.decrementAndGet();
                        });
                    }
                };
                threads.add(c % 2 == 0 ? Thread.ofPlatform().start(caller) : Thread.ofVirtual().start(caller));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(callers * loops * 2, total.get());
            assertEquals(0, overlaps.get());
        }
    }

    @Test
    void anInterruptedCallerStillFinishesItsLoopAndStaysInterrupted() {
        try (Workers workers = Workers.of(2)) {
            AtomicInteger ended = new AtomicInteger();
            Thread.currentThread().interrupt();
            workers.run((part, parts) -> {
                long end = System.nanoTime() + 5_000_000L * part;
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                ended.incrementAndGet();
            });
            assertTrue(Thread.interrupted());
            assertEquals(2, ended.get());
        }
    }

    @Test
    void scratchIsKeptBetweenLoops() {
        try (Workers workers = Workers.of(1)) {
            float[] first = workers.scratch(0, 3, 1000);
            assertTrue(first.length >= 1000);
            assertSame(first, workers.scratch(0, 3, 10));
            assertTrue(workers.scratch(0, 3, 5000).length >= 5000);
        }
    }

    @Test
    void closedWorkersRefuseAndEndTheirThreads() throws InterruptedException {
        Workers workers = Workers.of(2);
        Thread[] member = new Thread[2];
        workers.run((part, parts) -> member[part] = Thread.currentThread());
        pause(5);
        workers.close();
        member[1].join();
        assertThrows(IllegalStateException.class, () -> workers.run((part, parts) -> {}));
    }

    @Test
    void theSharedTeamCannotBeClosed() {
        Workers.shared().close();
        AtomicInteger runs = new AtomicInteger();
        Workers.shared().run((part, parts) -> runs.incrementAndGet());
        assertEquals(Workers.shared().threads(), runs.get());
    }

    @Test
    void aNonsensicalNumberOfThreadsIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Workers.of(0));
        assertThrows(IllegalArgumentException.class, () -> Workers.of(-3));
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
