package org.djlquant.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.djlquant.kernel.LayerCache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SequencePoolTest {
    private final List<Counted> open = new ArrayList<>();

    /** A sequence that is only a length. */
    private final class Counted implements Sequence {
        private int length;

        Counted(int length) {
            this.length = length;
            open.add(this);
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public void truncate(int to) {
            length = to;
        }

        @Override
        public Sequence fork(int to) {
            assertTrue(open.contains(this), "forked after it was closed");
            return new Counted(to);
        }

        @Override
        public List<LayerCache> caches() {
            return List.of();
        }

        @Override
        public long bytes() {
            return length;
        }

        @Override
        public void close() {
            open.remove(this);
        }
    }

    private SequencePool pool(long limit, boolean prefixes) {
        return new SequencePool(() -> new Counted(0), positions -> positions, limit, prefixes);
    }

    private static int[] tokens(int n, int seed) {
        int[] tokens = new int[n];
        Arrays.setAll(tokens, i -> i * 7 + seed);
        return tokens;
    }

    /** Runs a request to its end, which holds exactly the prompt. */
    private static int run(SequencePool pool, int[] prompt) {
        SequencePool.Claim claim = pool.claim(prompt, prompt.length);
        assertTrue(claim.isAdmitted());
        Counted sequence = (Counted) claim.start();
        int known = sequence.length();
        sequence.length = prompt.length;
        claim.finish(prompt);
        return known;
    }

    @Test
    void requestsWaitTheirTurnAndNobodyIsOvertaken() {
        SequencePool pool = pool(100, false);
        SequencePool.Claim first = pool.claim(tokens(1, 0), 60);
        SequencePool.Claim large = pool.claim(tokens(1, 0), 90);
        SequencePool.Claim small = pool.claim(tokens(1, 0), 10);
        assertTrue(first.isAdmitted());
        assertFalse(large.isAdmitted());
        assertFalse(small.isAdmitted(), "it would fit, but another was there before");
        assertEquals(new SequencePool.Stats(100, 60, 0, 1, 2, 0), pool.stats());
        first.start();
        first.close();
        first.close();
        assertTrue(large.isAdmitted() && small.isAdmitted());
        assertEquals(100, pool.stats().reservedBytes());
        large.close();
        small.close();
        assertEquals(0, pool.stats().reservedBytes());
        assertTrue(open.isEmpty());
    }

    @Test
    void leavingTheLineLetsTheNextOneIn() {
        SequencePool pool = pool(100, false);
        SequencePool.Claim first = pool.claim(tokens(1, 0), 60);
        SequencePool.Claim large = pool.claim(tokens(1, 0), 90);
        SequencePool.Claim small = pool.claim(tokens(1, 0), 10);
        large.close();
        assertTrue(small.isAdmitted());
        first.close();
    }

    @Test
    void whatCanNeverFitIsRefusedWithTheNumbers() {
        String message = assertThrows(IllegalArgumentException.class, () -> pool(1000, true).claim(tokens(3, 0), 2000))
                .getMessage();
        assertTrue(
                message.contains("2000 positions") && message.contains("2.0 KB") && message.contains("1.0 KB")
                        && message.contains("kv_cache_memory_bytes"),
                message);
    }

    @Test
    void waitingEndsWhenMemoryComesFreeOrTheModelIsClosed() throws Exception {
        SequencePool pool = pool(100, false);
        SequencePool.Claim first = pool.claim(tokens(1, 0), 100);
        SequencePool.Claim second = pool.claim(tokens(1, 0), 100);
        SequencePool.Claim third = pool.claim(tokens(1, 0), 100);
        CountDownLatch in = new CountDownLatch(1);
        Thread waiter = new Thread(() -> {
            if (second.await(30_000)) {
                in.countDown();
            }
        });
        waiter.start();
        assertFalse(in.await(20, TimeUnit.MILLISECONDS));
        first.close();
        assertTrue(in.await(30, TimeUnit.SECONDS));
        waiter.join();
        pool.close();
        assertThrows(IllegalStateException.class, () -> third.await(30_000));
        assertThrows(IllegalStateException.class, () -> pool.claim(tokens(1, 0), 1));
        third.close();
        second.close();
    }

    @Test
    void anInterruptEndsTheWaitingAndStaysSet() {
        SequencePool pool = pool(100, false);
        SequencePool.Claim first = pool.claim(tokens(1, 0), 100);
        SequencePool.Claim second = pool.claim(tokens(1, 0), 100);
        Thread.currentThread().interrupt();
        assertFalse(second.await(30_000));
        assertTrue(Thread.interrupted());
        second.close();
        first.close();
    }

    @Test
    void aPromptBeginsWithTheLongestOneThatIsKnown() {
        SequencePool pool = pool(1000, true);
        assertEquals(0, run(pool, tokens(40, 1)));
        assertEquals(0, run(pool, tokens(40, 2)), "another prompt");
        assertEquals(40, run(pool, tokens(60, 1)), "a conversation that goes on");
        assertEquals(100, pool.stats().prefixBytes(), "the shorter one was given up for the longer one");
        assertEquals(59, run(pool, tokens(60, 1)), "the last token's logits are needed");
        int[] fork = tokens(70, 1);
        fork[50] = 9;
        assertEquals(50, run(pool, fork));
        assertEquals(170, pool.stats().prefixBytes());
        assertEquals(40 + 59 + 50, pool.stats().cachedTokens());
        assertEquals(0, run(pool, tokens(PrefixCache.LEAST_TOKENS - 1, 1)), "too short to be worth it");
        assertEquals(3, open.size());
    }

    @Test
    void theOldestPrefixesMakeWayForRequests() {
        SequencePool pool = pool(130, true);
        run(pool, tokens(40, 1));
        run(pool, tokens(40, 2));
        run(pool, tokens(40, 3));
        run(pool, tokens(41, 1)); // fits only without the prompt that was not used for longest, which is 2
        assertEquals(39, run(pool, tokens(40, 3)));
        assertEquals(40, run(pool, tokens(41, 1)));
        assertEquals(0, run(pool, tokens(40, 2)));
        assertTrue(pool.stats().prefixBytes() <= 130);
        SequencePool.Claim all = pool.claim(tokens(1, 0), 130);
        assertTrue(all.isAdmitted(), "prefixes never keep a request waiting");
        assertEquals(0, pool.stats().prefixBytes());
        assertTrue(open.isEmpty());
        all.close();
    }

    @Test
    void aRunningRequestSharesItsPromptIfThereIsRoom() {
        SequencePool pool = pool(100, true);
        int[] prompt = tokens(40, 1);
        SequencePool.Claim claim = pool.claim(prompt, 50);
        Counted sequence = (Counted) claim.start();
        sequence.length = 40;
        claim.share(prompt);
        assertEquals(40, pool.stats().prefixBytes());
        SequencePool.Claim second = pool.claim(prompt, 41);
        assertTrue(second.isAdmitted());
        assertEquals(0, second.start().length(), "there was no room for both");
        second.share(prompt);
        assertEquals(0, pool.stats().prefixBytes());
        second.close();
        claim.close();
        assertTrue(open.isEmpty());
    }

    @Test
    void withoutPrefixCachingNothingIsKept() {
        SequencePool pool = pool(1000, false);
        run(pool, tokens(40, 1));
        assertTrue(open.isEmpty());
        assertEquals(0, run(pool, tokens(40, 1)));
    }
}
