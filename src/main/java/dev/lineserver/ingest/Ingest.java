package dev.lineserver.ingest;

import java.util.Optional;

import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
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

    /** @param progress told how far it is, from the calling thread */
    public Ingest(LineStore store, Progress progress) {
        this.store = store;
        this.progress = progress;
    }

    /**
     * What came of it.
     *
     * @param manifest the dataset's newest version
     * @param stored whether it was written now; false where it held the source's content before
     */
    public record Outcome(Manifest manifest, boolean stored) {}

    /**
     * Stores a source.
     *
     * @param copy whether the store is to keep the bytes itself even where the file could stay in place
     * @throws SourceException where the source cannot be read or changed meanwhile; nothing is published
     * @throws StoreException where the store refused; nothing is published
     */
    public Outcome store(Source source, DatasetName dataset, boolean copy)
            throws SourceException, StoreException, InterruptedException {
        BuildRequest request = request(source, dataset, copy);
        try (Build build = store.begin(request)) {
            SourceReader reader = new SourceReader(source);
            Content content = reader.read(
                    build::add,
                    (lines, bytes) -> progress.update(new Progress.State(
                            source.position(),
                            source.size(),
                            lines,
                            build.checkpoint().lineIndex())));
            return new Outcome(build.commit(content, reader.blocks()), true);
        }
    }

    /**
     * Stores a source unless the dataset's newest version holds that very content. Reads the source to find out only
     * where its name, size and time do not tell.
     *
     * @param copy as for {@link #store(Source, DatasetName, boolean)}
     * @param force as for {@link #store(String, DatasetName, boolean, boolean)}
     * @throws SourceException where the source cannot be read or changed meanwhile; nothing is published
     * @throws StoreException where the store refused; nothing is published
     */
    public Outcome storeIfChanged(String sourceName, DatasetName dataset, boolean copy, boolean force)
            throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            Optional<Manifest> holding = holding(source, request(source, dataset, copy));
            if (holding.isPresent()) {
                return new Outcome(holding.get(), false);
            }
        } catch (StoreFailedException damaged) {
            progress.note(damaged.getMessage());
        }
        return store(sourceName, dataset, copy, force);
    }

    /**
     * Stores a source, after making sure that it fits where the store cannot find out while writing.
     *
     * @param copy as for {@link #store(Source, DatasetName, boolean)}
     * @param force whether to store even what does not seem to fit
     * @throws SourceException where the source cannot be read or changed meanwhile; nothing is published
     * @throws StoreException where the store refused; nothing is published
     */
    public Outcome store(String sourceName, DatasetName dataset, boolean copy, boolean force)
            throws SourceException, StoreException, InterruptedException {
        if (store.isPlannedFirst() && !force && !sourceName.equals(Source.STDIN)) {
            refuseWhatDoesNotFit(sourceName);
        }
        try (Source source = Source.open(sourceName)) {
            return store(source, dataset, copy);
        }
    }

    private void refuseWhatDoesNotFit(String sourceName) throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sourceName)) {
            Plan plan = store.plan(Shape.of(source, Progress.SILENT));
            if (!plan.fits()) {
                throw new StoreFailedException(sourceName + " does not fit, and nothing was written: "
                        + String.join("; ", plan.obstacles()) + " (--force tries all the same)");
            }
        }
    }

    private static BuildRequest request(Source source, DatasetName dataset, boolean copy) {
        return new BuildRequest(dataset, source.name(), source.file(), copy || !source.isPlain());
    }

    /** The newest version, if it holds the source's content. Fails where that version is damaged. */
    private Optional<Manifest> holding(Source source, BuildRequest request)
            throws SourceException, StoreException, InterruptedException {
        Optional<Manifest> unread = store.stored(request);
        if (unread.isPresent()) {
            return unread;
        }
        Optional<Manifest> newest = store.newest(request.dataset());
        boolean worthReading = newest.isPresent()
                && !source.name().equals(Source.STDIN)
                && (!source.isPlain() || source.size() == newest.get().byteCount());
        if (!worthReading) {
            return Optional.empty();
        }
        Content content = new SourceReader(source).read(_ -> {}, (_, _) -> {});
        return newest.get().content().equals(content) && store.reuse(newest.get(), request) ? newest : Optional.empty();
    }
}
