package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Leftover;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.RegistryAccess.NamespaceState;
import dev.lineserver.store.aerospike.registry.RegistryAccess.SetCount;

/**
 * Deletes records that no version needs. It compares the registry with the number of records in each set:
 *
 * <pre>
 *   state of the set                        records that no version needs     truncated up to
 *   FREE                                    all                               the time of this comparison
 *   RETIRED, grace and holds are over       all                               the same; then FREE
 *   BUILDING, lease expired, not resumable  all                               the same, without the lease; then FREE
 *   LIVE, more records than its version     those that came back              a minute before its build began
 * </pre>
 *
 * <p>The records of a FREE set, and those that a LIVE set has too many, are not those of a current build. A node brought
 * them back, because truncation does not survive its restart in Community Edition; or a build wrote them before it
 * noticed that its lease was lost.
 *
 * <p>The time is that of the slowest clock of the cluster, read before the registry. Another process may free the set
 * and begin a build in it at any moment, and a truncation that arrives late must not delete the records of that build.
 * A record that is younger than this time stays in the set, which is FREE then, until the next comparison.
 *
 * <p>FREE and LIVE sets are truncated without a write of the registry, and before all others: the cluster may have
 * stopped writes because of their records. If it has, the others are truncated before the registry is written, too.
 */
final class Reclaimer {
    /** Time for which one server excludes the others. */
    private static final long CLAIM_MILLIS = 60_000;

    /** The server decides once in ten seconds whether it accepts writes. */
    private static final long WRITES_TIMEOUT_MILLIS = 30_000;

    private static final long PAUSE_MILLIS = 250;

    private final RegistryAccess access;
    private final Duration grace;
    private final LongSupplier clock;
    private final String server = UUID.randomUUID().toString();

    /** The copies in sets of which a truncation did not delete all it should have: their clocks were wrong. */
    private final Map<LineSet, Long> irreclaimable = new ConcurrentHashMap<>();

    /** Records of a set that no version needs. */
    private record LeftoverSet(LineSet set, long copies, long inSet) {
        Leftover leftover() {
            String version = "version " + set.version() + " of " + set.dataset();
            String reason = switch (set.state()) {
                case FREE -> "a node has brought back records of a version that was deleted";
                case RETIRED -> version + " was replaced or dropped";
                case BUILDING -> "the ingest of " + version + " ended before it was complete";
                case LIVE -> "a node has brought back records that are older than " + version;
            };
            return new Leftover("set " + set.name(), reason, copies, "records");
        }
    }

    /** What was found, and the time of the cluster before the registry was read. */
    private record Findings(long time, List<LeftoverSet> found) {}

    Reclaimer(RegistryAccess access, Duration grace, LongSupplier clock) {
        this.access = access;
        this.grace = grace;
        this.clock = clock;
    }

    /** Reclaims all leftovers, or finds them only. Waits until the cluster accepts writes again, if it had stopped. */
    List<Leftover> reclaim(boolean dryRun) throws StoreException {
        Findings findings = find();
        if (dryRun || findings.found().isEmpty()) {
            return findings.found().stream().map(LeftoverSet::leftover).toList();
        }
        reclaim(findings.time(), findings.found());
        List<Leftover> reclaimed = new ArrayList<>();
        for (LeftoverSet each : findings.found()) {
            // Records that are not old enough to be told from those of the version stay until it is deleted.
            if (each.set().state() != LineSet.SetState.LIVE
                    || awaitDeletion(each.set(), clock.getAsLong() + CLAIM_MILLIS) < each.inSet()) {
                reclaimed.add(each.leftover());
            }
        }
        return reclaimed;
    }

    /** Reclaims one set after the other, unless another server does so. */
    void reclaimInBackground() throws StoreException {
        Findings findings = find();
        List<LeftoverSet> found = findings.found().stream()
                .filter(each -> !Long.valueOf(each.inSet()).equals(irreclaimable.get(each.set())))
                .toList();
        long end = clock.getAsLong() + CLAIM_MILLIS;
        if (found.isEmpty() || !claim(end)) {
            return;
        }
        for (LeftoverSet each : found) {
            if (clock.getAsLong() >= end) {
                return;
            }
            reclaim(findings.time(), List.of(each));
            long left = awaitDeletion(each.set(), end);
            if (each.set().state() == LineSet.SetState.LIVE) {
                irreclaimable.put(each.set(), left);
            }
        }
    }

    private Findings find() throws StoreException {
        // In this order: a build that is not in the registry yet writes no record before this time.
        NamespaceState namespace = access.namespace();
        Registry current = access.read();
        Map<String, SetCount> counts = access.setCounts();
        // A build that began meanwhile may have written records to a set that was free.
        Map<String, LineSet> later = access.read().sets();
        Map<String, Long> expected = new HashMap<>();
        for (Registry.DatasetEntry dataset : current.datasets().values()) {
            dataset.all().forEach(version -> expected.put(version.set(), version.records()));
        }
        irreclaimable.keySet().retainAll(current.sets().values());
        List<LeftoverSet> found = new ArrayList<>();
        for (LineSet set : current.sets().values()) {
            SetCount count = counts.getOrDefault(set.name(), SetCount.NONE);
            long needed = expected.getOrDefault(set.name(), 0L) * namespace.replicationFactor();
            long copies = Math.max(0, count.copies() - needed);
            boolean leftover = switch (set.state()) {
                case FREE -> copies > 0 && !count.truncating();
                case RETIRED, BUILDING -> isReclaimable(current, set);
                case LIVE -> copies > 0 && !count.truncating() && !namespace.migrating();
            };
            if (leftover && set.equals(later.get(set.name()))) {
                found.add(new LeftoverSet(set, copies, count.copies()));
            }
        }
        return new Findings(namespace.time(), found);
    }

