package dev.lineserver.store.aerospike.registry;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.Registry.Lease;

/** Begins, resumes, lists and discards builds, for {@link LifeCycle}. Safe for use by many threads. */
final class Builds {
    private static final System.Logger LOG = System.getLogger(Builds.class.getName());

    /**
     * Subtracted from the time of the cluster when a build begins. Records of the build must not be taken for older ones,
     * even if the clock of a node is set back by so much during the build.
     */
    private static final Duration CLOCK_MARGIN = Duration.ofSeconds(60);

    /** Bounds source names so that a registry with 4,000 datasets fits one record. */
    private static final int MAX_SOURCE_NAME_LENGTH = 120;

    private final LifeCycle lifeCycle;

    Builds(LifeCycle lifeCycle) {
        this.lifeCycle = lifeCycle;
    }

    HeldLease begin(BuildRequest request) throws StoreException {
        removeEndedProcesses(request.dataset().value());
        if (request.resume()) {
            awaitLease(request.dataset().value());
        }
        Room room = findRoom();
        String dataset = request.dataset().value();
        String source = truncateStart(request.sourceName());
        String holder = ProcessIdentity.newHolder();
        Registry after = lifeCycle.access.update("beginning a version of " + dataset, current -> {
            Lease held = current.leases().get(dataset);
            // The lease is this build's if an earlier attempt succeeded and its outcome was in doubt.
            if (held == null || !held.holder().equals(holder)) {
                lifeCycle.requireNoBuild(held, dataset + " is being ingested already");
                Optional<BuildEntry> unfinished = current.resumable(dataset, lifeCycle.now());
                if (unfinished.isPresent() && !request.resume()) {
                    throw status(current, dataset, unfinished.get()).refusal();
                }
                if (unfinished.isPresent()) {
                    requireOneProcess(unfinished.get(), dataset);
                    requireSameSize(unfinished.get(), request);
                }
                BuildEntry build = unfinished.isPresent()
                        ? unfinished.get().resumed(lifeCycle.now())
                        : newBuild(current, request, source, room, null);
                current.builds().put(dataset, build);
                current.leases()
                        .put(dataset, lifeCycle.renewed(new Lease(holder, describeOwner(source), build.set(), 0)));
            }
        });
        Lease ours = Objects.requireNonNull(
                after.leases().get(dataset), "the registry was written without the lease of this build");
        BuildEntry build = Objects.requireNonNull(after.builds().get(dataset));
        return new HeldLease(lifeCycle, request, source, ours, after.lineSet(ours.set()), build);
    }

    /**
     * The sets before a build begins.
     *
     * @param recordsSince see {@link LineSet#recordsSince}
     */
    record Room(Map<String, RegistryAccess.SetCount> counts, long recordsSince) {}

    /** Reclaims what no version needs, so that sets and their space are available to a build. */
    Room findRoom() throws StoreException {
        lifeCycle.reclaim(false);
        // Records are counted before the set is chosen: a set without records cannot gain any, unless a node brings
        // back old
        // ones.
        Map<String, RegistryAccess.SetCount> counts = lifeCycle.access.setCounts();
        return new Room(counts, lifeCycle.access.namespace().time() - CLOCK_MARGIN.toMillis());
    }

    private static void requireOneProcess(BuildEntry unfinished, String dataset) throws StoreFailedException {
        if (unfinished.parts() != null) {
            int count = unfinished.parts().count();
            throw new StoreFailedException("the unfinished ingest of " + dataset + " has " + count
                    + " parts: continue it with --part I/" + count + " --resume, or begin again with --restart");
        }
    }

    private static void requireSameSize(BuildEntry unfinished, BuildRequest request) throws StoreFailedException {
        long size = sourceSize(request);
        if (size >= 0 && unfinished.sourceSize() >= 0 && size != unfinished.sourceSize()) {
            throw new StoreFailedException(ControlCharacters.escape(request.sourceName()) + " has " + size
                    + " bytes, and the source of the unfinished ingest had " + unfinished.sourceSize()
                    + ": name that source, or begin again with --restart");
        }
    }

    private static long sourceSize(BuildRequest request) {
        return request.file() == null ? -1 : request.file().stamp().size();
    }

