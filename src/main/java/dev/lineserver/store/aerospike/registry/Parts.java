package dev.lineserver.store.aerospike.registry;

import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.ProcessIdentity;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.Registry.Lease;

/** Joins processes to the build that they write together, for {@link Builds}. Safe for use by many threads. */
record Parts(Builds builds, RegistryAccess access, Maintenance maintenance, LeaseTerm term, OtherProcesses others) {
    /** All parts of a build have its lease. */
    private static final String PARTS_HOLDER = "parts-of-build-";

    /** Begins a version of several parts, or joins or resumes the one that is being written. */
    Optional<HeldPart> join(BuildRequest request, IngestPart part, Content content, int maxBytesPerRecord)
            throws StoreException {
        String dataset = request.dataset().value();
        others.removeEnded(dataset);
        if (request.resume()) {
            others.awaitPart(dataset, part);
        }
        Builds.Room room = builds.findRoom();
        String source = Builds.truncateStart(request.sourceName());
        String holder = ProcessIdentity.newHolder();
        PartsEntry empty = PartsEntry.of(
                part.count(),
                content,
                request.linesPerRecord().of(content.lineCount(), content.byteCount(), maxBytesPerRecord),
                request.compress(),
                maxBytesPerRecord);
        long[] resumed = new long[1];
        Registry after = access.update("joining the build of " + dataset, current -> {
            // Again: one may have ended since, and what it has stored is kept.
            others.removeEnded(current, dataset);
            BuildEntry running = findRunning(current, dataset);
            if (running == null) {
                current.requireNoBuild(dataset, dataset + " is being ingested already, and not in parts", term.now());
                if (isStored(current.dataset(dataset), content, request.hold())) {
                    return;
                }
            }
            BuildEntry build = running != null ? running : beginOrResume(current, request, source, room, empty);
            PartsEntry parts = requireSameParts(build.parts(), part, content, request, holder);
            // Unless an earlier attempt succeeded and its outcome was in doubt.
            if (!parts.isHeldBy(part.number(), holder)) {
                resumed[0] = running == null ? parts.storedLines() : 0;
            }
            PartsEntry joined = parts.join(part.number(), holder, ProcessIdentity.describe(source), term.end());
            current.builds().put(dataset, build.with(joined, term.now()));
            Lease shared = new Lease(
                    PARTS_HOLDER + current.lineSet(build.set()).build(),
                    "its " + part.count() + " parts",
                    build.set(),
                    0);
            current.leases().put(dataset, term.renew(shared));
        });
        BuildEntry build = after.builds().get(dataset);
        Lease lease = after.leases().get(dataset);
        if (build == null
                || lease == null
                || build.parts() == null
                || !build.parts().isHeldBy(part.number(), holder)) {
            return Optional.empty();
        }
        HeldBuild shared =
                new HeldBuild(access, maintenance, term, request, source, lease, after.lineSet(build.set()), build);
        return Optional.of(
                new HeldPart(access, maintenance, term, others, part, holder, shared, build.parts(), resumed[0]));
    }

    /** Returns the build that other parts are writing; null if there is none. */
    private @Nullable BuildEntry findRunning(Registry current, String dataset) {
        Lease held = current.leases().get(dataset);
        BuildEntry build = current.builds().get(dataset);
        boolean running = held != null && held.until() > term.now() && build != null && build.parts() != null;
        return running ? build : null;
    }

    private BuildEntry beginOrResume(
            Registry current, BuildRequest request, String source, Builds.Room room, PartsEntry empty)
            throws StoreFailedException {
        String dataset = request.dataset().value();
        Optional<BuildEntry> unfinished = current.resumable(dataset, term.now());
        if (unfinished.isEmpty()) {
            return builds.newBuild(current, request, source, room, empty);
        }
        if (!request.resume()) {
            throw builds.status(current, dataset, unfinished.get()).refusal();
        }
        return unfinished.get().resumed(term.now());
    }

    private static boolean isStored(Registry.DatasetEntry versions, Content content, boolean held) {
        Stream<Registry.VersionEntry> candidates =
                held ? versions.held().stream() : versions.find(versions.current()).stream();
        return candidates.anyMatch(version -> version.manifest().content().equals(content));
    }

    private PartsEntry requireSameParts(
            @Nullable PartsEntry parts, IngestPart part, Content content, BuildRequest request, String holder)
            throws StoreFailedException {
        if (parts == null || parts.count() != part.count()) {
            throw new StoreFailedException("part " + part + " does not belong to the unfinished ingest of "
                    + request.dataset() + ", which has " + (parts == null ? "no" : parts.count())
                    + " parts: name the same number of parts, or begin again with ingest --restart");
        }
        if (!parts.isOf(content)) {
            throw new StoreFailedException(ControlCharacters.escape(request.sourceName())
                    + " is not the file of the other parts: it has "
                    + Quantities.counted(content.lineCount(), "line", "lines") + ", "
                    + Quantities.grouped(content.byteCount()) + " bytes and the digest " + content.digest()
                    + ", and theirs has "
                    + Quantities.counted(parts.lineCount(), "line", "lines") + ", "
                    + Quantities.grouped(parts.byteCount())
                    + " bytes and the digest " + parts.digest()
                    + "; name the same file, or begin again with ingest --restart");
        }
        PartEntry other = parts.find(part.number());
        if (other != null && other.isAlive(term.now()) && !other.holder().equals(holder)) {
            throw new StoreFailedException("part " + part + " of " + request.dataset() + " is being stored already, by "
                    + other.owner() + ". Wait until it ends; if its process has died, its claim expires in "
                    + Math.ceilDiv(other.until() - term.now(), 1_000L) + " s");
        }
        return parts;
    }
}
