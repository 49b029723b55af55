package org.djlquant.chat.python;

import java.time.Duration;

/** What is left to one rendering: everything that walks through values or builds some draws on it. */
public final class Budget {

    private final long maxSteps;
    private final int maxCharacters;
    private final int maxDepth;
    private final Duration maxTime;
    private final long deadline;
    private long steps;
    private long nextClock;
    private int depth;

    /** A full budget, whose time runs from now. */
    public Budget(long maxSteps, int maxCharacters, int maxDepth, Duration maxTime) {
        this.maxSteps = maxSteps;
        this.maxCharacters = maxCharacters;
        this.maxDepth = maxDepth;
        this.maxTime = maxTime;
        // A wait of centuries must not overflow the clock.
        deadline = System.nanoTime() + Math.min(maxTime.toSeconds(), 1_000_000) * 1_000_000_000L + maxTime.getNano();
        steps = maxSteps;
        nextClock = steps;
    }

    /** Accounts for one evaluation, pass or comparison. */
    public void step() {
        steps(1);
    }

    /** Accounts for building or walking through so many elements, before it is done. */
    public void steps(long n) {
        steps -= n;
        if (steps >= nextClock) {
            return;
        }
        if (steps < 0) {
            throw PythonError.limit("it takes more than " + maxSteps + " steps");
        }
        if (System.nanoTime() - deadline > 0) {
            throw PythonError.limit("it takes longer than " + maxTime);
        }
        nextClock = Math.max(0, steps - 4096);
    }

    /** Accounts for building a text of so many characters, before it is built. */
    public void characters(long n) {
        append(0, n);
    }

    /** Accounts for adding characters to a text that has some already. */
    public void append(long present, long added) {
        if (present + added > maxCharacters) {
            throw PythonError.limit("it builds a text of more than " + maxCharacters + " characters");
        }
        steps(1 + (added >> 4));
    }

    /** Enters a call or a nested value; {@link #leave} follows unless an error does. */
    public void enter() {
        if (++depth > maxDepth) {
            depth = 0;
            throw PythonError.limit("calls or values nest deeper than " + maxDepth + " levels");
        }
    }

    /** Leaves what was entered last. */
    public void leave() {
        depth--;
    }
}
