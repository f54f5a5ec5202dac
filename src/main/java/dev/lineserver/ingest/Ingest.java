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
 * Stores a source as the next version of a dataset, or leaves everything as it was: then it throws a
 * {@link SourceException} if the source cannot be read or changes meanwhile, a {@link StoreException} if the store refuses.
 */
public final class Ingest {
    /** Lengths that a plan counts; the last stands for all lines of 64 KiB and more. */
    private static final int LENGTHS = 4096;

    private final LineStore store;
    private final Progress progress;

    /** @param progress called by the calling thread */
    public Ingest(LineStore store, Progress progress) {
        this.store = store;
        this.progress = progress;
    }

    /**
     * The result of an ingest.
     *
     * @param manifest the dataset's newest version
     * @param stored true if this ingest wrote the version; false if the version held the source's content before
     */
    public record Outcome(Manifest manifest, boolean stored) {}

    /**
     * Stores a source unless the dataset's newest version holds that very content. Reads the source to find out only if its
     * name, size and times do not tell, and stores a pipe in any case.
     *
     * @param copy as for {@link #store}
     * @param force as for {@link #store}
     */
    public Outcome storeIfChanged(String sourceName, DatasetName dataset, boolean copy, boolean force)
            throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            Optional<Manifest> holding = holding(source, request(source, dataset, copy));
            if (holding.isPresent()) {
                return new Outcome(holding.get(), false);
            }
            if (!source.isRepeatable()) {
                return store(source, dataset, copy);
            }
        }
        return store(sourceName, dataset, copy, force);
    }

    /**
     * Stores a source. Checks first that it fits, if the store would find out only while it writes.
     *
     * @param copy true to have the store keep the bytes itself even if the file could stay in place
     * @param force true to store a source although it does not seem to fit
     */
    public Outcome store(String sourceName, DatasetName dataset, boolean copy, boolean force)
            throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            if (force || !store.requiresPlan() || !source.isRepeatable()) {
                return store(source, dataset, copy);
            }
            Plan plan = store.plan(shape(source, Progress.SILENT));
            if (!plan.fits()) {
                throw new StoreFailedException(
                        ControlCharacters.escape(sourceName) + " does not fit, and nothing was written: "
                                + String.join("; ", plan.obstacles()) + " (use --force to try nevertheless)");
            }
        }
        try (Source again = Source.open(sourceName)) {
            return store(again, dataset, copy);
        }
    }

    /** Says what storing a source would need, and whether it fits. Reads the source, and writes nothing. */
    public Plan plan(String sourceName) throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            return store.plan(shape(source, progress));
        }
    }

    /** Counts the lines of a source by their length. */
    static TextShape shape(Source source, Progress progress) throws SourceException, InterruptedException {
        long[] linesByLength = new long[LENGTHS];
        AtomicLong bytesInLongerLines = new AtomicLong();
        Content content = new SourceReader(source, progress).read(batch -> {
            for (int i = 0; i < batch.count(); i++) {
                int length = Math.min(batch.length(i) / TextShape.LENGTH_STEP, LENGTHS - 1);
                linesByLength[length]++;
                bytesInLongerLines.addAndGet(length < LENGTHS - 1 ? 0 : batch.length(i));
            }
        });
        return new TextShape(
                content.lineCount(),
                content.byteCount(),
                content.longestLine(),
                linesByLength,
                bytesInLongerLines.get(),
                !source.isInPlace());
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
        return new BuildRequest(dataset, source.name(), source.file(), copy || !source.isInPlace());
    }

    /** The newest version if it holds the source's content and is not damaged. */
    private Optional<Manifest> holding(Source source, BuildRequest request)
            throws SourceException, StoreException, InterruptedException {
        try {
            Optional<Manifest> unread = store.findUnchanged(request);
            if (unread.isPresent()) {
                return unread;
            }
            Optional<Manifest> newest = store.newest(request.dataset());
            boolean worthReading = newest.isPresent()
                    && source.isRepeatable()
                    && (!source.isInPlace() || source.size() == newest.get().byteCount());
            if (!worthReading) {
                return Optional.empty();
            }
            Content content = new SourceReader(source, Progress.SILENT).read(_ -> {});
            boolean same = newest.get().content().equals(content);
            return same && store.reuse(newest.get(), request) ? newest : Optional.empty();
        } catch (StoreFailedException damaged) {
            progress.note(damaged.getMessage());
            return Optional.empty();
        }
    }
}
