package dev.lineserver.store.aerospike.registry;

import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

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
 *                       ▼      │   its HeldBuild ends
 *      Builds.begin ──► HELD ──┴───────────────────────► released, or expires
 *                       │
 *                       │ not renewed in time, or taken by another build
 *                       ▼          its HeldBuild ends
 *                      LOST ───────────────────────────► stays with the new owner, if any
 * </pre>
 *
 * <p>A lost lease stays lost, even if no other build took it: the set may have been truncated meanwhile.
 *
 * <p>Three kinds of threads use a lease: the housekeeping thread of {@link Maintenance} renews it, the threads of the
 * build check it, and the thread that ingests ends it.
 */
public final class HeldLease {
    private final RegistryAccess access;
    private final LeaseTerm term;
    private final String dataset;
    private final LineSet set;
    private final ScheduledFuture<?> renewals;
    private volatile Lease lease;
    private volatile @Nullable StoreUnavailableException lossReason;
    private volatile Supplier<Renewal> progress;
    private volatile StoredPrefix recorded;

    /**
     * What a renewal records beside the lease.
     *
     * @param stored the lines that are stored, as far as this process knows
     * @param change to the entry of the build
     */
    private record Renewal(StoredPrefix stored, UnaryOperator<BuildEntry> change) {}

    /**
     * @param maintenance renews the lease
     * @param set that the build writes to
     * @param lease as in the registry
     * @param resumed the lines that an earlier build has stored in the set
     */
    HeldLease(
            RegistryAccess access,
            Maintenance maintenance,
            LeaseTerm term,
            LineSet set,
            Lease lease,
            StoredPrefix resumed) {
        this.access = access;
        this.term = term;
        this.dataset = set.dataset();
        this.set = set;
        this.lease = lease;
        this.progress = () -> renewal(resumed);
        this.recorded = resumed;
        this.renewals = maintenance.scheduleRenewals(term.renewalInterval(), this::renew);
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
        return new Renewal(stored, build -> build.with(stored, term.now()));
    }

    /** Records something else with each renewal: {@code change}, which is called on the housekeeping thread. */
    void reportChange(UnaryOperator<BuildEntry> change) {
        this.progress = () -> new Renewal(StoredPrefix.NONE, change);
    }

    /** Records in a change of the registry how far the build is stored. */
    void record(Registry current, StoredPrefix stored) {
        changeBuild(current, renewal(stored).change());
    }

    /** Returns true if the registry has these stored lines of the build. */
    boolean isRecorded(Registry current, StoredPrefix stored) {
        return buildIn(current).filter(build -> build.stored().equals(stored)).isPresent();
    }

    /** Returns the stored lines as of the last renewal. */
    StoredPrefix recorded() {
        return recorded;
    }

    private void changeBuild(Registry current, UnaryOperator<BuildEntry> change) {
        buildIn(current).ifPresent(build -> current.builds().put(dataset, change.apply(build)));
    }

    private Optional<BuildEntry> buildIn(Registry current) {
        return Optional.ofNullable(current.builds().get(dataset))
                .filter(build -> build.set().equals(set.name()));
    }

    /**
     * Checks that the set still belongs to the build. Must be called before each write of a batch: a process that was
     * suspended for longer than its lease must not write to a set that another build may own by now.
     *
     * @throws StoreUnavailableException if the lease was lost, or was not renewed in time
     */
    public void requireValid() throws StoreUnavailableException {
        StoreUnavailableException reason = lossReason;
        // Uses the clock, not the registry: it is called before each batch, and must also work if the renewals do not
        // run.
        if (reason == null && term.now() > term.writeDeadline(lease)) {
            reason = markLost(lost());
        }
        if (reason != null) {
            throw reason;
        }
    }

    boolean isValid() {
        try {
            requireValid();
            return true;
        } catch (StoreUnavailableException _) {
            return false;
        }
    }

    void stopRenewals() {
        renewals.cancel(false);
    }

    /**
     * Runs on the housekeeping thread, or on that of the build. A transient failure leaves the lease as it is, and the next
     * renewal tries again. The commit may have released the lease, and not cancelled the renewals yet.
     *
     * <p>One after the other, so that none records older progress than the one before it.
     */
    synchronized void renew() throws StoreException {
        Lease renewed = term.renew(lease);
        Renewal renewal = progress.get();
        boolean[] lost = new boolean[1];
        // The next renewal repeats it, with a later end.
        access.failingFast().update("renewing the lease on " + dataset, current -> {
            lost[0] = current.dataset(dataset).findIn(set).isEmpty() && !isOwned(current);
            if (isOwned(current)) {
                current.leases().put(dataset, renewed);
                changeBuild(current, renewal.change());
            }
        });
        if (lost[0]) {
            if (renewals.isCancelled()) {
                // The build has ended meanwhile, and released the lease.
                return;
            }
            throw markLost(lost());
        }
        lease = renewed;
        recorded = renewal.stored();
    }

    private StoreUnavailableException markLost(StoreUnavailableException e) {
        lossReason = e;
        stopRenewals();
        return e;
    }

    /**
     * Returns true if the registry still has the lease and the set of this build. A process that truncates the set removes
     * the expired lease first.
     */
    boolean isOwned(Registry current) {
        return isHeld(current) && set.equals(current.sets().get(set.name()));
    }

    /** Returns true if the registry still has the lease. */
    boolean isHeld(Registry current) {
        Lease held = current.leases().get(dataset);
        return held != null && held.holder().equals(lease.holder());
    }

    StoreUnavailableException lost() {
        return new StoreUnavailableException("the lease on " + dataset + " was lost: it was not renewed in time,"
                + " because this process was suspended or could not reach the cluster; its lines may have been"
                + " deleted, or another ingest may have begun. Nothing was published: ingest again with --resume");
    }
}
