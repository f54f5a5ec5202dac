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
 * Moves sets through the states of {@link LineSet}: begins builds, drops datasets, keeps versions for their readers, and
 * truncates the sets that nobody needs any more.
 *
 * <p>A superseded or dropped version keeps its set for a grace, in which servers notice the change. A server that still
 * reads the version {@linkplain #hold holds} it, again and again, for at most {@link #MAX_HOLD}. The process that
 * retired the version truncates the set after the grace, or else the process that held it last does. If neither lives
 * that long, the next build or drop does, as it does with the set of a build whose lease ran out.
 *
 * <p>Leases are renewed and sets are truncated by one daemon thread; all other methods run on their callers' threads.
 */
public final class LifeCycle implements AutoCloseable {
    /** A retired version is kept for its readers no longer than this. */
    public static final Duration MAX_HOLD = Duration.ofHours(1);

    private static final System.Logger LOG = System.getLogger(LifeCycle.class.getName());

    /** Two renewals may fail before a lease runs out. */
    private static final int RENEWALS_PER_LEASE = 3;

    /** A hold that another server made is left alone if less than this part of the grace would be added to it. */
    private static final int MIN_EXTENSION_DIVISOR = 4;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    /** A registry with 4,000 datasets fits one record, if the names of their sources are not longer than this. */
    private static final int MAX_SOURCE_NAME_LENGTH = 120;

    /** A task of the background housekeeping. */
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
     * @param lease time for which a build that is not heard of keeps others off its dataset
     * @param grace time for which a superseded or dropped version is kept without anybody holding it
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
     * @throws StoreFailedException if another build of the dataset is under way
     */
    public HeldLease begin(BuildRequest request) throws StoreException {
        sweep();
        Map<String, Long> copies = access.recordCounts();
        truncateFreeSetsWithRecords(copies);
        String dataset = request.dataset().value();
        String source = truncateStart(request.sourceName());
        String build = UUID.randomUUID().toString();
        Registry after = access.update("beginning a version of " + dataset, current -> {
            Lease held = current.leases().get(dataset);
            if (held == null || !held.build().equals(build)) {
                requireNoBuild(held, dataset + " is being ingested already");
                Registry.PublishedVersion newest = current.datasets().get(dataset);
                long version = newest == null ? 1 : newest.manifest().version() + 1;
                LineSet set = current.chooseSet(copies, dataset, version, now());
                current.put(set);
                current.leases().put(dataset, renewed(new Lease(build, describeOwner(source), set.name(), 0)));
            }
        });
        Lease ours = Objects.requireNonNull(after.leases().get(dataset), "the registry was written without its lease");
        return new HeldLease(this, request.dataset(), source, ours, after.lineSet(ours.set()));
    }

    /** The server may still be deleting, or a build that did not know it had lost its lease may have written them. */
    private void truncateFreeSetsWithRecords(Map<String, Long> copies) throws StoreException {
        for (LineSet set : access.read().sets().values()) {
            if (set.state() == LineSet.SetState.FREE && copies.getOrDefault(set.name(), 0L) > 0) {
                access.truncate(set.name());
            }
        }
    }

    /**
     * Removes a dataset. Its version is kept for the grace.
     *
     * @return false if there is no such dataset
     * @throws StoreFailedException if a build of the dataset is under way
     */
    public boolean drop(DatasetName dataset) throws StoreException {
        boolean[] existed = new boolean[1];
        access.update("dropping " + dataset, current -> {
            requireNoBuild(
                    current.leases().get(dataset.value()), dataset + " cannot be dropped while it is being ingested");
            current.retire(dataset.value(), now());
            if (current.datasets().remove(dataset.value()) != null) {
                // A build that died may have left its lease.
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
                    + ". Wait for it; if it is dead, its lease ends in " + Math.ceilDiv(held.until() - now(), 1_000L)
                    + " s");
        }
    }

    /**
     * Keeps a set for another grace if it is retired. To be called at least every half grace while the set is read, which
     * ends at the bound of {@link #MAX_HOLD}.
     */
    public void hold(LineSet set) throws StoreException {
        long[] extendedUntil = new long[1];
        access.update("holding set " + set.name() + " for its readers", current -> {
            LineSet present = current.sets().get(set.name());
            if (present == null || present.uses() != set.uses() || present.state() != LineSet.SetState.RETIRED) {
                return;
            }
            long until = Math.min(now() + grace.toMillis(), present.since() + MAX_HOLD.toMillis());
            if (until - present.heldUntil() > grace.toMillis() / MIN_EXTENSION_DIVISOR) {
                extendedUntil[0] = until;
                current.put(present.withHeldUntil(until));
            }
        });
        if (extendedUntil[0] != 0) {
            scheduleSweepAt(extendedUntil[0]);
        }
    }

    void scheduleSweepAfterGrace() {
        scheduleSweepAt(now() + grace.toMillis());
        sweepPending = true;
    }

    private void scheduleSweepAt(long time) {
        // A millisecond later: a set that is due at this very instant does not count as due yet.
        ScheduledFuture<?> _ = housekeeping.schedule(
                logFailures("sets that are no longer needed keep their space until the next ingest", this::sweep),
                time - now() + 1,
                TimeUnit.MILLISECONDS);
    }

    /** Truncates every set that is due. */
    void sweep() throws StoreException {
        Registry current = access.read();
        for (LineSet set : current.sets().values()) {
            if (isReclaimable(current, set)) {
                access.truncate(set.name());
                access.update(
                        "noting that set " + set.name() + " is free",
                        later -> later.sets().replace(set.name(), set, set.withState(LineSet.SetState.FREE, now())));
            }
        }
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

    /** Before this time a batch may be written under the lease: if it takes long, it is over before the lease is. */
    long writeDeadline(Lease held) {
        return held.until() - lease.toMillis() / RENEWALS_PER_LEASE;
    }

    ScheduledFuture<?> scheduleRenewals(HousekeepingTask renewal) {
        long period = Math.max(1, lease.toMillis() / RENEWALS_PER_LEASE);
        return housekeeping.scheduleAtFixedRate(
                logFailures("a lease could not be renewed", renewal), period, period, TimeUnit.MILLISECONDS);
    }

    /** The top of the background housekeeping. Anything thrown would silently end the repetitions of a task. */
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

    /** The end of a path tells more than its beginning. */
    private static String truncateStart(String source) {
        int excess = source.length() - MAX_SOURCE_NAME_LENGTH;
        return excess <= 0 ? source : "…" + source.substring(excess + 1);
    }

    /** Waits for the grace of the versions that this process superseded or dropped. */
    @Override
    public void close() {
        // This leaves the sweeps that were scheduled, and ends renewals.
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
