package dev.lineserver.ingest;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.TextShape;

/**
 * Stores a source as the next version of a dataset. The calling thread does this work, and blocks until the version is
 * published.
 *
 * <p>If an ingest fails, the dataset is unchanged. A {@link SourceException} means that the source cannot be read, or
 * that it changed while it was being read; a {@link StoreException} means that the store could not store it.
 */
public final class Ingest {
    /**
     * Number of ranges of line lengths that a plan distinguishes. The last one contains all lines of 64 KiB and more.
     */
    private static final int LENGTH_RANGES = 4096;

    private final LineStore store;
    private final Progress progress;

    /** @param progress called on the thread that calls a method of this class */
    public Ingest(LineStore store, Progress progress) {
        this.store = store;
        this.progress = progress;
    }

    /**
     * The result of an ingest.
     *
     * @param manifest the dataset's newest version
     * @param stored true if this ingest wrote the version; false if an earlier ingest had stored the same content
     */
    public record Outcome(Manifest manifest, boolean stored) {}

    /**
     * Stores a source unless the dataset's newest version has the same content. Reads the source for this comparison
     * only if its path, size and times do not decide it. A pipe can be read only once, so it is always stored.
     *
     * @param copy as for {@link #store}
     * @param force as for {@link #store}
     */
    public Outcome storeIfChanged(String sourceName, DatasetName dataset, boolean copy, boolean force)
            throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            Optional<Manifest> existing = findExisting(source, request(source, dataset, copy));
            if (existing.isPresent()) {
                return new Outcome(existing.get(), false);
            }
            if (!source.isRepeatable()) {
                return store(source, dataset, copy);
            }
        }
        return store(sourceName, dataset, copy, force);
    }

    /**
     * Stores a source. Plans it first if the store requires a plan and the source can be read twice.
     *
     * @param copy true if the store must copy the bytes even though the file could stay in place
     * @param force true to skip the plan
     */
    public Outcome store(String sourceName, DatasetName dataset, boolean copy, boolean force)
            throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            if (force || !store.requiresPlan() || !source.isRepeatable()) {
                return store(source, dataset, copy);
            }
            Plan plan = store.plan(shape(source, Progress.SILENT), 0);
            if (!plan.fits()) {
                throw new StoreFailedException(ControlCharacters.escape(sourceName)
                        + " does not fit, and nothing was written: " + String.join("; ", plan.obstacles())
                        + " (use --force to store it without this check)");
            }
        }
        // The plan has read the source to its end, so it is opened a second time.
        try (Source reopened = Source.open(sourceName)) {
            return store(reopened, dataset, copy);
        }
    }

    /**
     * Calculates the resources that a source would need, and whether they are available. Reads the source; writes
     * nothing.
     */
    public Plan plan(String sourceName) throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            return store.plan(shape(source, progress), 0);
        }
    }

    /** Reads a source to its end, and counts its lines by length. */
    static TextShape shape(Source source, Progress progress) throws SourceException, InterruptedException {
        long[] linesByLength = new long[LENGTH_RANGES];
        AtomicLong bytesInLongerLines = new AtomicLong();
        Content content = new SourceReader(source, progress).read(batch -> {
            for (int i = 0; i < batch.count(); i++) {
                int range = Math.min(batch.length(i) / TextShape.LENGTH_STEP, LENGTH_RANGES - 1);
                linesByLength[range]++;
                bytesInLongerLines.addAndGet(range < LENGTH_RANGES - 1 ? 0 : batch.length(i));
            }
        });
        return new TextShape(
                content.lineCount(),
                content.byteCount(),
                content.longestLine(),
                linesByLength,
                bytesInLongerLines.get(),
                !source.isPlainFile());
    }

    Outcome store(Source source, DatasetName dataset, boolean copy)
            throws SourceException, StoreException, InterruptedException {
        try (Build build = store.begin(request(source, dataset, copy))) {
            SourceReader reader = new SourceReader(source, progress);
            Content content = reader.read(build::add);
            return new Outcome(build.commit(content, reader.blocks()), true);
        }
    }

    private static BuildRequest request(Source source, DatasetName dataset, boolean copy) {
        return new BuildRequest(dataset, source.name(), source.file(), copy || !source.isPlainFile());
    }

    /** Returns the dataset's newest version if it has the source's content and is not damaged. */
    private Optional<Manifest> findExisting(Source source, BuildRequest request)
            throws SourceException, StoreException, InterruptedException {
        try {
            Optional<Manifest> unchanged = store.findUnchanged(request);
            if (unchanged.isPresent()) {
                return unchanged;
            }
            Optional<Manifest> newest = store.current(request.dataset());
            // Reading takes as long as storing, so a source that is certain to differ is not read for comparison.
            boolean mayBeEqual = newest.isPresent()
                    && source.isRepeatable()
                    && (!source.isPlainFile() || source.size() == newest.get().byteCount());
            if (!mayBeEqual) {
                return Optional.empty();
            }
            Content content = new SourceReader(source, Progress.SILENT).read(_ -> {});
            boolean same = newest.get().content().equals(content);
            return same && store.reuse(newest.get(), request) ? newest : Optional.empty();
        } catch (StoreFailedException damaged) {
            // The next version replaces the damaged one. An unavailable store is not caught: storing would fail, too.
            progress.note(damaged.getMessage());
            return Optional.empty();
        }
    }
}
