package org.djlquant.model;

import java.util.Arrays;
import java.util.List;
import org.djlquant.kernel.LayerCache;

/** A sequence of a {@link Decoder}: one cache per layer, all of the same length between passes. */
final class DecoderSequence implements Sequence {
    private final Decoder model;
    private LayerCache[] caches;
    private volatile boolean closed;

    /** Whether the positions were computed for a sequence beyond the reach of the model's rotation. */
    private boolean isLong;

    /** The tokens of the positions, if the model's rotation depends on the length; fewer than positions if not all are known. */
    private int[] tokens = {};
    private int known;

    /** Positions the sequence is said to get. */
    private volatile int expected;

    /** Number of the last pass this sequence took part in, to find a sequence given twice. */
    private long lastPass;

    /** Length before that pass. */
    private int start;

    /** Positions from here on were given up; their memory goes when no pass may be using it. */
    private volatile int cutTo = Integer.MAX_VALUE;

    DecoderSequence(Decoder model, LayerCache[] caches) {
        this.model = model;
        this.caches = caches;
    }

    /** A sequence that continues another one, of which it has some positions. */
    private DecoderSequence(DecoderSequence other, LayerCache[] caches, int length) {
        this(other.model, caches);
        isLong = other.isLong;
        known = Math.min(other.known, length);
        tokens = Arrays.copyOf(other.tokens, known);
    }

    boolean belongsTo(Decoder decoder) {
        return model == decoder;
    }

    boolean isClosed() {
        return closed;
    }

    LayerCache cache(int layer) {
        return caches[layer];
    }

    boolean isLong() {
        return isLong;
    }

    /** Says what the positions computed from now on are for. */
    void setLong(boolean value) {
        isLong = value;
    }

    /** The length it has after so many more positions, or will have. */
    int lengthAfter(int more) {
        return Math.max(expected, length() + more);
    }

    @Override
    public void expect(int positions) {
        expected = positions;
    }

    /** Whether the token of every position is known. */
    boolean knowsTokens() {
        return known == length();
    }

    int[] tokens() {
        return tokens;
    }

    /** Notes the tokens of the positions that are about to follow. */
    void remember(int[] ids, int from, int count) {
        if (knowsTokens()) {
            if (known + count > tokens.length) {
                tokens = Arrays.copyOf(tokens, Math.max(2 * known, known + count));
            }
            System.arraycopy(ids, from, tokens, known, count);
            known += count;
        }
    }

    /** Exchanges the caches; returns those there were. */
    LayerCache[] exchange(LayerCache[] others) {
        LayerCache[] old = caches;
        caches = others;
        return old;
    }

    /** Notes that the sequence is part of a pass, which it may be put back before; returns whether it already was. */
    boolean enters(long pass) {
        boolean again = lastPass == pass;
        lastPass = pass;
        settle();
        start = length();
        return again;
    }

    /** Whether this was the last pass that the sequence entered. */
    boolean isIn(long pass) {
        return lastPass == pass;
    }

    /** Whether all layers hold the same number of positions. */
    boolean isEven() {
        for (LayerCache cache : caches) {
            if (cache.length() != caches[0].length()) {
                return false;
            }
        }
        return true;
    }

    /** Brings all layers back to where they were before a pass that failed. */
    void rollBack() {
        cut(start);
    }

    private void settle() {
        if (cutTo != Integer.MAX_VALUE) {
            cut(cutTo);
            cutTo = Integer.MAX_VALUE;
        }
    }

    private void cut(int to) {
        known = Math.min(known, to);
        for (LayerCache cache : caches) {
            cache.truncate(Math.min(to, cache.length()));
        }
    }

    @Override
    public int length() {
        return Math.min(cutTo, caches[0].length());
    }

    @Override
    public void truncate(int to) {
        if (to < 0 || to > length()) {
            throw new IllegalArgumentException("cannot truncate a sequence of " + length() + " positions to " + to);
        }
        requireOpen();
        expected = 0;
        cutTo = to; // without the model's lock, which others may hold for a whole pass
    }

    @Override
    public Sequence fork(int to) {
        return model.between(this, () -> {
            requireOpen();
            settle();
            LayerCache[] forks = new LayerCache[caches.length];
            for (int layer = 0; layer < forks.length; layer++) {
                forks[layer] = caches[layer].fork(to);
            }
            return model.open(new DecoderSequence(this, forks, to));
        });
    }

    @Override
    public List<LayerCache> caches() {
        return model.between(this, () -> {
            settle();
            return List.of(caches);
        });
    }

    @Override
    public long bytes() {
        long sum = 0;
        for (LayerCache cache : caches) {
            sum += cache.bytes(length());
        }
        return sum;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the sequence is closed");
        }
    }

    @Override
    public void close() {
        model.release(this);
    }

    /** Frees the caches; only the model calls it, while no pass uses them. */
    void free() {
        if (!closed) {
            closed = true;
            for (LayerCache cache : caches) {
                cache.close();
            }
        }
    }
}
