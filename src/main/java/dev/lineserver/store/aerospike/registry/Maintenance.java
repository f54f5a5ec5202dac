package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import dev.lineserver.store.Await;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.StoreException;

/**
 * Frees sets that no version needs, now or later, and renews leases. Four occasions exist to free a set:
 *
 * <ul>
 *   <li>a sweep that this process schedules when it retires the set;
 *   <li>a sweep that a server schedules when it holds the set;
 *   <li>each build and each drop;
 *   <li>twice a minute, each server.
 * </ul>
 *
 * <p>The last two also cover processes that ended early, and the sets of builds whose leases expired.
 *
 * <p>A single daemon thread, called housekeeping here, renews leases and runs scheduled sweeps. All other methods run
 * on their callers' threads, and block.
 */
public final class Maintenance implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Maintenance.class.getName());

    private static final Duration FIRST_RENEWAL = Duration.ofSeconds(1);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    /** The time that an interrupted task has to end: it may be in a command that has no interruptible wait. */
    private static final Duration INTERRUPTED_TASK_TIMEOUT = Duration.ofSeconds(1);

    /** A task of the housekeeping thread. */
    interface HousekeepingTask {
        void run() throws StoreException;
    }

    /** Time for which a superseded or dropped version is kept even if no reader holds it. */
    final Duration grace;

    private final RegistryAccess access;
    private final InstantSource clock;
    private final Sweeper sweeper;
    private final Reclaimer reclaimer;
    private final ScheduledThreadPoolExecutor housekeeping;
    private volatile boolean sweepPending;

    /** @param grace time for which a superseded or dropped version is kept even if no reader holds it */
    public Maintenance(RegistryAccess access, Duration grace, InstantSource clock) {
        this.access = access;
        this.grace = grace;
        this.clock = clock;
        this.sweeper = new Sweeper(access, grace, clock);
        this.reclaimer = new Reclaimer(access, sweeper, clock);
        this.housekeeping = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("aerospike-housekeeping").factory());
        housekeeping.setRemoveOnCancelPolicy(true);
    }

    /**
     * Deletes records that no version needs.
     *
     * @param dryRun true to find them only
     */
    public List<Leftover> reclaim(boolean dryRun) throws StoreException {
        return reclaimer.reclaim(dryRun);
    }

    /** Deletes records that no version needs, one set after the other, unless another process does so. */
    public void reclaimInBackground() throws StoreException {
        reclaimer.reclaimInBackground();
    }

    /** Deletes records that no version needs if the cluster has stopped writes, perhaps because of these records. */
    void reclaimIfWritesAreStopped() throws StoreException {
        if (!access.namespace().acceptsWrites()) {
            reclaimer.reclaim(false);
        }
    }

    /**
     * Truncates a set up to a time, and waits until the cluster accepts writes again.
     *
     * @param time of the cluster before the set was read from the registry
     */
    void truncateAndAwaitWrites(String set, long time) throws StoreException {
        access.truncateBefore(set, time);
        reclaimer.awaitWrites();
    }

    /** Frees every set whose records no version needs any more. */
    void sweep() throws StoreException {
        sweeper.sweep();
    }

    /** Schedules the sweep that frees a set that was retired now. */
    void sweepAfterGrace() {
        sweepAt(clock.millis() + grace.toMillis());
        sweepPending = true;
    }

    void sweepAt(long time) {
        try {
            // One millisecond later, because the clock and the scheduler both round.
            ScheduledFuture<?> _ = housekeeping.schedule(
                    logFailures(
                            "sets that are no longer needed keep their space until the next ingest, drop or reclaim",
                            sweeper::sweep),
                    time - clock.millis() + 1,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException _) {
            // The store has been closed meanwhile. Any other process frees the set.
        }
    }

    ScheduledFuture<?> scheduleRenewals(Duration interval, HousekeepingTask renewal) {
        // The first one comes early, so that an ingest that soon dies leaves lines to resume.
        Duration first = interval.compareTo(FIRST_RENEWAL) < 0 ? interval : FIRST_RENEWAL;
        return housekeeping.scheduleAtFixedRate(
                logFailures("a lease could not be renewed", renewal),
                first.toMillis(),
                interval.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** Wraps a task to be the top of the housekeeping thread. An exception would silently cancel a periodic task. */
    private static Runnable logFailures(String consequence, HousekeepingTask task) {
        return () -> {
            try {
                task.run();
            } catch (StoreException e) {
                // An interrupt is that of close.
                if (!Thread.currentThread().isInterrupted()) {
                    LOG.log(Level.WARNING, "{0}: {1}", consequence, e.getMessage());
                }
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, consequence, e);
            }
        };
    }

    /**
     * Ends renewals, and waits until the sets that this process retired have been truncated. An interrupt ends the
     * wait; the next ingest, drop or server truncates the sets then.
     */
    @Override
    public void close() {
        // The executor's default policies cancel periodic tasks, the renewals, and still run delayed ones, the sweeps.
        housekeeping.shutdown();
        try {
            if (sweepPending) {
                boolean _ =
                        housekeeping.awaitTermination(grace.plus(CLOSE_TIMEOUT).toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            LOG.log(
                    Level.WARNING,
                    "interrupted before the records that are no longer needed were deleted; the next ingest, drop,"
                            + " server or line-server reclaim deletes them");
        }
        housekeeping.shutdownNow();
        // The connections must not be closed under a renewal.
        boolean _ = Await.termination(housekeeping, INTERRUPTED_TASK_TIMEOUT);
    }
}
