package org.djlquant.chat;

/** What is left of the {@link TemplateLimits} of one rendering. */
final class Budget {

    private final TemplateLimits limits;
    private final long deadline;
    private long steps;
    private long nextClock;
    private int depth;

    Budget(TemplateLimits limits) {
        this.limits = limits;
        // A wait of centuries must not overflow the clock.
        deadline = System.nanoTime() + Math.min(limits.maxTime().toSeconds() + 1, 1_000_000) * 1_000_000_000L
                - 1_000_000_000L + limits.maxTime().getNano();
        steps = limits.maxSteps();
        nextClock = steps;
    }

    void step() {
        steps(1);
    }

    void steps(long n) {
        steps -= n;
        if (steps < nextClock) {
            check();
        }
    }

    private void check() {
        if (steps < 0) {
            throw exceeded("it takes more than " + limits.maxSteps() + " steps");
        }
        if (System.nanoTime() - deadline > 0) {
            throw exceeded("it takes longer than " + limits.maxTime());
        }
        nextClock = Math.max(0, steps - 4096);
    }

    /** Accounts for building a text of so many characters, before it is built. */
    void characters(long n) {
        if (n > limits.maxCharacters()) {
            throw exceeded("it builds a text of more than " + limits.maxCharacters() + " characters");
        }
        steps(1 + (n >> 4));
    }

    /** Accounts for adding characters to a text that has some already. */
    void append(long present, long added) {
        characters(added);
        if (present + added > limits.maxCharacters()) {
            characters(present + added);
        }
    }

    /** Accounts for building a collection of so many elements, before it is built. */
    void elements(long n) {
        steps(1 + n);
    }

    void enter() {
        if (++depth > limits.maxDepth()) {
            depth = 0;
            throw exceeded("calls or values nest deeper than " + limits.maxDepth() + " levels");
        }
    }

    void leave() {
        depth--;
    }

    static ChatTemplateException exceeded(String what) {
        return ChatTemplateException.of(ChatTemplateException.Kind.LIMIT, "rendering was stopped: " + what);
    }
}
