package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.Registry.DatasetEntry;
import dev.lineserver.store.aerospike.registry.Registry.Lease;
import dev.lineserver.store.aerospike.registry.Registry.VersionEntry;

/**
 * Moves sets through the states of {@link LineSet}: begins builds, publishes and drops versions, holds versions for
 * their readers, and lets the {@link Reclaimer} truncate sets that are no longer needed.
 *
 * <p>The set of a version that is no longer stored is kept for a grace, in which servers notice the change. A server that
 * still reads the version {@linkplain #hold holds} it repeatedly, for at most {@link #MAX_HOLD}:
 *
 * <pre>
 *   retired          + grace          last hold + grace, at most retired + MAX_HOLD
 *     ├────────────────┤ - - - - - - - - - - - - ┤
 *        always kept       kept while held         reclaimable: the next sweep truncates the set
 * </pre>
 *
 * <p>Four occasions exist to truncate such a set: a sweep that the process schedules when it retires the version, one
 * that a server schedules when it holds the version, one in each build and drop, and one that every server makes twice
 * a minute. The last two also cover processes that ended early, and the sets of builds whose leases expired.
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

    private static final long FIRST_RENEWAL_MILLIS = 1_000;

    /**
     * A hold is extended only by at least this fraction of the grace, so that many servers cause few registry writes.
     */
    private static final int MIN_EXTENSION_DIVISOR = 4;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    /** A version costs as much storage and RAM as the current one. */
    private static final int DEFAULT_KEEP = 1;

    /** A task of the housekeeping thread. */
    interface HousekeepingTask {
        void run() throws StoreException;
    }

    final RegistryAccess access;
    private final Duration lease;
    private final Duration grace;
    private final InstantSource clock;
    private final Reclaimer reclaimer;
    private final Builds builds = new Builds(this);
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
        this.reclaimer = new Reclaimer(access, grace, clock::millis);
        this.housekeeping = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("aerospike-housekeeping").factory());
        housekeeping.setRemoveOnCancelPolicy(true);
    }

    long now() {
        return clock.millis();
    }

    /**
     * Begins the next version of a dataset, in a set of its own, or resumes the unfinished one. To resume, it waits for the
     * lease of a process that may still be alive.
     *
     * @throws StoreFailedException if another build of the dataset is in progress, or an unfinished one exists that is not
     *     resumed
     */
    public HeldLease begin(BuildRequest request) throws StoreException {
        return builds.begin(request);
    }

    /**
     * Gives a process a part of the next version of a dataset. Begins the version, or joins the parts that are writing it, or
     * resumes it if no part does.
     *
     * @param content of the source; the same for all parts
     * @param maxBytesPerRecord longest line, in bytes, that fits one record
     * @return empty if the dataset's current version has the content already, or if a held one has it and the request asks to
     *     hold the version
     * @throws StoreFailedException if the dataset is ingested in another way, or another content, the part has a process, or
     *     an unfinished build exists that is not resumed
     */
    public Optional<HeldPart> join(BuildRequest request, IngestPart part, Content content, int maxBytesPerRecord)
            throws StoreException {
        return new Parts(this, builds).join(request, part, content, maxBytesPerRecord);
    }

    void removeEndedProcesses(DatasetName dataset) throws StoreException {
        builds.removeEndedProcesses(dataset.value());
    }

    /** Returns the builds in progress, and those that can be resumed. */
    public List<BuildStatus> builds() throws StoreException {
        return builds.list();
    }

    /**
     * Discards an unfinished build; its set is truncated at once.
     *
     * @return false if there is none
     * @throws StoreFailedException if the build is in progress
     */
    public boolean discardBuild(DatasetName dataset) throws StoreException {
        return builds.discard(dataset);
    }

    /**
     * Makes a stored version the current one, and retires the versions that were published before the last {@code keep}.
     *
     * @param keep 0 for the default
     * @throws StoreFailedException if the version is not stored, or a build of the dataset is in progress
     */
    public Manifest publish(DatasetName dataset, long version, int keep) throws StoreException {
        reclaimIfWritesAreStopped();
        boolean[] retired = new boolean[1];
        Registry after = access.update("publishing " + describe(dataset, version), current -> {
            requireNoBuild(
                    current.leases().get(dataset.value()),
                    describe(dataset, version) + " cannot be published while the dataset is being ingested");
            DatasetEntry versions = current.dataset(dataset.value());
            VersionEntry stored = requireVersion(versions, dataset, version);
            if (versions.current() != version) {
                // Expired, else requireNoBuild would have thrown.
                current.leases().remove(dataset.value());
                retired[0] |= current.publish(dataset.value(), stored, orDefault(keep), now());
            }
        });
        if (retired[0]) {
            scheduleSweepAfterGrace();
        }
        return requireVersion(after.dataset(dataset.value()), dataset, version).manifest();
    }

    /** Returns the number of published versions to keep; 0 stands for the default. */
    public static int orDefault(int keep) {
        return keep == 0 ? DEFAULT_KEEP : keep;
    }

    private static VersionEntry requireVersion(DatasetEntry versions, DatasetName dataset, long version)
            throws StoreFailedException {
        return versions.find(version)
                .orElseThrow(() -> new StoreFailedException(describe(dataset, version)
                        + " is not stored: list the stored versions with 'line-server versions " + dataset + "'"));
    }

    private static String describe(DatasetName dataset, long version) {
        return "version " + version + " of " + dataset;
    }

    /**
     * Drops a dataset. The sets of its versions are kept for the grace.
     *
     * @return false if there is no such dataset
     * @throws StoreFailedException if a build of the dataset is in progress
     */
    public boolean drop(DatasetName dataset) throws StoreException {
        return remove(dataset, DatasetEntry::all);
    }

    /**
     * Drops a version that is not current. Its set is kept for the grace.
     *
     * @throws StoreFailedException if the version is not stored, is current, or a build of the dataset is in progress
     */
    public void drop(DatasetName dataset, long version) throws StoreException {
        boolean[] found = new boolean[1];
        boolean _ = remove(dataset, versions -> {
            if (versions.current() == version) {
                throw new StoreFailedException(describe(dataset, version)
                        + " is the current one: publish another version first, or drop the whole dataset");
            }
            // Not found if an earlier attempt succeeded and its outcome was in doubt.
            if (found[0] && versions.find(version).isEmpty()) {
                return List.of();
            }
            found[0] = true;
            return List.of(requireVersion(versions, dataset, version));
        });
    }

    /** Chooses versions to remove. */
    private interface Choice {
        List<VersionEntry> from(DatasetEntry versions) throws StoreException;
    }

    /** @return false if no version was removed */
    private boolean remove(DatasetName dataset, Choice choice) throws StoreException {
        reclaimIfWritesAreStopped();
        boolean[] removed = new boolean[1];
        access.update("dropping " + dataset, current -> {
            requireNoBuild(
                    current.leases().get(dataset.value()), dataset + " cannot be dropped while it is being ingested");
            for (VersionEntry version : choice.from(current.dataset(dataset.value()))) {
                current.remove(dataset.value(), version, now());
                // Expired, else requireNoBuild would have thrown: the lease of a build that ended without a rollback.
                current.leases().remove(dataset.value());
                removed[0] = true;
            }
            if (current.dataset(dataset.value()).all().isEmpty()) {
                removed[0] |= current.builds().remove(dataset.value()) != null;
            }
        });
        sweep();
        if (removed[0]) {
            scheduleSweepAfterGrace();
        }
        return removed[0];
    }

    /** The cluster may have stopped writes because of records that no version needs. */
    void reclaimIfWritesAreStopped() throws StoreException {
        if (!access.namespace().acceptsWrites()) {
            reclaimer.reclaim(false);
        }
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

    void requireNoBuild(@Nullable Lease held, String refusal) throws StoreFailedException {
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
            // Another build means that the set was truncated, and belongs to another version now.
            if (present == null || present.build() != set.build() || present.state() != LineSet.SetState.RETIRED) {
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
                        "sets that are no longer needed keep their space until the next ingest, drop or reclaim",
                        this::sweep),
                time - now() + 1,
                TimeUnit.MILLISECONDS);
    }

    void sweep() throws StoreException {
        reclaimer.sweep();
    }

    Lease renewed(Lease held) {
        return new Lease(held.holder(), held.owner(), held.set(), leaseEnd());
    }

    /** Returns the time at which a lease expires that is renewed now. */
    long leaseEnd() {
        return now() + lease.toMillis();
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
        // The first one comes early, so that an ingest that soon dies leaves lines to resume.
        return housekeeping.scheduleAtFixedRate(
                logFailures("a lease could not be renewed", renewal),
                Math.min(period, FIRST_RENEWAL_MILLIS),
                period,
                TimeUnit.MILLISECONDS);
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
    }
}
