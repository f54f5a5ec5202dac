package dev.lineserver.ingest;

import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Stores a source as the next version of a dataset. The calling thread does this work, and blocks until the version is
 * published or held.
 *
 * <p>If an ingest fails, {@link #state} says what it leaves; until the store begins to publish, that is nothing. A
 * {@link SourceException} means that the source cannot be read, or that it changed while it was being read; a
 * {@link StoreException} means that the store could not store it.
 */
public final class Ingest {
    private final LineStore store;
    private final Progress progress;
    private final IngestState state = new IngestState();

    /** @param progress called on the thread that calls a method of this class */
    public Ingest(LineStore store, Progress progress) {
        this.store = store;
        this.progress = progress;
    }

    /**
     * The result of an ingest.
     *
     * @param manifest the version that holds the content
     * @param stored true if this ingest wrote the version; false if an earlier ingest had stored the same content
     * @param held true if the version is stored, and not published
     * @param verified true if the stored version was compared with its source afterwards
     * @param retries of this ingest
     * @param resumedFrom the end of the lines that an unfinished ingest had stored before
     * @param share the share of this process; null if it stored all lines
     */
    public record Outcome(
            Manifest manifest,
            boolean stored,
            boolean held,
            boolean verified,
            Retries retries,
            Checkpoint resumedFrom,
            @Nullable Share share) {
        Outcome(
                Manifest manifest,
                boolean stored,
                boolean held,
                boolean verified,
                Retries retries,
                Checkpoint resumedFrom) {
            this(manifest, stored, held, verified, retries, resumedFrom, null);
        }
    }

    /**
     * The share of one of several processes.
     *
     * @param part the process
     * @param lines number of lines that it has stored
     */
    public record Share(IngestPart part, long lines) {}

    /**
     * Returns what the last ingest has stored or published so far, for a message after an exception. Called by the thread
     * that ingests.
     */
    public String state() {
        return state.text();
    }

    /**
     * Stores a source, or several as one text, unless the dataset's current version has the same content. Reads the source
     * for this comparison only if its path, size and times do not decide it. A pipe can be read only once, so it is always
     * stored.
     */
    public Outcome storeIfChanged(List<String> sources, IngestOptions options)
            throws SourceException, StoreException, InterruptedException {
        state.begin();
        Preparation preparation = new Preparation(store, progress, options);
        try (Source source = Source.open(sources)) {
            Optional<Manifest> existing = findExisting(source, preparation.request(source));
            if (existing.isPresent()) {
                preparation.requirePassed(source, existing.get().content(), existing);
                return new Outcome(existing.get(), false, false, false, Retries.NONE, Checkpoint.START);
            }
            if (!source.isRepeatable()) {
                boolean _ = preparation.resumes();
                return store(source, options);
            }
        }
        return store(sources, options);
    }

    /**
     * Stores a source, or several as one text. Plans it first if the store requires a plan and the source can be read twice.
     * If the options ask to hold the version, compares it with the source afterwards, unless the source can be read only
     * once.
     *
     * @throws SourceException if a check fails, too; then nothing is stored
     */
    public Outcome store(List<String> sources, IngestOptions options)
            throws SourceException, StoreException, InterruptedException {
        state.begin();
        Source source = Source.open(sources);
        try {
            Preparation preparation = new Preparation(store, progress, options);
            boolean resumes = preparation.resumes();
            boolean repeatable = source.isRepeatable();
            if (repeatable && preparation.requiresRoom(resumes)) {
                preparation.requireRoom(source, preparation.planning().ofWhole(source, Progress.SILENT));
                // The plan has read the source to its end, so it is opened a second time.
                source.close();
                source = Source.open(sources);
            }
            Outcome outcome = store(source, options);
            return options.hold() && repeatable
                    ? new HeldVersion(store, progress, state).verify(outcome, sources)
                    : outcome;
        } finally {
            source.close();
        }
    }

    /**
     * Stores a plain file as one of several processes, each of which stores the lines that no other one has claimed. Reads
     * the whole file first, to count its lines and to compare it with that of the other processes. Returns when the version
     * is published or held, by whichever process stored the last lines; that one verifies it if it is held.
     *
     * @throws SourceException if the source is not one plain file or a check fails, too
     */
    public Outcome storePart(List<String> sources, IngestPart part, IngestOptions options)
            throws SourceException, StoreException, InterruptedException {
        state.begin();
        return new PartIngest(new Preparation(store, progress, options), state, part).store(sources);
    }

    Outcome store(Source source, IngestOptions options) throws SourceException, StoreException, InterruptedException {
        Preparation preparation = new Preparation(store, progress, options);
        try (Build build = store.begin(preparation.request(source))) {
            // No other program can publish a version until the build is closed.
            Optional<Manifest> current = preparation.current();
            if (build.resumedFrom().lineIndex() > 0) {
                progress.note("continuing after "
                        + Quantities.counted(build.resumedFrom().lineIndex(), "line; it is", "lines; they are")
                        + " read again to check that the source is the same");
            }
            Manifest manifest = write(source, options, build, current);
            state.completed(
                    manifest,
                    options,
                    ", but not verified; run line-server verify with --version " + manifest.version());
            return new Outcome(manifest, true, options.hold(), false, build.retries(), build.resumedFrom());
        }
    }

    private Manifest write(Source source, IngestOptions options, Build build, Optional<Manifest> current)
            throws SourceException, StoreException, InterruptedException {
        try {
            SourceReader reader = new SourceReader(source, StoredProgress.of(progress, source, build));
            build.readFrom(reader.blocks());
            // Lines that are stored already cost the store nothing.
            Pacer pacer = new Pacer(options.rate(), build.resumedFrom().lineIndex(), Pacer.Clock.SYSTEM);
            Content content = reader.read(batch -> pacer.pass(batch, build::add));
            new Preparation(store, progress, options).requirePassed(source, content, current);
            // An exception leaves it open whether the store has the version.
            state.publishing(options);
            return build.commit(content, reader.blocks(), source.files());
        } catch (InterruptedException e) {
            suspend(build);
            throw e;
        } catch (StoreException e) {
            // Also if somebody must act first: a full cluster gets more room, and the ingest continues.
            suspend(build);
            // After an interrupt, the caller says this. Of a source that is refused, no line counts.
            Checkpoint end = state.stored();
            boolean continues = e instanceof StoreUnavailableException
                    ? state.isSuspended()
                    : end.lineIndex() > build.resumedFrom().lineIndex();
            if (continues && !Thread.currentThread().isInterrupted()) {
                progress.note(
                        end.lineIndex() > 0
                                ? storedLines(end) + "; the same command with --resume continues there"
                                : "the unfinished ingest is kept; the same command with --resume continues it");
            }
            throw e;
        } catch (SourceException e) {
            // The read of a pipe that an interrupt ends is no fault of the source.
            if (Thread.currentThread().isInterrupted()) {
                suspend(build);
            }
            throw e;
        }
    }

    private void suspend(Build build) {
        // An interrupt would end what the store waits for here.
        boolean interrupted = Thread.interrupted();
        Optional<Checkpoint> kept = build.suspend();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        kept.ifPresent(end -> state.suspended(end, end.lineIndex() > 0 ? "; " + storedLines(end) : ""));
    }

    private static String storedLines(Checkpoint end) {
        return Quantities.counted(end.lineIndex(), "line is stored", "lines are stored");
    }

    /** Returns true if the last ingest ended with an exception, and has left lines for another one to continue. */
    public boolean isSuspended() {
        return state.isSuspended();
    }

    /** Returns the dataset's current version if it has the source's content and is not damaged. */
    private Optional<Manifest> findExisting(Source source, BuildRequest request)
            throws SourceException, StoreException, InterruptedException {
        try {
            Optional<Manifest> unchanged = store.findUnchanged(request);
            if (unchanged.isPresent()) {
                return unchanged;
            }
            Optional<Manifest> current = store.current(request.dataset());
            // Reading takes as long as storing, so a source that is certain to differ is not read for comparison.
            boolean mayBeEqual = current.isPresent()
                    && source.isRepeatable()
                    && (!source.isPlainFile() || source.size() == current.get().byteCount());
            if (!mayBeEqual) {
                return Optional.empty();
            }
            Content content = new SourceReader(source, Progress.SILENT).read(_ -> {});
            boolean same = current.get().content().equals(content)
                    && current.get().files().equals(source.files());
            return same && store.reuse(current.get(), request) ? current : Optional.empty();
        } catch (StoreFailedException damaged) {
            // The next version replaces the damaged one. An unavailable store is not caught: storing would fail, too.
            progress.note(damaged.getMessage());
            return Optional.empty();
        }
    }
}
