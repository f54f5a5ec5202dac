package dev.lineserver.ingest;

import java.util.List;
import java.util.Optional;

import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.PartBuild;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;

/** An ingest by one of several processes. Used by one thread. */
final class PartIngest {
    private final Preparation preparation;
    private final LineStore store;
    private final Progress progress;
    private final IngestOptions options;
    private final IngestState state;
    private final IngestPart part;

    /** @param state becomes what this part has stored */
    PartIngest(Preparation preparation, IngestState state, IngestPart part) {
        this.preparation = preparation;
        this.store = preparation.store();
        this.progress = preparation.progress();
        this.options = preparation.options();
        this.state = state;
        this.part = part;
    }

    /** Does what {@link Ingest#storePart} says. */
    Ingest.Outcome store(List<String> sources) throws SourceException, StoreException, InterruptedException {
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
            boolean plans = preparation.requiresRoom(preparation.resumes());
            progress.note("counting the lines");
            CountedFile file = new CountedFile(source, progress, options.compress());
            preparation.requirePassed(source, file.content(), preparation.current());
            // Counting takes long: meanwhile, another part may have begun the version, or even published it.
            if (plans && !preparation.joins() && findStored(file).isEmpty()) {
                preparation.requireRoom(source, preparation.planning().of(file.shape()));
            }
            Optional<PartBuild> build = store.join(preparation.request(source), part, file.content());
            if (build.isEmpty()) {
                Manifest stored = findStored(file)
                        .orElseThrow(() -> new StoreUnavailableException("the version of dataset " + options.dataset()
                                + " that has this content was dropped meanwhile: ingest again"));
                return new Ingest.Outcome(stored, false, options.hold(), false, Retries.NONE, Checkpoint.START);
            }
            Ingest.Outcome outcome = store(file, build.get());
            return options.hold() && build.get().published()
                    ? new HeldVersion(store, progress, state).verify(outcome, sources)
                    : outcome;
        }
    }

    /** Returns the current version, or a held one if this ingest holds its version, that has the content already. */
    private Optional<Manifest> findStored(CountedFile file) throws StoreException {
        StoredVersion.State state = options.hold() ? StoredVersion.State.HELD : StoredVersion.State.CURRENT;
        return store.versions(options.dataset()).stream()
                .flatMap(versions -> versions.versions().stream())
                .filter(version -> version.state() == state)
                .map(StoredVersion::manifest)
                .filter(manifest -> manifest != null && manifest.content().equals(file.content()))
                .findFirst();
    }

    private Ingest.Outcome store(CountedFile file, PartBuild build)
            throws SourceException, StoreException, InterruptedException {
        try {
            file.store(build, new Pacer(options.rate(), 0, Pacer.Clock.SYSTEM));
            state.publishing(options);
            Manifest manifest = build.complete();
            state.completed(manifest, options, "");
            return new Ingest.Outcome(
                    manifest,
                    true,
                    options.hold(),
                    false,
                    build.retries(),
                    build.resumedFrom(),
                    new Ingest.Share(part, build.storedLines()));
        } catch (InterruptedException | StoreException | SourceException e) {
            Checkpoint end = build.checkpoint();
            state.suspended(end, " by this part; " + stored(end));
            // Also if somebody must act first: a full cluster gets more room, and the parts continue.
            if (e instanceof StoreException && !Thread.currentThread().isInterrupted()) {
                progress.note(stored(end) + "; unless other parts store the rest, the same command with --resume does");
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

    private static String stored(Checkpoint end) {
        return Quantities.counted(end.lineIndex(), "line of all parts is stored", "lines of all parts are stored");
    }
}
