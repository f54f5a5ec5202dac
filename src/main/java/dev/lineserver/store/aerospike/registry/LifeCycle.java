package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.Registry.Lease;

/**
 * Moves sets through the states of {@link LineSet}: begins builds, drops datasets, holds versions for their readers,
 * and truncates sets that are no longer needed.
 *
 * <p>The set of a superseded or dropped version is kept for a grace, in which servers notice the change. A server that
 * still reads the version {@linkplain #hold holds} it repeatedly, for at most {@link #MAX_HOLD}:
 *
 * <pre>
 *   retired          + grace          last hold + grace, at most retired + MAX_HOLD
 *     ├────────────────┤ - - - - - - - - - - - - ┤
 *        always kept       kept while held         reclaimable: the next sweep truncates the set
 * </pre>
 *
 * <p>Three sweeps can truncate a set: one that the process schedules when it retires the version, one that a server
 * schedules when it holds the version, and one at the beginning of each build and drop. The last one also covers
 * processes that ended early, and the sets of builds whose leases expired.
 *
 * <p>A single daemon thread, called housekeeping here, renews leases and runs scheduled sweeps. All other methods run
 * on their callers' threads, and block.
 */
public final class LifeCycle implements AutoCloseable {
    /** Limits the time for which a retired version is kept for its readers. */
    public static final Duration MAX_HOLD = Duration.ofHours(1);

    private static final System.Logger LOG = System.getLogger(LifeCycle.class.getName());

    /** Two renewals may fail before a lease expires. */
    private static final int RENEWALS_PER_LEASE = 3;

    /**
     * A hold is extended only by at least this fraction of the grace, so that many servers cause few registry writes.
     */
    private static final int MIN_EXTENSION_DIVISOR = 4;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    /** Bounds source names so that a registry with 4,000 datasets fits one record. */
    private static final int MAX_SOURCE_NAME_LENGTH = 120;

    /** A task of the housekeeping thread. */
    interface HousekeepingTask {
        void run() throws StoreException;
    }

    final RegistryAccess access;
    private final Duration lease;
    private final Duration grace;
    private final InstantSource clock;
    private final ScheduledThreadPoolExecutor housekeeping;
    private volatile boolean sweepPending;