    private void reclaim(long time, List<LeftoverSet> found) throws StoreException {
        boolean writes = access.namespace().acceptsWrites();
        for (LeftoverSet each : found) {
            LineSet set = each.set();
            switch (set.state()) {
                case FREE -> access.truncateBefore(set.name(), time);
                case LIVE -> {
                    // The set was truncated when it became free, perhaps less than the clock margin before the build;
                    // and then again if nodes brought back records twice.
                    access.forgetTruncations(set.name());
                    access.truncateBefore(set.name(), set.recordsSince());
                }
                case RETIRED, BUILDING -> {
                    // The expired lease is removed later. A build that continues before that publishes nothing: it
                    // checks its clock first.
                    if (!writes && isStillReclaimable(access.read(), set)) {
                        access.truncateBefore(set.name(), time);
                    }
                }
            }
        }
        if (!writes) {
            awaitWrites();
        }
        for (LeftoverSet each : found) {
            free(each.set(), time);
        }
    }

    /**
     * Truncates every retired set that is not held any more, and every set whose build has no lease, and marks it as
     * free.
     */
    void sweep() throws StoreException {
        long time = access.namespace().time();
        Registry current = access.read();
        for (LineSet set : current.sets().values()) {
            if (isReclaimable(current, set)) {
                free(set, time);
            }
        }
    }

    /**
     * Truncates a set and marks it as free, if it is reclaimable. In this order: if the process ends in between, the next
     * sweep repeats the truncation. If sweeps of several processes overlap, each truncates the set, and one marks it.
     */
    private void free(LineSet set, long time) throws StoreException {
        boolean candidate = set.state() == LineSet.SetState.RETIRED || set.state() == LineSet.SetState.BUILDING;
        if (candidate && removeExpiredLease(set)) {
            access.truncateBefore(set.name(), time);
            access.update(
                    "marking set " + set.name() + " as free",
                    later -> later.sets()
                            .replace(set.name(), set, set.withState(LineSet.SetState.FREE, clock.getAsLong())));
        }
    }

    /**
     * Removes the expired lease on a reclaimable set, if there is one. Its build may have been suspended and continue at
     * any moment; from this write on, it cannot publish a set that is about to be truncated, nor renew its lease.
     *
     * @return false if the set is no longer reclaimable, because it was renewed, held or marked in the meantime
     */
    private boolean removeExpiredLease(LineSet set) throws StoreException {
        Registry after = access.update("removing the expired lease on set " + set.name(), current -> {
            // The set may have been freed and reused since it was read: the lease of its new build must stay.
            if (isStillReclaimable(current, set)) {
                current.leases().values().removeIf(held -> held.set().equals(set.name()));
                current.builds().values().removeIf(build -> build.set().equals(set.name()));
            }
        });
        return isStillReclaimable(after, set);
    }

    private boolean isStillReclaimable(Registry current, LineSet set) {
        return set.equals(current.sets().get(set.name())) && isReclaimable(current, set);
    }

    private boolean isReclaimable(Registry current, LineSet set) {
        return switch (set.state()) {
            case RETIRED -> Math.max(set.since() + grace.toMillis(), set.heldUntil()) <= clock.getAsLong();
            case BUILDING ->
                !current.hasValidLease(set, clock.getAsLong()) && !current.isResumable(set, clock.getAsLong());
            case LIVE, FREE -> false;
        };
    }

    /** Returns true if no other server reclaims now, or if the cluster has stopped writes. */
    private boolean claim(long end) throws StoreException {
        Registry.Lease ours =
                new Registry.Lease(server, "process " + ProcessHandle.current().pid(), "", end);
        try {
            Registry after = access.update("claiming the reclaiming of sets", current -> {
                if (isOurs(current.leases().get(Registry.RECLAIMING))) {
                    current.leases().put(Registry.RECLAIMING, ours);
                }
            });
            return ours.equals(after.leases().get(Registry.RECLAIMING));
        } catch (StoreFailedException e) {
            if (access.namespace().acceptsWrites()) {
                throw e;
            }
            return true;
        }
    }

    private boolean isOurs(Registry.@Nullable Lease held) {
        return held == null || held.holder().equals(server) || held.until() <= clock.getAsLong();
    }

    /** The caller's next write reports it if the cluster still accepts none at the end. */
    private void awaitWrites() throws StoreException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WRITES_TIMEOUT_MILLIS);
        while (!access.namespace().acceptsWrites() && System.nanoTime() < end) {
            pause();
        }
    }

    /** Returns the copies that the set has once all nodes have truncated it, or at the given time. */
    private long awaitDeletion(LineSet set, long end) throws StoreException {
        SetCount count;
        do {
            pause();
            count = access.setCounts().getOrDefault(set.name(), SetCount.NONE);
        } while (count.truncating() && clock.getAsLong() < end);
        return count.copies();
    }

    private static void pause() throws StoreException {
        pause("reclaiming");
    }

    static void pause(String activity) throws StoreException {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException(activity + " was interrupted", e);
        }
    }
}
