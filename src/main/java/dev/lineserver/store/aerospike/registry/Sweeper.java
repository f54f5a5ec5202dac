package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.lineserver.store.StoreException;

/**
 * Frees sets: truncates a set whose records no version needs any more, and marks it as FREE.
 *
 * <pre>
 *   RETIRED     is due when its grace and its holds are over
 *   BUILDING    is due when the lease of its build has expired, unless the build can be resumed
 * </pre>
 *
 * <p>A truncation deletes the records that are older than a time of the cluster. This time lies between two events:
 *
 * <pre>
 *   last write to the set        the build has no lease any more, or its version was published
 *            │ {@link #SETTLING_MILLIS}
 *   time of the truncation       read from the cluster, in whole seconds
 *            │ the registry is read again: the set is still due
 *   first write of a new build   only after the set is FREE
 * </pre>
 */
record Sweeper(RegistryAccess access, Duration grace, InstantSource clock) {
    /**
     * Time between the end of a build and the time up to which its set is truncated. One second, because the cluster tells
     * its time in whole seconds; and another one for writes of a killed process that a node has not executed yet, and for
     * clocks of nodes that differ.
     */
    private static final long SETTLING_MILLIS = 2_000;

    /** Bounds the wait if a clock stands still. The next comparison of the {@link Reclaimer} finds what is left. */
    private static final long SETTLING_TIMEOUT_MILLIS = 10_000;

    /** Frees every set that is due. */
    void sweep() throws StoreException {
        Registry current = access.read();
        free(current.sets().values().stream().filter(set -> isDue(current, set)).toList());
    }

    /**
     * Frees the sets that are due. Truncates a set first: if the process ends in between, the next sweep repeats the
     * truncation. If sweeps of several processes overlap, each truncates the set, and one marks it.
     */
    void free(Collection<LineSet> sets) throws StoreException {
        List<LineSet> due = new ArrayList<>();
        for (LineSet set : sets) {
            boolean candidate = set.state() == LineSet.SetState.RETIRED || set.state() == LineSet.SetState.BUILDING;
            if (candidate && removeExpiredLease(set)) {
                due.add(set);
            }
        }
        if (due.isEmpty()) {
            return;
        }
        long time = timeAfterWrites(due);
        // After the time: another process may have freed a set meanwhile, and a new build may write to it.
        Registry current = access.read();
        for (LineSet set : due) {
            if (isStillDue(current, set)) {
                access.truncateBefore(set.name(), time);
                access.update(
                        "marking set " + set.name() + " as free",
                        later -> later.sets()
                                .replace(set.name(), set, set.withState(LineSet.SetState.FREE, clock.millis())));
            }
        }
    }

    /** Returns a time of the cluster that is later than every write to these sets. Waits until it has come. */
    private long timeAfterWrites(List<LineSet> due) throws StoreException {
        long start = access.namespace().time();
        long time = start;
        if (!due.stream().allMatch(this::isSettled)) {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SETTLING_TIMEOUT_MILLIS);
            while (time < start + SETTLING_MILLIS && System.nanoTime() < end) {
                Polling.pause("waiting for the last writes to a set that is to be freed");
                time = access.namespace().time();
            }
        }
        return time;
    }

    /** Returns true if the set has had no write for a while: the build of a retired set had ended when it was published. */
    private boolean isSettled(LineSet set) {
        return set.state() == LineSet.SetState.RETIRED && set.since() + SETTLING_MILLIS <= clock.millis();
    }

    /**
     * Removes the expired lease on a set that is due, if there is one. Its build may have been suspended and continue at
     * any moment; from this write on, it cannot publish a set that is about to be truncated, nor renew its lease.
     *
     * @return false if the set is no longer due, because it was renewed, held or marked in the meantime
     */
    private boolean removeExpiredLease(LineSet set) throws StoreException {
        Registry after = access.update("removing the expired lease on set " + set.name(), current -> {
            // The set may have been freed and reused since it was read: the lease of its new build must stay.
            if (isStillDue(current, set)) {
                current.leases().values().removeIf(held -> held.set().equals(set.name()));
                current.builds().values().removeIf(build -> build.set().equals(set.name()));
            }
        });
        return isStillDue(after, set);
    }

    /** Returns true if a set that was read earlier has not changed, and is due. */
    boolean isStillDue(Registry current, LineSet set) {
        return set.equals(current.sets().get(set.name())) && isDue(current, set);
    }

    boolean isDue(Registry current, LineSet set) {
        long now = clock.millis();
        return switch (set.state()) {
            case RETIRED -> Math.max(set.since() + grace.toMillis(), set.heldUntil()) <= now;
            case BUILDING -> !current.hasValidLease(set, now) && !current.isResumable(set, now);
            case LIVE, FREE -> false;
        };
    }
}