    BuildEntry newBuild(Registry current, BuildRequest request, String source, Room room, @Nullable PartsEntry parts)
            throws StoreFailedException {
        String dataset = request.dataset().value();
        long version = current.dataset(dataset).lastNumber() + 1;
        LineSet set = current.chooseSet(room.counts(), dataset, version, room.recordsSince(), lifeCycle.now());
        current.put(set);
        return new BuildEntry(
                set.name(),
                source,
                sourceSize(request),
                lifeCycle.now(),
                lifeCycle.now(),
                0,
                lifeCycle.now(),
                StoredPrefix.NONE,
                parts);
    }

    /** Removes the lease and the parts of processes of this machine that have ended, so that nobody waits for them. */
    void removeEndedProcesses(String dataset) throws StoreException {
        Registry present = lifeCycle.access.read();
        Lease held = present.leases().get(dataset);
        BuildEntry build = present.builds().get(dataset);
        PartsEntry parts = build == null ? null : build.parts();
        boolean ended = held != null && ProcessIdentity.hasEnded(held.holder());
        Set<String> endedParts = parts == null ? Set.of() : parts.holders(ProcessIdentity::hasEnded);
        if (!ended && endedParts.isEmpty()) {
            return;
        }
        lifeCycle.reclaimIfWritesAreStopped();
        lifeCycle.access.update("removing the lease of an ended process on " + dataset, current -> {
            if (ended) {
                boolean _ = current.leases().remove(dataset, held);
            }
            BuildEntry now = current.builds().get(dataset);
            if (now != null && now.parts() != null && !endedParts.isEmpty()) {
                PartsEntry remaining = now.parts().leave(endedParts);
                current.builds().put(dataset, now.with(remaining, now.activeAt()));
                if (!remaining.hasLivePart(lifeCycle.now())) {
                    current.leases().remove(dataset);
                }
            }
        });
    }

    /** Waits until the lease on a dataset expires, unless its process renews it. */
    private void awaitLease(String dataset) throws StoreException {
        Lease first = lifeCycle.access.read().leases().get(dataset);
        if (first != null) {
            awaitExpiry(
                    first.owner(),
                    first.until(),
                    () -> first.equals(lifeCycle.access.read().leases().get(dataset)));
        }
    }

    /** A question to the registry. */
    interface Condition {
        boolean holds() throws StoreException;
    }

    void awaitExpiry(String owner, long until, Condition unchanged) throws StoreException {
        if (until > lifeCycle.now()) {
            LOG.log(
                    Level.INFO,
                    "waiting up to {0} s for the lease of {1}",
                    Math.ceilDiv(until - lifeCycle.now(), 1_000L),
                    owner);
            while (until > lifeCycle.now() && unchanged.holds()) {
                Reclaimer.pause("waiting for the lease of another process");
            }
        }
    }

    BuildStatus status(Registry current, String dataset, BuildEntry build) {
        LineSet set = current.lineSet(build.set());
        return build.status(
                new DatasetName(dataset), set, current.hasValidLease(set, lifeCycle.now()), lifeCycle.now());
    }

    List<BuildStatus> list() throws StoreException {
        Registry current = lifeCycle.access.read();
        return current.builds().entrySet().stream()
                .map(entry -> status(current, entry.getKey(), entry.getValue()))
                .filter(build -> build.running()
                        || current.resumable(build.dataset().value(), lifeCycle.now())
                                .isPresent())
                .toList();
    }

    boolean discard(DatasetName dataset) throws StoreException {
        boolean[] discarded = new boolean[1];
        lifeCycle.access.update("discarding the unfinished build of " + dataset, current -> {
            lifeCycle.requireNoBuild(
                    current.leases().get(dataset.value()), "the build of " + dataset + " is in progress");
            discarded[0] |= current.builds().remove(dataset.value()) != null;
        });
        if (discarded[0]) {
            lifeCycle.sweep();
        }
        return discarded[0];
    }

    static String describeOwner(String source) {
        return "process " + ProcessHandle.current().pid() + " on " + hostName() + " from '" + source + "' since "
                + Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /** Shortens a source name from its start, because the end of a path is the more specific part. */
    static String truncateStart(String source) {
        int excess = source.length() - MAX_SOURCE_NAME_LENGTH;
        return excess <= 0 ? source : "…" + source.substring(excess + 1);
    }

    /** The shell does not always export the variable. */
    private static String hostName() {
        String variable = System.getenv("HOSTNAME");
        if (variable != null) {
            return variable;
        }
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException _) {
            return "an unnamed host";
        }
    }
}
