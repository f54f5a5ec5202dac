package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Leftover;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.RegistryAccess.NamespaceState;
import dev.lineserver.store.aerospike.registry.RegistryAccess.SetCount;

/**
 * Deletes records that no version needs. It compares the registry with the number of records in each set:
 *
 * <pre>
 *   state of the set                      records that no version needs     truncated up to
 *   FREE                                  all                               the time of this comparison
 *   RETIRED or BUILDING, and due          all                               a later time, see {@link Sweeper}
 *   LIVE, more records than its version   those that came back              a minute before its build began
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
    private static final System.Logger LOG = System.getLogger(Reclaimer.class.getName());

    /** Time for which one server excludes the others. */
    private static final long CLAIM_MILLIS = 60_000;

    /** Time for which a reclaim waits until the nodes have deleted the records of a set. */
    private static final long DELETION_TIMEOUT_MILLIS = 60_000;

    /** The server decides once in ten seconds whether it accepts writes. */
    private static final long WRITES_TIMEOUT_MILLIS = 30_000;

    /** Origin of records that cannot be told from each other. */
    private static final String ORIGIN = "a node has brought them back, or an ingest wrote them after its end";

    private final RegistryAccess access;
    private final Sweeper sweeper;
    private final InstantSource clock;
    private final String server = UUID.randomUUID().toString();

    /** The copies in sets of which a truncation did not delete all it should have: their clocks were wrong. */
    private final Map<LineSet, Long> irreclaimable = new ConcurrentHashMap<>();

    /** Records of a set that no version needs. */
    private record LeftoverSet(LineSet set, long copies, long inSet) {
        Leftover leftover(long records) {
            String version = "version " + set.version() + " of " + set.dataset();
            String reason = switch (set.state()) {
                case FREE -> "no version needs them; " + ORIGIN;
                case RETIRED -> version + " was replaced or dropped";
                case BUILDING -> "the ingest of " + version + " ended before it was complete";
                case LIVE -> "they do not belong to " + version + "; " + ORIGIN;
            };
            return new Leftover("set " + set.name(), reason, records, "records");
        }
    }

    /** What was found, and the time of the cluster before the registry was read. */
    private record Findings(long time, List<LeftoverSet> found) {}

    /** @param sweeper frees the sets that no version needs */
    Reclaimer(RegistryAccess access, Sweeper sweeper, InstantSource clock) {
        this.access = access;
        this.sweeper = sweeper;
        this.clock = clock;
    }

    /** Reclaims all leftovers, or finds them only. Waits until the cluster accepts writes again, if it had stopped. */
    List<Leftover> reclaim(boolean dryRun) throws StoreException {
        Findings findings = find();
        if (dryRun || findings.found().isEmpty()) {
            return findings.found().stream()
                    .map(each -> each.leftover(each.copies()))
                    .toList();
        }
        reclaim(findings.time(), findings.found());
        List<Leftover> reclaimed = new ArrayList<>();
        for (LeftoverSet each : findings.found()) {
            boolean live = each.set().state() == LineSet.SetState.LIVE;
            // Records that are not old enough to be told from those of the version stay until it is deleted.
            long deleted = live
                    ? each.inSet() - awaitDeletion(each.set(), clock.millis() + DELETION_TIMEOUT_MILLIS)
                    : each.copies();
            if (!live || deleted > 0) {
                reclaimed.add(each.leftover(deleted));
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
        long end = clock.millis() + CLAIM_MILLIS;
        if (found.isEmpty() || !claim(end)) {
            return;
        }
        for (LeftoverSet each : found) {
            if (clock.millis() >= end) {
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
                case RETIRED, BUILDING -> sweeper.isDue(current, set);
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
                    if (!writes && sweeper.isStillDue(access.read(), set)) {
                        access.truncateBefore(set.name(), time);
                    }
                }
            }
        }
        if (!writes) {
            awaitWrites();
        }
        sweeper.free(found.stream().map(LeftoverSet::set).toList());
    }

    /** Returns true if no other server reclaims now, or if the cluster has stopped writes. */
    private boolean claim(long end) throws StoreException {
        Registry.Lease ours =
                new Registry.Lease(server, "process " + ProcessHandle.current().pid(), "", end);
        try {
            Registry after = access.update("claiming the reclaiming of sets", current -> {
                if (mayClaim(current.leases().get(Registry.RECLAIMING))) {
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

    /** Returns true if no other server has a valid claim. */
    private boolean mayClaim(Registry.@Nullable Lease held) {
        return held == null || held.holder().equals(server) || held.until() <= clock.millis();
    }

    /** The caller's next write reports it if the cluster still accepts none at the end. */
    void awaitWrites() throws StoreException {
        LOG.log(
                Level.INFO,
                "waiting up to {0} s until the cluster accepts writes again",
                TimeUnit.MILLISECONDS.toSeconds(WRITES_TIMEOUT_MILLIS));
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WRITES_TIMEOUT_MILLIS);
        while (!access.namespace().acceptsWrites() && System.nanoTime() < end) {
            Polling.pause("reclaiming");
        }
    }

    /** Returns the copies that the set has once all nodes have truncated it, or at the given time. */
    private long awaitDeletion(LineSet set, long end) throws StoreException {
        SetCount count;
        do {
            Polling.pause("reclaiming");
            count = access.setCounts().getOrDefault(set.name(), SetCount.NONE);
        } while (count.truncating() && clock.millis() < end);
        return count.copies();
    }
}
