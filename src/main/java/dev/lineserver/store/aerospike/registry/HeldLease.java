package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.Registry.Lease;

/**
 * The lease of one build on its dataset and its set. While it is held, no other build of the dataset can begin, and
 * nobody truncates the set.
 *
 * <pre>
 *                     renewed every third of its duration
 *                       ┌──────┐
 *                       ▼      │   commit()
 *      Builds.begin ──► HELD ──┴───────────────────────► released, set LIVE
 *                       │  │       rollBack()
 *                       │  ├───────────────────────────► released, set FREE
 *                       │  │       suspend()
 *                       │  └───────────────────────────► released, set BUILDING, can be resumed
 *                       │ not renewed in time, or taken by another build
 *                       ▼          rollBack()
 *                      LOST ───────────────────────────► stays with the new owner, if any
 * </pre>
 *
 * <p>A lost lease stays lost, even if no other build took it: the set may have been truncated meanwhile.
 *
 * <p>Three kinds of threads use a lease: the housekeeping thread of {@link Maintenance} renews it, the threads of the
 * build check it, and the thread that ingests commits or rolls back.
 */
public final class HeldLease {
    private static final System.Logger LOG = System.getLogger(HeldLease.class.getName());

    private final Builds builds;
    private final BuildRequest request;
    private final DatasetName dataset;
    private final String sourceName;
    private final LineSet set;
    private final StoredPrefix resumed;
    private final ScheduledFuture<?> renewals;
    private volatile Lease lease;
    private volatile @Nullable StoreUnavailableException lossReason;
    private volatile Supplier<Renewal> progress;
    private volatile StoredPrefix reported;

    /** Used only by the thread that ingests. */
    private boolean commitAttempted;

    /**
     * What a renewal records beside the lease.
     *
     * @param stored the lines that are stored, as far as this process knows
     * @param change to the entry of the build
     */
    record Renewal(StoredPrefix stored, UnaryOperator<BuildEntry> change) {}

    /** @param build as in the registry */
    HeldLease(
            Builds builds, BuildRequest request, String sourceName, Lease lease, LineSet set, BuildEntry build) {
        this.builds = builds;
        this.request = request;
        this.dataset = request.dataset();
        this.sourceName = sourceName;
        this.lease = lease;
        this.set = set;
        this.resumed = build.stored();
        this.progress = () -> renewal(resumed);
        this.reported = resumed;
        this.renewals = builds.maintenance.scheduleRenewals(builds.term.renewalInterval(), this::renew);
    }

    /** Returns the set that the build writes to. */
    public LineSet set() {
        return set;
    }

    /** Returns the lines that an earlier build has stored in the set; {@link StoredPrefix#NONE} if there was none. */
    public StoredPrefix resumed() {
        return resumed;
    }

    /**
     * Records with each renewal how far the build is stored.
     *
     * @param progress called on the housekeeping thread
     */
    public void reportProgress(Supplier<StoredPrefix> progress) {
        this.progress = () -> renewal(progress.get());
    }

    private Renewal renewal(StoredPrefix stored) {
        return new Renewal(stored, build -> build.with(stored, builds.term.now()));
    }

    /** Records something else with each renewal: {@code change}, which is called on the housekeeping thread. */
    void reportChange(UnaryOperator<BuildEntry> change) {
        this.progress = () -> new Renewal(StoredPrefix.NONE, change);
    }

    /**
     * Checks that the set still belongs to the build. Must be called before each write of a batch: a process that was
     * suspended for longer than its lease must not write to a set that another build may own by now.
     *
     * @throws StoreUnavailableException if the lease was lost, or was not renewed in time
     */
    public void requireValid() throws StoreUnavailableException {
        StoreUnavailableException lost = lossReason;
        // Uses the clock, not the registry: it is called before each batch, and must also work if the renewals do not
        // run.
        if (lost == null && builds.term.now() > builds.term.writeDeadline(lease)) {
            lost = markLost(leaseLost());
        }
        if (lost != null) {
            throw lost;
        }
    }

    /**
     * Makes the version current, retires versions that are no longer kept, and releases the lease, in one write of the
     * registry. Readers see the new version from then on. If the request asks for it, the version is held instead.
     *
     * @param layout for the manifest: the form in which the build has written the lines
     * @param records number of records that it has written
     * @param files for the manifest, as in {@link Manifest#files}
     * @throws StoreUnavailableException if the lease was lost; nothing is published
     */
    public Manifest commit(Content content, String layout, long records, List<Manifest.Part> files)
            throws StoreException {
        commitAttempted = true;
        Instant now = Instant.ofEpochMilli(builds.term.now());
        Manifest manifest = new Manifest(dataset, set.version(), content, sourceName, layout, now, files);
        Registry.VersionEntry version =
                new Registry.VersionEntry(manifest, set.name(), records, builds.access.nodeCount());
        boolean[] retired = new boolean[1];
        builds.access.update("publishing " + describe(), current -> {
            // Contained if an earlier attempt succeeded and its outcome was in doubt. The lease is gone then, so this
            // check must come before the one for the lease.
            if (current.dataset(dataset.value()).all().contains(version)) {
                return;
            }
            requireValid();
            if (!isOwned(current)) {
                throw leaseLost();
            }
            current.put(set.withState(LineSet.SetState.LIVE, now.toEpochMilli()));
            if (request.hold()) {
                current.hold(dataset.value(), version);
            } else {
                int keep = Versions.orDefault(request.keep());
                retired[0] |= current.publish(dataset.value(), version, keep, now.toEpochMilli());
            }
            current.leases().remove(dataset.value());
            current.builds().remove(dataset.value());
        });
        renewals.cancel(false);
        if (retired[0]) {
            builds.maintenance.sweepAfterGrace();
        }
        return manifest;
    }

