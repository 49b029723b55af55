package org.djlquant.model;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets requests of different threads that want a pass at the same time share one, so that the weights
 * are read once for all of them. Whoever gets the lock serves everybody who waits; a thread alone
 * pays nothing. Safe for use by many threads.
 */
final class PassScheduler {
    /** What a model does with a batch; called under the lock. */
    interface Runner {
        /** Refuses a batch that cannot run; {@code pass} differs from group to group. */
        void check(Batch batch, long pass);

        /** Runs a batch that was checked; on failure all its sequences are as before. */
        void run(Batch batch);

        /** Tells that nothing runs any more of what was checked. */
        void end();
    }

    /** A shared pass is not made longer than this. */
    private static final int MAX_TOKENS = 256;

    /** Tokens of prompts in a shared pass: whoever decodes waits for no more of them than this. */
    private static final int MAX_PROMPT = 128;

    /** Rows of logits that are worth copying to their batches. */
    private static final int MAX_ROWS = 64;

    private static final long MAX_WAIT_NANOS = 1_000_000;
    private static final long NAP_NANOS = 20_000;

    private final ReentrantLock lock;
    private final Runner runner;
    private final int vocabulary;
    private final ConcurrentLinkedQueue<Ticket> waiting = new ConcurrentLinkedQueue<>();
    private final List<Ticket> group = new ArrayList<>();
    private final List<Thread> lastThreads = new ArrayList<>();
    private final Batch shared = new Batch();
    private long passes;
    private long lastNanos;

    /** A batch on its way; read and written under the lock. */
    private static final class Ticket {
        final Batch batch;
        final Thread thread = Thread.currentThread();
        boolean done;
        Throwable failure;

        Ticket(Batch batch) {
            this.batch = batch;
        }
    }

    PassScheduler(ReentrantLock lock, Runner runner, int vocabulary) {
        this.lock = lock;
        this.runner = runner;
        this.vocabulary = vocabulary;
    }

    /** Runs a batch, in a pass of its own or shared with others. */
    void forward(Batch batch) {
        Ticket ticket = new Ticket(batch);
        waiting.add(ticket);
        lock.lock();
        try {
            if (!ticket.done) {
                awaitOthers(ticket.thread);
            }
            while (!ticket.done) {
                takeGroup();
                long begin = System.nanoTime();
                try {
                    runGroup();
                } finally {
                    runner.end();
                }
                lastNanos = System.nanoTime() - begin;
            }
        } finally {
            lock.unlock();
        }
        switch (ticket.failure) {
            case null -> { }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(ticket.failure);
        }
    }

    /**
     * The threads of the last pass usually come back as soon as they have chosen their tokens. Giving
     * them a moment, short against a pass, keeps two threads from taking turns forever.
     */
    private void awaitOthers(Thread self) {
        long deadline = System.nanoTime() + Math.min(MAX_WAIT_NANOS, lastNanos / 16);
        for (Thread each : lastThreads) {
            while (each != self && !isWaiting(each) && System.nanoTime() < deadline) {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
    }

    private boolean isWaiting(Thread thread) {
        for (Ticket each : waiting) {
            if (each.thread == thread) {
                return true;
            }
        }
        return false;
    }

    /**
     * Takes from the queue what one pass should hold: who came first, everybody who decodes, and, in
     * their order, as many prompts as one chunk has room for. So a decoding request waits for no more
     * than a chunk, and a prompt for no more than the prompts before it.
     */
    private void takeGroup() {
        group.clear();
        lastThreads.clear();
        int tokens = 0;
        int rows = 0;
        int prompt = 0;
        boolean open = true;
        boolean promptsOpen = true;
        for (Iterator<Ticket> i = waiting.iterator(); open && i.hasNext(); ) {
            Ticket next = i.next();
            int nextTokens = next.batch.tokens();
            int nextRows = next.batch.logitsRows();
            int nextPrompt = nextTokens - nextRows;
            boolean alone = next.batch.hidden() != null;
            boolean fits = !alone && tokens + nextTokens <= MAX_TOKENS && rows + nextRows <= MAX_ROWS;
            boolean promptFits = nextPrompt == 0 || promptsOpen && prompt + nextPrompt <= MAX_PROMPT;
            if (group.isEmpty() || fits && promptFits) {
                i.remove();
                group.add(next);
                lastThreads.add(next.thread);
                tokens += nextTokens;
                rows += nextRows;
                prompt += nextPrompt;
                open = !alone;
            } else if (nextPrompt > 0) {
                promptsOpen = false; // a shorter prompt does not overtake
            }
        }
    }

    private void runGroup() {
        passes++;
        group.removeIf(ticket -> !attempt(ticket, () -> runner.check(ticket.batch, passes)));
        if (group.size() > 1 && runTogether()) {
            return;
        }
        boolean again = group.size() > 1; // a shared pass failed: let everybody have the error that is theirs
        for (Ticket ticket : group) {
            if (attempt(ticket, () -> {
                if (again) {
                    runner.check(ticket.batch, ++passes);
                }
                runner.run(ticket.batch);
            })) {
                ticket.done = true;
            }
        }
    }

    /** Runs something for one ticket; an exception ends that ticket only. */
    private static boolean attempt(Ticket ticket, Runnable work) {
        try {
            work.run();
            return true;
        } catch (RuntimeException | Error e) {
            ticket.failure = e;
            ticket.done = true;
            return false;
        }
    }

    private boolean runTogether() {
        shared.clear();
        for (Ticket ticket : group) {
            for (Batch.Run run : ticket.batch.runs()) {
                shared.add(run);
            }
        }
        try {
            runner.run(shared);
        } catch (RuntimeException | Error e) {
            return false;
        } finally {
            shared.runs().clear();
        }
        int from = 0;
        for (Ticket ticket : group) {
            int values = ticket.batch.logitsRows() * vocabulary;
            System.arraycopy(shared.logits(), from, ticket.batch.reserveLogits(values), 0, values);
            from += values;
            ticket.done = true;
        }
        return true;
    }
}
