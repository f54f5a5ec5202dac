package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.ProcessIdentity;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.Registry.Lease;

/** Begins, resumes, lists and discards builds. Safe for use by many threads; all methods block. */
public final class Builds {
    /**
     * Subtracted from the time of the cluster when a build begins. Records of the build must not be taken for older ones,
     * even if the clock of a node is set back by so much during the build.
     */
    private static final Duration CLOCK_MARGIN = Duration.ofSeconds(60);

    /** Bounds source names so that a registry with 4,000 datasets fits one record. */
    private static final int MAX_SOURCE_NAME_LENGTH = 120;

    private final RegistryAccess access;
    private final Maintenance maintenance;
    private final LeaseTerm term;
    private final OtherProcesses others;

    /**
     * @param maintenance renews the leases of builds, and frees the sets of those that are rolled back
     * @param lease time after its last renewal for which a build excludes other builds of its dataset
     */
    public Builds(RegistryAccess access, Maintenance maintenance, Duration lease, InstantSource clock) {
        this.access = access;
        this.maintenance = maintenance;
        this.term = new LeaseTerm(lease, clock);
        this.others = new OtherProcesses(access, maintenance, term);
    }

    /**
     * Begins the next version of a dataset, in a set of its own, or resumes the unfinished one. To resume, it waits for the
     * lease of a process that may still be alive.
     *
     * @throws StoreFailedException if another build of the dataset is in progress, or an unfinished one exists that is not
     *     resumed
     */
    public HeldBuild begin(BuildRequest request) throws StoreException {
        String dataset = request.dataset().value();
        others.removeEnded(dataset);
        if (request.resume()) {
            others.awaitLease(dataset);
        }
        Room room = findRoom();
        String source = truncateStart(request.sourceName());
        String holder = ProcessIdentity.newHolder();
        Registry after = access.update("beginning a version of " + dataset, current -> {
            Lease held = current.leases().get(dataset);
            // The lease is this build's if an earlier attempt succeeded and its outcome was in doubt.
            if (held == null || !held.holder().equals(holder)) {
                // Again: it may have ended since, and what it has stored is kept.
                others.removeEnded(current, dataset);
                current.requireNoBuild(dataset, dataset + " is being ingested already", term.now());
                Optional<BuildEntry> unfinished = current.resumable(dataset, term.now());
                if (unfinished.isPresent() && !request.resume()) {
                    throw status(current, dataset, unfinished.get()).refusal();
                }
                if (unfinished.isPresent()) {
                    requireOneProcess(unfinished.get(), dataset);
                    BuildStatus.requireSameSize(request, unfinished.get().sourceSize());
                }
                BuildEntry build = unfinished.isPresent()
                        ? unfinished.get().resumed(term.now())
                        : newBuild(current, request, source, room, null);
                current.builds().put(dataset, build);
                current.leases()
                        .put(dataset, term.renew(new Lease(holder, ProcessIdentity.describe(source), build.set(), 0)));
            }
        });
        Lease ours = Objects.requireNonNull(
                after.leases().get(dataset), "the registry was written without the lease of this build");
        BuildEntry build = Objects.requireNonNull(after.builds().get(dataset));
        return new HeldBuild(access, maintenance, term, request, source, ours, after.lineSet(ours.set()), build);
    }

    /**
     * Gives a process a part of the next version of a dataset. Begins the version, or joins the parts that are writing it, or
     * resumes it if no part does.
     *
     * @param content of the source; the same for all parts
     * @param maxBytesPerRecord longest line, in bytes, that fits one record
     * @return empty if the dataset's current version has the content already, or if a held one has it and the request asks to
     *     hold the version
     * @throws StoreFailedException if the dataset is ingested in another way, or another content, the part has a process, or
     *     an unfinished build exists that is not resumed
     */
    public Optional<HeldPart> join(BuildRequest request, IngestPart part, Content content, int maxBytesPerRecord)
            throws StoreException {
        return new Parts(this, access, maintenance, term, others).join(request, part, content, maxBytesPerRecord);
    }

    /**
     * The sets before a build begins.
     *
     * @param recordsSince see {@link LineSet#recordsSince}
     */
    record Room(Map<String, RegistryAccess.SetCount> counts, long recordsSince) {}