    /**
     * Releases the lease, and keeps the set for a build that resumes this one. Does not fail: if the cluster cannot be
     * reached, the lease expires, and the build can be resumed from what was reported last.
     *
     * @return the lines that are kept, as far as this process knows
     */
    public StoredPrefix suspend(StoredPrefix stored) {
        renewals.cancel(false);
        try {
            builds.access.failingFast().update("suspending " + describe(), current -> {
                if (ownsLease(current)) {
                    current.leases().remove(dataset.value());
                    changeBuild(current, renewal(stored).change());
                }
            });
            return stored;
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "the end of the lines that are stored could not be recorded; a later ingest resumes further ahead: {0}",
                    e.getMessage());
            return reported;
        }
    }

    /**
     * Ends renewals, so that the lease expires, and keeps the set for a build that resumes this one.
     *
     * @return the lines that are kept
     */
    public StoredPrefix abandon() {
        renewals.cancel(false);
        return reported;
    }

    private void changeBuild(Registry current, UnaryOperator<BuildEntry> change) {
        BuildEntry build = current.builds().get(dataset.value());
        if (build != null && build.set().equals(set.name())) {
            current.builds().put(dataset.value(), change.apply(build));
        }
    }

    /** Ends renewals. */
    void stopRenewals() {
        renewals.cancel(false);
    }

    /**
     * Truncates the set and releases the lease. Does not fail: if the cluster cannot be reached, the lease expires, and
     * the next ingest, drop or server truncates the set.
     */
    public void rollBack() {
        renewals.cancel(false);
        try {
            // First, because the cluster may have stopped writes of the registry, too, for these very records. Only
            // while the lease excludes others from the set, and not if a publication in doubt may still happen.
            // Otherwise the set is reclaimed like any other.
            RegistryAccess access = builds.access.failingFast();
            boolean truncated = !commitAttempted && isValid() && ownsLease(access.read());
            if (truncated) {
                access.truncate(set.name());
            }
            access.update("rolling back " + describe(), current -> {
                if (ownsLease(current)) {
                    current.leases().remove(dataset.value());
                    current.builds().remove(dataset.value());
                    if (truncated) {
                        current.put(set.withState(LineSet.SetState.FREE, builds.term.now()));
                    }
                }
            });
            builds.maintenance.sweep();
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} could not be rolled back, and keeps its space until the next ingest, drop or reclaim: {1}",
                    describe(),
                    e.getMessage());
        }
    }

    private boolean isValid() {
        try {
            requireValid();
            return true;
        } catch (StoreUnavailableException _) {
            return false;
        }
    }

    /**
     * Runs on the housekeeping thread. A transient failure leaves the lease as it is, and the next renewal tries again.
     * The commit may have released the lease, and not cancelled the renewals yet.
     */
    void renew() throws StoreException {
        Lease renewed = builds.term.renew(lease);
        Renewal recorded = progress.get();
        boolean[] lost = new boolean[1];
        // The next renewal repeats it, with a later end.
        builds.access.failingFast().update("renewing the lease on " + dataset, current -> {
            lost[0] = !isPublished(current) && !isOwned(current);
            if (isOwned(current)) {
                current.leases().put(dataset.value(), renewed);
                changeBuild(current, recorded.change());
            }
        });
        if (lost[0]) {
            throw markLost(leaseLost());
        }
        lease = renewed;
        reported = recorded.stored();
    }

    private boolean isPublished(Registry current) {
        return findPublished(current).isPresent();
    }

    /** Returns the manifest of this build's version, if it is published or held. */
    Optional<Manifest> findPublished(Registry current) {
        return current.dataset(dataset.value()).all().stream()
                .filter(version -> version.set().equals(set.name()))
                .map(Registry.VersionEntry::manifest)
                .findFirst();
    }

    private StoreUnavailableException markLost(StoreUnavailableException e) {
        lossReason = e;
        renewals.cancel(false);
        return e;
    }

    /**
     * Returns true if the registry still has the lease and the set of this build. A process that truncates the set removes
     * the expired lease first.
     */
    boolean isOwned(Registry current) {
        return ownsLease(current) && set.equals(current.sets().get(set.name()));
    }

    StoreUnavailableException leaseLost() {
        return new StoreUnavailableException("the lease on " + dataset + " was lost: it was not renewed in time,"
                + " because this process was suspended or could not reach the cluster; its lines may have been"
                + " deleted, or another ingest may have begun. Nothing was published: ingest again with --resume");
    }

    private boolean ownsLease(Registry current) {
        Lease held = current.leases().get(dataset.value());
        return held != null && held.holder().equals(lease.holder());
    }

    private String describe() {
        return "version " + set.version() + " of " + dataset;
    }
}
