package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.InstantSource;

import dev.lineserver.store.StoreException;

/**
 * Frees sets: truncates a set whose records no version needs any more, and marks it as FREE.
 *
 * <pre>
 *   RETIRED     is due when its grace and its holds are over
 *   BUILDING    is due when the lease of its build has expired, unless the build can be resumed
 * </pre>
 */
record Sweeper(RegistryAccess access, Duration grace, InstantSource clock) {
    /** Frees every set that is due. */
    void sweep() throws StoreException {
        // Before the registry, see Reclaimer.
        long time = access.namespace().time();
        Registry current = access.read();
        for (LineSet set : current.sets().values()) {
            if (isDue(current, set)) {
                free(set, time);
            }
        }
    }

    /**
     * Frees a set, if it is due. Truncates it first: if the process ends in between, the next sweep repeats the
     * truncation. If sweeps of several processes overlap, each truncates the set, and one marks it.
     *
     * @param time of the cluster before the set was read from the registry
     */
    void free(LineSet set, long time) throws StoreException {
        boolean candidate = set.state() == LineSet.SetState.RETIRED || set.state() == LineSet.SetState.BUILDING;
        if (candidate && removeExpiredLease(set)) {
            access.truncateBefore(set.name(), time);
            access.update(
                    "marking set " + set.name() + " as free",
                    later -> later.sets()
                            .replace(set.name(), set, set.withState(LineSet.SetState.FREE, clock.millis())));
        }
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