    /** Reclaims what no version needs, so that sets and their space are available to a build. */
    Room findRoom() throws StoreException {
        maintenance.reclaim(false);
        // Records are counted before the set is chosen: a set without records cannot gain any, unless a node brings
        // back old ones.
        Map<String, RegistryAccess.SetCount> counts = access.setCounts();
        return new Room(counts, access.namespace().time() - CLOCK_MARGIN.toMillis());
    }

    private static void requireOneProcess(BuildEntry unfinished, String dataset) throws StoreFailedException {
        if (unfinished.parts() != null) {
            int count = unfinished.parts().count();
            throw new StoreFailedException("the unfinished ingest of " + dataset + " has " + count
                    + " parts: continue it with --part I/" + count + " --resume, or begin again with ingest --restart");
        }
    }

    BuildEntry newBuild(Registry current, BuildRequest request, String source, Room room, @Nullable PartsEntry parts)
            throws StoreFailedException {
        String dataset = request.dataset().value();
        long version = current.dataset(dataset).lastNumber() + 1;
        LineSet set = SetAllocation.allocate(current, room.counts(), dataset, version, room.recordsSince(), term.now());
        current.put(set);
        return new BuildEntry(
                set.name(),
                source,
                request.sourceSize(),
                term.now(),
                term.now(),
                0,
                term.now(),
                StoredPrefix.NONE,
                parts);
    }

    BuildStatus status(Registry current, String dataset, BuildEntry build) {
        LineSet set = current.lineSet(build.set());
        return build.status(new DatasetName(dataset), set, current.hasValidLease(set, term.now()), term.now());
    }

    /** Returns the builds in progress, and those that can be resumed. */
    public List<BuildStatus> list() throws StoreException {
        Registry present = access.read();
        Registry current = present.copy();
        present.builds().keySet().forEach(dataset -> others.removeEnded(current, dataset));
        return current.builds().entrySet().stream()
                .map(entry -> status(current, entry.getKey(), entry.getValue()))
                .filter(build -> build.running()
                        || current.resumable(build.dataset().value(), term.now())
                                .isPresent())
                .toList();
    }

    /**
     * Discards an unfinished build; its set is truncated at once. If the cluster has stopped writes, it waits until the
     * space of the build allows them again.
     *
     * @return false if there is none
     * @throws StoreFailedException if the build is in progress
     */
    public boolean discard(DatasetName dataset) throws StoreException {
        boolean emptied = makeRoom(dataset.value());
        boolean[] discarded = new boolean[1];
        try {
            others.removeEnded(dataset.value());
            access.update("discarding the unfinished build of " + dataset, current -> {
                requireNoneInProgress(current, dataset.value());
                discarded[0] |= current.builds().remove(dataset.value()) != null;
            });
        } catch (StoreFailedException e) {
            throw emptied
                    ? new StoreFailedException(
                            "the lines of the unfinished ingest of " + dataset
                                    + " were deleted, but the cluster still refuses the write that ends it: "
                                    + e.getMessage(),
                            e)
                    : e;
        }
        if (discarded[0]) {
            maintenance.sweep();
        }
        return discarded[0];
    }

    /**
     * Truncates the set of an unfinished build that is to be discarded, if the cluster has stopped writes, perhaps because of
     * these very records: the registry cannot be written before they are gone. If this process is killed in between, a later
     * build that resumes this one counts fewer records than the registry names, and writes them again. One that has begun
     * before the truncation counts too few at its end, so that it publishes nothing.
     *
     * @return true if the set was truncated
     */
    private boolean makeRoom(String dataset) throws StoreException {
        // Before the registry, see Reclaimer.
        RegistryAccess.NamespaceState namespace = access.namespace();
        if (namespace.acceptsWrites()) {
            return false;
        }
        Registry remaining = access.read().copy();
        others.removeEnded(remaining, dataset);
        requireNoneInProgress(remaining, dataset);
        BuildEntry unfinished = remaining.builds().get(dataset);
        if (unfinished == null) {
            return false;
        }
        maintenance.truncateAndAwaitWrites(unfinished.set(), namespace.time());
        return true;
    }

    private void requireNoneInProgress(Registry current, String dataset) throws StoreFailedException {
        current.requireNoBuild(dataset, "the build of " + dataset + " is in progress", term.now());
    }

    /** Shortens a source name from its start, because the end of a path is the more specific part. */
    static String truncateStart(String source) {
        int excess = source.length() - MAX_SOURCE_NAME_LENGTH;
        return excess <= 0 ? source : "…" + source.substring(excess + 1);
    }
}