    /**
     * @param lease time after its last renewal for which a build excludes other builds of its dataset
     * @param grace time for which a superseded or dropped version is kept even if no reader holds it
     */
    public LifeCycle(RegistryAccess access, Duration lease, Duration grace, InstantSource clock) {
        this.access = access;
        this.lease = lease;
        this.grace = grace;
        this.clock = clock;
        this.housekeeping = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("aerospike-housekeeping").factory());
        housekeeping.setRemoveOnCancelPolicy(true);
    }

    long now() {
        return clock.millis();
    }

    /**
     * Begins the next version of a dataset, in a set of its own.
     *
     * @throws StoreFailedException if another build of the dataset is in progress
     */
    public HeldLease begin(BuildRequest request) throws StoreException {
        // Sweeps first, so that reclaimed sets and their space are available to this build. Records are counted before
        // the set is chosen: a set without records cannot gain any, unless a build writes to it without a lease.
        sweep();
        Map<String, Long> copies = access.recordCounts();
        truncateFreeSetsWithRecords(copies);
        String dataset = request.dataset().value();
        String source = truncateStart(request.sourceName());
        String build = UUID.randomUUID().toString();
        Registry after = access.update("beginning a version of " + dataset, current -> {
            Lease held = current.leases().get(dataset);
            // The lease is this build's if an earlier attempt succeeded and its outcome was in doubt.
            if (held == null || !held.build().equals(build)) {
                requireNoBuild(held, dataset + " is being ingested already");
                Registry.PublishedVersion newest = current.datasets().get(dataset);
                long version = newest == null ? 1 : newest.manifest().version() + 1;
                LineSet set = current.chooseSet(copies, dataset, version, now());
                current.put(set);
                current.leases().put(dataset, renewed(new Lease(build, describeOwner(source), set.name(), 0)));
            }
        });
        Lease ours = Objects.requireNonNull(
                after.leases().get(dataset), "the registry was written without the lease of this build");
        return new HeldLease(this, request.dataset(), source, ours, after.lineSet(ours.set()));
    }

    /**
     * Truncates free sets that have records. The server may still be deleting these; they may have come back with a
     * restarted node; or a build wrote them before it noticed that its lease was lost.
     */
    private void truncateFreeSetsWithRecords(Map<String, Long> copies) throws StoreException {
        for (LineSet set : access.read().sets().values()) {
            if (set.state() == LineSet.SetState.FREE && copies.getOrDefault(set.name(), 0L) > 0) {
                access.truncate(set.name());
            }
        }
    }

    /**
     * Drops a dataset. The set of its version is kept for the grace.
     *
     * @return false if there is no such dataset
     * @throws StoreFailedException if a build of the dataset is in progress
     */
    public boolean drop(DatasetName dataset) throws StoreException {
        boolean[] existed = new boolean[1];
        access.update("dropping " + dataset, current -> {
            requireNoBuild(
                    current.leases().get(dataset.value()), dataset + " cannot be dropped while it is being ingested");
            current.retire(dataset.value(), now());
            if (current.datasets().remove(dataset.value()) != null) {
                // Expired, else requireNoBuild would have thrown: the lease of a build that ended without a rollback.
                current.leases().remove(dataset.value());
                existed[0] = true;
            }
        });
        sweep();
        if (existed[0]) {
            scheduleSweepAfterGrace();
        }
        return existed[0];
    }

    private void requireNoBuild(@Nullable Lease held, String refusal) throws StoreFailedException {
        if (held != null && held.until() > now()) {
            throw new StoreFailedException(refusal + ", by " + held.owner()
                    + ". Wait until it ends; if its process has died, the lease expires in "
                    + Math.ceilDiv(held.until() - now(), 1_000L)
                    + " s");
        }
    }

    /**
     * Keeps a retired set for another grace, within the limit of {@link #MAX_HOLD}. Does nothing to a set in another
     * state. A server calls this at least every half grace while it reads the set.
     */
    public void hold(LineSet set) throws StoreException {
        long[] extendedUntil = new long[1];
        access.update("holding set " + set.name() + " for its readers", current -> {
            LineSet present = current.sets().get(set.name());
            // Another number of uses means that the set was truncated, and belongs to another version now.
            if (present == null || present.uses() != set.uses() || present.state() != LineSet.SetState.RETIRED) {
                return;
            }
            long until = Math.min(now() + grace.toMillis(), present.since() + MAX_HOLD.toMillis());
            if (until - present.heldUntil() > grace.toMillis() / MIN_EXTENSION_DIVISOR) {
                extendedUntil[0] = until;
                current.put(present.withHeldUntil(until));
            }
        });
        // This process may be the last one that knows of the hold, so it also schedules the sweep after it.
        if (extendedUntil[0] != 0) {
            scheduleSweepAt(extendedUntil[0]);
        }
    }

    void scheduleSweepAfterGrace() {
        scheduleSweepAt(now() + grace.toMillis());
        sweepPending = true;
    }

    private void scheduleSweepAt(long time) {
        // One millisecond later, because the clock and the scheduler both round.
        ScheduledFuture<?> _ = housekeeping.schedule(
                logFailures(
                        "sets that are no longer needed keep their space until the next ingest or drop", this::sweep),
                time - now() + 1,
                TimeUnit.MILLISECONDS);
    }

    /**
     * Truncates every reclaimable set and marks it as free. In this order: if the process ends in between, the next
     * sweep repeats the truncation. If sweeps of several processes overlap, each truncates the set, and one marks it.
     */
    void sweep() throws StoreException {
        Registry current = access.read();
        for (LineSet set : current.sets().values()) {
            if (isReclaimable(current, set) && removeExpiredLease(set)) {
                access.truncate(set.name());
                access.update(
                        "marking set " + set.name() + " as free",
                        later -> later.sets().replace(set.name(), set, set.withState(LineSet.SetState.FREE, now())));
            }
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
            }
        });
        return isStillReclaimable(after, set);
    }

    private boolean isStillReclaimable(Registry current, LineSet set) {
        return set.equals(current.sets().get(set.name())) && isReclaimable(current, set);
    }

    private boolean isReclaimable(Registry current, LineSet set) {
        return switch (set.state()) {
            case RETIRED -> Math.max(set.since() + grace.toMillis(), set.heldUntil()) <= now();
            case BUILDING -> !current.hasValidLease(set, now());
            case LIVE, FREE -> false;
        };
    }

    Lease renewed(Lease held) {
        return new Lease(held.build(), held.owner(), held.set(), now() + lease.toMillis());
    }

    /**
     * Returns the time until which a write may begin under the lease. The attempt timeout of a write is at most the
     * remaining third of the lease, so the write ends before the lease does.
     */
    long writeDeadline(Lease held) {
        return held.until() - lease.toMillis() / RENEWALS_PER_LEASE;
    }

    ScheduledFuture<?> scheduleRenewals(HousekeepingTask renewal) {
        long period = Math.max(1, lease.toMillis() / RENEWALS_PER_LEASE);
        return housekeeping.scheduleAtFixedRate(
                logFailures("a lease could not be renewed", renewal), period, period, TimeUnit.MILLISECONDS);
    }

    /** Wraps a task to be the top of the housekeeping thread. An exception would silently cancel a periodic task. */
    private static Runnable logFailures(String consequence, HousekeepingTask task) {
        return () -> {
            try {
                task.run();
            } catch (StoreException e) {
                LOG.log(Level.WARNING, "{0}: {1}", consequence, e.getMessage());
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, consequence, e);
            }
        };
    }

    private static String describeOwner(String source) {
        String host = System.getenv().getOrDefault("HOSTNAME", "an unnamed host");
        return "process " + ProcessHandle.current().pid() + " on " + host + " from '" + source + "' since "
                + Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /** Shortens a source name from its start, because the end of a path is the more specific part. */
    private static String truncateStart(String source) {
        int excess = source.length() - MAX_SOURCE_NAME_LENGTH;
        return excess <= 0 ? source : "…" + source.substring(excess + 1);
    }

    /**
     * Ends renewals, and waits until the sets that this process retired have been truncated. An interrupt ends the
     * wait; the next ingest or drop truncates the sets then.
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
        }
        housekeeping.shutdownNow();
    }
}
