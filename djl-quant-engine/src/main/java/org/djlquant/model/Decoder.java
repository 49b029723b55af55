package org.djlquant.model;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.djlquant.format.Checkpoint;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.LayerCache;
import org.djlquant.runtime.LoadReport;
import org.djlquant.runtime.MemoryPlan;
import org.djlquant.runtime.Workers;

/**
 * Runs the {@link DecoderParts} of any architecture. Passes that different threads want at the same
 * time are shared, else they take turns in the order they came; a closed model refuses them.
 */
final class Decoder implements CausalLM, PassScheduler.Runner {
    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

    private final DecoderParts parts;
    private final Kernels kernels;
    private final Workers workers;
    private final int contextLength;
    private final List<LayerCache.Shape> cacheShapes;
    private final Runnable free;
    private final Checkpoint checkpoint;
    private final LoadReport report;
    private final Pass pass;
    private final ReentrantLock lock = new ReentrantLock(true);

    /**
     * The open sequences. Its monitor guards them, which of them are in a pass, and {@link #closed}; it is held for moments,
     * so that requests come and go while the lock is held for a pass.
     */
    private final Set<DecoderSequence> sequences = Collections.newSetFromMap(new IdentityHashMap<>());

    /** Number of the running pass, 0 if there is none. */
    private long running;

    private final PassScheduler scheduler;
    private final SequencePool pool;

    /** The longest sequence before a rotation changes. */
    private final int reach;
    private boolean closed;

    Decoder(
            DecoderParts parts, ModelOptions options, MemoryPlan plan, Runnable free, Checkpoint checkpoint, LoadReport report) {
        this.parts = parts;
        this.kernels = options.kernels();
        this.workers = options.workers();
        contextLength = plan.wantedContext();
        cacheShapes = parts.blocks().stream().map(block -> options.cacheShape(block.attention().shape())).toList();
        this.free = free;
        this.checkpoint = checkpoint;
        this.report = report;
        pass = new Pass(parts, kernels, workers);
        reach = parts.reach();
        scheduler = new PassScheduler(lock, this, parts.vocabularySize());
        pool = new SequencePool(
                this::newSequence,
                positions -> plan.kvBytesPerToken() * MemoryPlan.blocks(positions),
                plan.kvLimitBytes(),
                options.prefixCaching());
    }

    @Override
    public String architecture() {
        return parts.architecture();
    }

    @Override
    public int vocabularySize() {
        return parts.vocabularySize();
    }

    @Override
    public int contextLength() {
        return contextLength;
    }

    @Override
    public int hiddenSize() {
        return parts.head().logits().cols();
    }

    @Override
    public LoadReport report() {
        return report;
    }

    @Override
    public List<LayerCache.Shape> cacheShapes() {
        return cacheShapes;
    }

    @Override
    public Sequence newSequence() {
        return open(new DecoderSequence(this, newCaches()));
    }

    @Override
    public SequencePool pool() {
        return pool;
    }

    private LayerCache[] newCaches() {
        return cacheShapes.stream().map(kernels::newCache).toArray(LayerCache[]::new);
    }

    /** Takes a new sequence in. */
    Sequence open(DecoderSequence sequence) {
        synchronized (sequences) {
            requireOpen();
            sequences.add(sequence);
        }
        return sequence;
    }

    /** Does something with a sequence while it takes part in no pass; waits for the running one if it does. */
    <T> T between(DecoderSequence sequence, Supplier<T> work) {
        synchronized (sequences) {
            awaitPass(sequence);
            requireOpen();
            return work.get();
        }
    }

    /** Frees a sequence, at once or, if it takes part in the running pass, after it. */
    void release(DecoderSequence sequence) {
        synchronized (sequences) {
            awaitPass(sequence);
            sequences.remove(sequence);
            sequence.free();
        }
    }

