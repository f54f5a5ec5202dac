package dev.lineserver.ingest;

import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.PartBuild;
import dev.lineserver.store.Retries;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Stores a source as the next version of a dataset. The calling thread does this work, and blocks until the version is
 * published or held.
 *
 * <p>If an ingest fails, {@link #state} says what it leaves; until the store begins to publish, that is nothing. A
 * {@link SourceException} means that the source cannot be read, or that it changed while it was being read; a {@link StoreException} means that the store could not store it.
 */
public final class Ingest {
    /** In messages about a source, which is a file and not a dataset, the first line is line 1. */
    private static final LineNumbers NUMBERS_OF_EDITORS = new LineNumbers(1);

    private static final String NOTHING = "nothing was published";

    private final LineStore store;
    private final Progress progress;
    private String state = NOTHING;
    private Checkpoint stored = Checkpoint.START;

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
        return state;
    }

    /**
     * Stores a source, or several as one text, unless the dataset's current version has the same content. Reads the source
     * for this comparison only if its path, size and times do not decide it. A pipe can be read only once, so it is always
     * stored.
     */
    public Outcome storeIfChanged(List<String> sources, IngestOptions options)
            throws SourceException, StoreException, InterruptedException {
        state = NOTHING;
        stored = Checkpoint.START;
        try (Source source = Source.open(sources)) {
            Optional<Manifest> existing = findExisting(source, request(source, options));
            if (existing.isPresent()) {
                requirePassed(options.checks(), source, existing.get().content(), existing);
                return new Outcome(existing.get(), false, false, false, Retries.NONE, Checkpoint.START);
            }
            if (!source.isRepeatable()) {
                boolean _ = new Preparation(store, progress, options).resumes();
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
        state = NOTHING;
        stored = Checkpoint.START;
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
            return options.hold() && repeatable ? verify(outcome, sources) : outcome;
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
        state = NOTHING;
        stored = Checkpoint.START;
        if (!store.joinsProcesses()) {
            throw new StoreFailedException(
                    "--part needs an Aerospike cluster: one process writes to a data directory, and"
                            + " uses all cores; leave out --part");
        }
        try (Source source = Source.open(sources)) {
            if (!source.isPlainFile()) {
                throw new SourceException(SourceException.described(source.name())
                        + " is compressed, a stream or several files, and a part needs one plain file, because it begins"
                        + " in its middle; unpack or join it first, or leave out --part");
            }
            Preparation preparation = new Preparation(store, progress, options);
            boolean plans = preparation.requiresRoom(preparation.resumes() || preparation.joins());
            progress.note("counting the lines");
            PartIngest ingest = new PartIngest(source, progress, options.compress());
            requirePassed(options.checks(), source, ingest.content(), current(options));
            if (plans) {
                preparation.requireRoom(source, preparation.planning().of(ingest.shape()));
            }
            Optional<PartBuild> build = store.join(request(source, options), part, ingest.content());
            if (build.isEmpty()) {
                return new Outcome(
                        ingest.findStored(store, options.dataset()),
                        false,
                        options.hold(),
                        false,
                        Retries.NONE,
                        Checkpoint.START);
            }
            Outcome outcome = storePart(ingest, build.get(), part, options);
            return options.hold() && build.get().published() ? verify(outcome, sources) : outcome;
        }
    }

    private Outcome storePart(PartIngest ingest, PartBuild build, IngestPart part, IngestOptions options)
            throws SourceException, StoreException, InterruptedException {
        try {
            Checkpoint before = build.checkpoint();
            ingest.store(build, new Pacer(options.rate(), 0, Pacer.Clock.SYSTEM));
            state = "the version may have been " + (options.hold() ? "stored" : "published")
                    + ", see line-server versions " + options.dataset();
            Manifest manifest = build.complete();
            state = describe(manifest) + (options.hold() ? " is held" : " was published");
            return new Outcome(
                    manifest,
                    true,
                    options.hold(),
                    false,
                    build.retries(),
                    before,
                    new Share(part, build.storedLines()));
        } catch (InterruptedException | StoreException | SourceException e) {
            stored = build.checkpoint();
            if (state.equals(NOTHING)) {
                state = NOTHING + " by this part; " + stored.lineIndex() + " lines of all parts are stored";
            }
            if (e instanceof StoreUnavailableException
                    && !Thread.currentThread().isInterrupted()) {
                progress.note(
                        stored.lineIndex() + " lines of all parts are stored; unless other parts store the rest, the"
                                + " same command with --resume does");
            }
            throw e;
        } finally {
            // An interrupt would end what the store waits for here.
            boolean interrupted = Thread.interrupted();
            build.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Compares a held version with its source, and drops it if it differs, so that it cannot be published by mistake. A
     * version that could not be compared stays held.
     */
    private Outcome verify(Outcome outcome, List<String> sources)
            throws SourceException, StoreException, InterruptedException {
        Manifest held = outcome.manifest();
        String version = describe(held);
        Optional<String> difference;
        try (Source source = Source.open(sources);
                Snapshot snapshot = store.open(held)) {
            difference = Verification.firstDifference(snapshot, source, NUMBERS_OF_EDITORS, progress.next("verify"));
        } catch (SourceException | StoreException e) {
            // After an interrupt, the caller says this.
            if (!Thread.currentThread().isInterrupted()) {
                progress.note(state);
            }
            throw e;
        }
        if (difference.isPresent()) {
            state = version + " is held, but differs from its source; drop it with line-server drop " + held.dataset()
                    + " --version " + held.version();
            store.drop(held.dataset(), held.version());
            state = NOTHING;
            throw new StoreFailedException(version + " was dropped, because it differs from its source: "
                    + difference.get() + "; nothing was published; ingest the source again");
        }
        state = version + " is held and verified";
        return new Outcome(held, true, true, true, outcome.retries(), outcome.resumedFrom(), outcome.share());
    }

    private static String describe(Manifest manifest) {
        return "version " + manifest.version() + " of dataset " + manifest.dataset();
    }

    Outcome store(Source source, IngestOptions options) throws SourceException, StoreException, InterruptedException {
        try (Build build = store.begin(request(source, options))) {
            // No other program can publish a version until the build is closed.
            Optional<Manifest> current = current(options);
            if (build.resumedFrom().lineIndex() > 0) {
                progress.note("continuing after " + build.resumedFrom().lineIndex()
                        + " lines; they are read again to check that the source is the same");
            }
            Manifest manifest = write(source, options, build, current);
            state = describe(manifest)
                    + (options.hold()
                            ? " is held, but not verified; run line-server verify with --version " + manifest.version()
                            : " was published");
            return new Outcome(manifest, true, options.hold(), false, build.retries(), build.resumedFrom());
        }
    }

    private Manifest write(Source source, IngestOptions options, Build build, Optional<Manifest> current)
            throws SourceException, StoreException, InterruptedException {
        try {
            SourceReader reader = new SourceReader(source, StoredProgress.of(progress, source, build));
            // Lines that are stored already cost the store nothing.
            Pacer pacer = new Pacer(options.rate(), build.resumedFrom().lineIndex(), Pacer.Clock.SYSTEM);
            Content content = reader.read(batch -> pacer.pass(batch, build::add));
            requirePassed(options.checks(), source, content, current);
            // An exception leaves it open whether the store has the version.
            state = "the version may have been " + (options.hold() ? "stored" : "published")
                    + ", see line-server versions " + options.dataset();
            return build.commit(content, reader.blocks(), source.files());
        } catch (InterruptedException e) {
            suspend(build);
            throw e;
        } catch (StoreException e) {
            // Also if somebody must act first: a full cluster gets more room, and the ingest continues.
            suspend(build);
            // After an interrupt, the caller says this. A build that refuses another source has stored nothing of it.
            boolean continues = e instanceof StoreUnavailableException
                    ? stored.lineIndex() > 0
                    : stored.lineIndex() > build.resumedFrom().lineIndex();
            if (continues && !Thread.currentThread().isInterrupted()) {
                progress.note(stored.lineIndex() + " lines are stored; the same command with --resume continues there");
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
        stored = build.suspend();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (state.equals(NOTHING) && stored.lineIndex() > 0) {
            state = NOTHING + "; " + stored.lineIndex() + " lines are stored";
        }
    }

    /** Returns the end of the lines that the last ingest has left for another one to continue after an exception. */
    public Checkpoint suspendedAt() {
        return stored;
    }

    /** Returns the current version, if a check requires it. */
    private Optional<Manifest> current(IngestOptions options) throws StoreException {
        try {
            return options.checks().requiresCurrent() ? store.current(options.dataset()) : Optional.empty();
        } catch (StoreFailedException e) {
            throw new StoreFailedException(
                    e.getMessage() + " (leave out --max-change to store the source without this check)", e);
        }
    }

    private static void requirePassed(
            PublicationChecks checks, Source source, Content content, Optional<Manifest> current)
            throws SourceException {
        Optional<String> failure = checks.failure(SourceException.described(source.name()), content, current);
        if (failure.isPresent()) {
            throw new SourceException(failure.get() + "; nothing was published");
        }
    }

    private static BuildRequest request(Source source, IngestOptions options) {
        return new BuildRequest(
                options.dataset(),
                source.name(),
                source.file(),
                options.copy() || !source.isPlainFile(),
                options.keep(),
                options.hold(),
                options.linesPerRecord(),
                options.compress(),
                options.unfinished() == IngestOptions.Unfinished.RESUME);
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
