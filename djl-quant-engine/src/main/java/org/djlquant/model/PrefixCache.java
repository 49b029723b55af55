package org.djlquant.model;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;

/**
 * Sequences that are kept for others that begin with the same tokens: system prompts, and conversations
 * that go on. The one that was not used for longest goes first. Bytes are counted for each sequence
 * in full, though those that were forked from each other share memory. Used under the lock of its pool.
 */
final class PrefixCache {
    /** Fewer tokens than this are computed sooner than they are worth an entry. */
    static final int LEAST_TOKENS = 16;

    /** Bounds the time of a look-up. */
    private static final int MAX_ENTRIES = 256;

    /** Least recently used first. */
    private final Deque<Entry> entries = new ArrayDeque<>();

    private long bytes;

    /** A sequence that holds exactly these tokens. */
    private record Entry(int[] tokens, Sequence sequence, long bytes) {
        /** Tokens at the start that a prompt has too. */
        int common(int[] prompt) {
            int mismatch = Arrays.mismatch(tokens, prompt);
            return mismatch < 0 ? tokens.length : mismatch;
        }
    }

    long bytes() {
        return bytes;
    }

    /**
     * Takes a sequence over, or closes it if an entry holds its tokens already. Entries that are a
     * beginning of it are given up for it.
     */
    void add(int[] tokens, Sequence sequence, long size) {
        if (tokens.length < LEAST_TOKENS || longest(tokens, tokens.length) == tokens.length) {
            sequence.close();
            return;
        }
        for (Iterator<Entry> i = entries.iterator(); i.hasNext(); ) {
            Entry entry = i.next();
            if (entry.common(tokens) == entry.tokens.length) {
                i.remove();
                drop(entry);
            }
        }
        if (entries.size() == MAX_ENTRIES) {
            drop(entries.remove());
        }
        entries.add(new Entry(tokens.clone(), sequence, size));
        bytes += size;
    }

    /** Marks what {@link #fork} would find as used. */
    void touch(int[] prompt) {
        longest(prompt, prompt.length - 1);
    }

    /**
     * A copy of the longest beginning of the prompt that is known, or {@code null} if that is short. The
     * last token is left out: its logits are needed.
     */
    Sequence fork(int[] prompt) {
        int common = longest(prompt, prompt.length - 1);
        return common < LEAST_TOKENS ? null : entries.getLast().sequence.fork(common);
    }

    /** Length of the longest common beginning, up to {@code most}; its entry becomes the last one. */
    private int longest(int[] prompt, int most) {
        Entry best = null;
        int length = 0;
        for (Entry entry : entries) {
            int common = Math.min(most, entry.common(prompt));
            if (common >= Math.max(length, LEAST_TOKENS)) {
                best = entry;
                length = common;
            }
        }
        if (best != null && best != entries.getLast()) {
            entries.remove(best);
            entries.add(best);
        }
        return length;
    }

    /** Gives up the oldest entries until at most that many bytes are left. */
    void evict(long room) {
        while (bytes > room) {
            drop(entries.remove());
        }
    }

    private void drop(Entry entry) {
        bytes -= entry.bytes;
        entry.sequence.close();
    }
}