    private void awaitPass(DecoderSequence sequence) {
        boolean interrupted = false;
        while (running != 0 && sequence.isIn(running)) {
            try {
                sequences.wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the model " + checkpoint.path() + " is closed");
        }
    }

    @Override
    public void forward(Batch batch) {
        scheduler.forward(batch);
    }

    /** Refuses whatever would leave sequences half advanced. */
    @Override
    public void check(Batch batch, long number) {
        synchronized (sequences) {
            requireOpen();
            running = number;
            checkRuns(batch, number);
        }
    }

    @Override
    public void end() {
        synchronized (sequences) {
            running = 0;
            sequences.notifyAll();
        }
    }

    private void checkRuns(Batch batch, long number) {
        List<Batch.Run> runs = batch.runs();
        if ((long) batch.logitsRows() * parts.vocabularySize() > MAX_ARRAY) {
            throw new IllegalArgumentException("logits of " + batch.logitsRows() + " tokens x " + parts.vocabularySize()
                    + " do not fit in one array; ask for fewer at a time");
        }
        for (int r = 0; r < runs.size(); r++) {
            Batch.Run run = runs.get(r);
            if (!(run.sequence() instanceof DecoderSequence sequence) || !sequence.belongsTo(this)) {
                throw new IllegalArgumentException("run " + r + " holds a sequence of another model");
            }
            if (sequence.isClosed()) {
                throw new IllegalStateException("run " + r + " holds a closed sequence");
            }
            if (sequence.enters(number)) {
                throw new IllegalArgumentException("run " + r + " holds a sequence that is already in the batch");
            }
            if (!sequence.isEven()) {
                throw new IllegalStateException("the layers of the sequence of run " + r + " hold different numbers of positions");
            }
            if (run.count() < 1) {
                throw new IllegalArgumentException("run " + r + " has " + run.count() + " tokens; a run needs at least 1");
            }
            if ((long) sequence.length() + run.count() > contextLength) {
                throw new IllegalArgumentException(sequence.length() + " + " + run.count()
                        + " tokens exceed the context length " + contextLength + " (option max_model_len)");
            }
            for (int i = run.from(); i < run.from() + run.count(); i++) {
                int token = run.tokens()[i];
                if (token < 0 || token >= parts.vocabularySize()) {
                    throw new IllegalArgumentException(
                            "token " + token + " is outside the vocabulary of " + parts.vocabularySize());
                }
                int position = run.positions() == null ? 0 : run.positions()[i];
                if (position < 0 || position >= contextLength) {
                    throw new IllegalArgumentException(
                            "position " + position + " is outside the context of " + contextLength);
                }
            }
        }
    }

    /** Cuts the runs into passes that fit the working memory. */
    @Override
    public void run(Batch batch) {
        float[] logits = batch.reserveLogits(batch.logitsRows() * parts.vocabularySize());
        List<Batch.Run> runs = batch.runs();
        int run = 0;
        int done = 0; // tokens of the current run
        int row = 0; // rows of logits
        boolean complete = false;
        try {
            if (reach != Integer.MAX_VALUE) {
                turn(runs);
            }
            while (run < runs.size()) {
                int firstRun = run;
                int firstDone = done;
                pass.begin();
                while (run < runs.size() && pass.room() > 0) {
                    Batch.Run next = runs.get(run);
                    DecoderSequence sequence = (DecoderSequence) next.sequence();
                    int n = Math.min(pass.room(), next.count() - done);
                    pass.add(sequence, sequence.length(), next.positions(), next.tokens(), next.from() + done, n);
                    done += n;
                    if (done == next.count()) {
                        run++;
                        done = 0;
                    }
                }
                runPass();
                int rows = normalizeLogitsRows(runs, firstRun, firstDone);
                if (rows > 0) {
                    project(batch, logits, row, rows);
                    row += rows;
                }
            }
            complete = true;
        } finally {
            if (!complete) {
                for (Batch.Run each : runs) {
                    ((DecoderSequence) each.sequence()).rollBack();
                }
            }
        }
    }

    private void runPass() {
        pass.embed(parts.embedding());
        for (int layer = 0; layer < parts.blocks().size(); layer++) {
            parts.blocks().get(layer).forward(pass, layer);
        }
    }

    /**
     * Computes sequences anew that come beyond the reach of the rotation, or back within it. Positions
     * whose tokens are not known, since they were imported or stand elsewhere, stay what they are.
     */
    private void turn(List<Batch.Run> runs) {
        for (Batch.Run run : runs) {
            DecoderSequence sequence = (DecoderSequence) run.sequence();
            boolean isLong = sequence.lengthAfter(run.count()) > reach;
            if (isLong != sequence.isLong() && sequence.length() > 0 && sequence.knowsTokens()) {
                computeAnew(sequence, isLong);
            }
            sequence.setLong(isLong);
            if (run.positions() == null) {
                sequence.remember(run.tokens(), run.from(), run.count());
            }
        }
    }

    private void computeAnew(DecoderSequence sequence, boolean isLong) {
        int length = sequence.length();
        LayerCache[] old = sequence.exchange(newCaches());
        sequence.setLong(isLong);
        boolean complete = false;
        try {
            for (int done = 0; done < length; done += pass.tokens()) {
                pass.begin();
                pass.add(sequence, done, null, sequence.tokens(), done, Math.min(pass.room(), length - done));
                runPass();
            }
            complete = true;
        } finally {
            for (LayerCache cache : complete ? old : sequence.exchange(old)) {
                cache.close();
            }
            if (!complete) {
                sequence.setLong(!isLong);
            }
        }
    }

    /** Puts the final norm of every token that needs logits in the first rows of {@code normed}. */
    private int normalizeLogitsRows(List<Batch.Run> runs, int firstRun, int firstDone) {
        int width = parts.hiddenSize();
        int rows = 0;
        for (int s = 0; s < pass.segments(); s++) {
            Batch.Run run = runs.get(firstRun + s);
            int start = pass.segmentStart(s);
            int end = pass.segmentStart(s + 1);
            boolean ends = (s == 0 ? firstDone : 0) + end - start == run.count();
            int from = switch (run.logits()) {
                case NONE -> end;
                case LAST -> ends ? end - 1 : end;
                case ALL -> start;
            };
            for (int t = from; t < end; t++) {
                if (parts.head().norm() == null) {
                    System.arraycopy(pass.hidden, t * width, pass.normed, rows++ * width, width);
                } else {
                    parts.head().norm().apply(kernels, pass.hidden, t * width, pass.normed, rows++ * width);
                }
            }
        }
        return rows;
    }

    private void project(Batch batch, float[] logits, int row, int rows) {
        Head head = parts.head();
        int width = head.logits().cols();
        int vocabulary = parts.vocabularySize();
        float[] last = pass.normed;
        if (head.projection() != null) {
            last = pass.projected;
            head.projection().apply(kernels, workers, pass.normed, parts.hiddenSize(), rows, last, 0, width);
        }
        head.logits().apply(kernels, workers, last, width, rows, logits, row * vocabulary, vocabulary);
        if (head.softCap() != 0) {
            kernels.softCap(logits, row * vocabulary, rows * vocabulary, head.softCap());
        }
        if (batch.hidden() != null) {
            System.arraycopy(last, 0, batch.hidden(), row * width, rows * width);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            synchronized (sequences) {
                if (closed) {
                    return;
                }
                closed = true;
                sequences.forEach(DecoderSequence::free);
                sequences.clear();
            }
            free.run();
        } finally {
            lock.unlock();
        }
        pool.close();
    }
}
