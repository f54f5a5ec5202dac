package dev.lineserver.ingest;

import java.util.Optional;

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

/** Stores a source as the next version of a dataset, or leaves everything as it was. */
public final class Ingest {
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
     * Stores a source.
     *
     * @param copy true to have the store keep the bytes itself even if the file could stay in place
     * @throws SourceException if the source cannot be read or changes meanwhile; nothing is published
     * @throws StoreException if the store refuses; nothing is published
     */
    public Outcome store(Source source, DatasetName dataset, boolean copy)
            throws SourceException, StoreException, InterruptedException {
        BuildRequest request = request(source, dataset, copy);
        try (Build build = store.begin(request)) {
            source.announce(progress);
            SourceReader reader = new SourceReader(source);
            Content content = reader.read(
                    build::add,
                    (lines, _) -> progress.update(new Progress.State(
                            source.position(),
                            source.size(),
                            lines,
                            build.checkpoint().lineIndex())));
            return new Outcome(build.commit(content, reader.blocks()), true);
        } catch (OutOfMemoryError e) {
            throw SourceException.outOfMemory(source.name(), e);
        }
    }

    /**
     * Stores a source unless the dataset's newest version holds that very content. Reads the source to find out only if its
     * name, size and times do not tell, and stores a pipe in any case.
     *
     * @param copy as for {@link #store(Source, DatasetName, boolean)}
     * @param force as for {@link #store(String, DatasetName, boolean, boolean)}
     * @throws SourceException if the source cannot be read or changes meanwhile; nothing is published
     * @throws StoreException if the store refuses; nothing is published
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
     * @param copy as for {@link #store(Source, DatasetName, boolean)}
     * @param force true to store a source although it does not seem to fit
     * @throws SourceException if the source cannot be read or changes meanwhile; nothing is published
     * @throws StoreException if the store refuses; nothing is published
     */
    public Outcome store(String sourceName, DatasetName dataset, boolean copy, boolean force)
            throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            if (force || !store.isPlannedFirst() || !source.isRepeatable()) {
                return store(source, dataset, copy);
            }
            Plan plan = store.plan(Shape.of(source, Progress.SILENT));
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

    private static BuildRequest request(Source source, DatasetName dataset, boolean copy) {
        return new BuildRequest(dataset, source.name(), source.file(), copy || !(source instanceof FileSource));
    }

    /** The newest version if it holds the source's content and is not damaged. */
    private Optional<Manifest> holding(Source source, BuildRequest request)
            throws SourceException, StoreException, InterruptedException {
        try {
            Optional<Manifest> unread = store.stored(request);
            if (unread.isPresent()) {
                return unread;
            }
            Optional<Manifest> newest = store.newest(request.dataset());
            boolean worthReading = newest.isPresent()
                    && source.isRepeatable()
                    && (!(source instanceof FileSource)
                            || source.size() == newest.get().byteCount());
            if (!worthReading) {
                return Optional.empty();
            }
            Content content = new SourceReader(source).read(_ -> {}, (_, _) -> {});
            boolean same = newest.get().content().equals(content);
            return same && store.reuse(newest.get(), request) ? newest : Optional.empty();
        } catch (StoreFailedException damaged) {
            progress.note(damaged.getMessage());
            return Optional.empty();
        }
    }
}
