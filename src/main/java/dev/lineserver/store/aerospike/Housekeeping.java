package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import dev.lineserver.store.StoreException;

/**
 * What has to be done in the background, on one thread: leases are renewed, and sets nobody needs any more truncated.
 *
 * <p>A superseded or dropped version keeps its set for a grace, for readers to move on. Closing waits for that; where
 * the process ends without, the next build or drop truncates it. So does it with the set of a build whose lease ran out.
 */
final class Housekeeping implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Housekeeping.class.getName());

    /** Two renewals may fail before a lease runs out. */
    private static final int RENEWALS_PER_LEASE = 3;

    private static final Duration PATIENCE_AT_CLOSE = Duration.ofSeconds(10);

    private final Cluster cluster;
    private final RegistryRecord registry;
    private final AerospikeSettings.Writes writes;
    private final ScheduledThreadPoolExecutor thread;

    Housekeeping(Cluster cluster, RegistryRecord registry) {
        this.cluster = cluster;
        this.registry = registry;
        this.writes = cluster.settings.writes();
        this.thread = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("aerospike-housekeeping").factory());
        thread.setRemoveOnCancelPolicy(true);
    }

    static long now() {
        return System.currentTimeMillis();
    }

    Lease extended(Lease lease) {
        return new Lease(
                lease.build(),
                lease.owner(),
                lease.set(),
                now() + writes.lease().toMillis());
    }

    ScheduledFuture<?> renew(Runnable renewal) {
        long period = Math.max(1, writes.lease().toMillis() / RENEWALS_PER_LEASE);
        return thread.scheduleAtFixedRate(renewal, period, period, TimeUnit.MILLISECONDS);
    }

    void sweepAfterGrace() {
        // A millisecond more: what is due at this very instant counts as not due yet.
        ScheduledFuture<?> _ =
                thread.schedule(this::sweepInBackground, writes.grace().toMillis() + 1, TimeUnit.MILLISECONDS);
    }

    private void sweepInBackground() {
        try {
            sweep();
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "superseded lines keep their space until the next ingest: {0}", e.getMessage());
        }
    }

    /** Truncates every set that is due. */
    void sweep() throws StoreException {
        Registry current = registry.read();
        for (LineSet set : current.sets().values()) {
            if (isDue(current, set)) {
                cluster.truncate(set.name());
                registry.update(
                        "noting that set " + set.name() + " is free",
                        later -> set.equals(later.sets().get(set.name())) ? later.freed(set.name(), now()) : later);
            }
        }
    }

    private boolean isDue(Registry current, LineSet set) {
        return switch (set.state()) {
            case RETIRED -> set.since() + writes.grace().toMillis() <= now();
            case BUILDING -> !current.isBeingFilled(set, now());
            case LIVE, FREE -> false;
        };
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            Duration patience = writes.grace().plus(PATIENCE_AT_CLOSE);
            if (!thread.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException _) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
