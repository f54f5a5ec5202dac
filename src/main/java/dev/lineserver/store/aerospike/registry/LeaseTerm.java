package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.InstantSource;

import dev.lineserver.store.aerospike.registry.Registry.Lease;

/**
 * The duration of leases, and the times that follow from it.
 *
 * @param duration time after its last renewal for which a build excludes other builds of its dataset
 * @param clock of this process
 */
record LeaseTerm(Duration duration, InstantSource clock) {
    /** Two renewals may fail before a lease expires. */
    private static final int RENEWALS = 3;

    /** Returns the current time, in milliseconds since the epoch. */
    long now() {
        return clock.millis();
    }

    /** Returns the time at which a lease expires that is renewed now. */
    long end() {
        return now() + duration.toMillis();
    }

    Lease renew(Lease held) {
        return new Lease(held.holder(), held.owner(), held.set(), end());
    }

    /**
     * Returns the time until which a write may begin under the lease. The attempt timeout of a write is at most the
     * remaining third of the lease, so the write ends before the lease does.
     */
    long writeDeadline(Lease held) {
        return held.until() - duration.toMillis() / RENEWALS;
    }

    Duration renewalInterval() {
        return Duration.ofMillis(Math.max(1, duration.toMillis() / RENEWALS));
    }
}
