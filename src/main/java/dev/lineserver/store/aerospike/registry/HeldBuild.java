package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.Registry.Lease;
import dev.lineserver.store.aerospike.registry.Registry.VersionEntry;

/**
 * A build for which this process has a lease, and the ways in which it ends:
 *
 * <pre>
 *   method       set         lease                 lines
 *   commit       LIVE        released              published or held
 *   rollBack     FREE        released              deleted
 *   suspend      BUILDING    released              kept, for a build that resumes this one
 *   abandon      BUILDING    expires               kept, as far as the last renewal recorded them
 * </pre>
 *
 * <p>If several processes store the version together, each has such a build beside its {@link HeldPart}, and the last one
 * commits it. The thread that ingests calls all methods.
 */
public final class HeldBuild {
    private static final System.Logger LOG = System.getLogger(HeldBuild.class.getName());

    private final RegistryAccess access;
    private final Maintenance maintenance;
    private final LeaseTerm term;
    private final BuildRequest request;
    private final String dataset;
    private final String sourceName;
    private final LineSet set;
    private final StoredPrefix resumed;
    private final HeldLease lease;
    private boolean commitAttempted;

    /**
     * @param set as in the registry, like the other two
     * @param entry of this build
     */
    HeldBuild(
            RegistryAccess access,
            Maintenance maintenance,
            LeaseTerm term,
            BuildRequest request,
            String sourceName,
            Lease lease,
            LineSet set,
            BuildEntry entry) {
        this.access = access;
        this.maintenance = maintenance;
        this.term = term;
        this.request = request;
        this.dataset = set.dataset();
        this.sourceName = sourceName;
        this.set = set;
        this.resumed = entry.stored();
        this.lease = new HeldLease(access, maintenance, term, set, lease, resumed);
    }

    /** Returns the lease, which must be valid before each write. */
    public HeldLease lease() {
        return lease;
    }

    /** Returns the set that the build writes to. */
    public LineSet set() {
        return set;
    }

    /** Returns the lines that an earlier build has stored in the set; {@link StoredPrefix#NONE} if there was none. */
    public StoredPrefix resumed() {
        return resumed;
    }

    /** Records at once that lines were lost: this process may write others in their place, and end before the next renewal. */
    public void recordLoss(StoredPrefix remaining) throws StoreException {
        lease.reportProgress(() -> remaining);
        lease.renew();
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
        Instant now = Instant.ofEpochMilli(term.now());
        Manifest manifest = new Manifest(request.dataset(), set.version(), content, sourceName, layout, now, files);
        VersionEntry version = new VersionEntry(manifest, set.name(), records, access.nodeCount());
        boolean[] retired = new boolean[1];
        access.update("publishing " + describe(), current -> {
            // Contained if an earlier attempt succeeded and its outcome was in doubt. The lease is gone then, so this
            // check must come before the one for the lease.
            if (current.dataset(dataset).all().contains(version)) {
                return;
            }
            lease.requireValid();
            if (!lease.isOwned(current)) {
                throw lease.lost();
            }
            current.put(set.withState(LineSet.SetState.LIVE, now.toEpochMilli()));
            if (request.hold()) {
                current.hold(dataset, version);
            } else {
                int keep = Versions.orDefault(request.keep());
                // The time of this attempt, which may be many seconds later than that of the manifest.
                retired[0] |= current.publish(dataset, version, keep, term.now());
            }
            current.leases().remove(dataset);
            current.builds().remove(dataset);
        });
        lease.stopRenewals();
        if (retired[0]) {
            maintenance.sweepAfterGrace();
        }
        return manifest;
    }

    /** Returns the manifest of this build's version, if it is published or held. */
    Optional<Manifest> findPublished(Registry current) {
        return current.dataset(dataset).findIn(set).map(VersionEntry::manifest);
    }

    /**
     * Releases the lease, and keeps the set for a build that resumes this one. Does not fail: if the cluster cannot be
     * reached, the lease expires, and the build can be resumed from what was reported last.
     *
     * @return the lines that are kept, as far as this process knows; none if it has lost its lease
     */
    public StoredPrefix suspend(StoredPrefix stored) {
        lease.stopRenewals();
        boolean[] kept = new boolean[1];
        try {
            access.ending().update("suspending " + describe(), current -> {
                if (lease.isHeld(current)) {
                    current.leases().remove(dataset);
                    lease.record(current, stored);
                }
                // Not only if this attempt released it: an earlier one may have, and its outcome was in doubt.
                kept[0] = lease.isRecorded(current, stored);
            });
            return kept[0] ? stored : StoredPrefix.NONE;
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "the end of the lines that are stored could not be recorded; a later ingest resumes at an earlier line: {0}",
                    e.getMessage());
            return lease.recorded();
        }
    }

    /**
     * Ends renewals, so that the lease expires, and keeps the set for a build that resumes this one.
     *
     * @return the lines that are kept
     */
    public StoredPrefix abandon() {
        lease.stopRenewals();
        return lease.recorded();
    }

    /**
     * Truncates the set and releases the lease. Does not fail: if the cluster cannot be reached, the lease expires, and
     * the next ingest, drop or server truncates the set.
     */
    public void rollBack() {
        lease.stopRenewals();
        try {
            // First, because the cluster may have stopped writes of the registry, too, for these very records. Only
            // while the lease excludes others from the set, and not if a publication in doubt may still happen.
            // Otherwise the set is reclaimed like any other. The time counts after the read, which may wait.
            RegistryAccess impatient = access.ending();
            boolean truncated = !commitAttempted && lease.isHeld(impatient.read()) && lease.isValid();
            if (truncated) {
                impatient.truncate(set.name());
            }
            impatient.update("rolling back " + describe(), current -> {
                if (lease.isHeld(current)) {
                    current.leases().remove(dataset);
                    current.builds().remove(dataset);
                    if (truncated) {
                        current.put(set.withState(LineSet.SetState.FREE, term.now()));
                    }
                }
            });
            maintenance.sweep();
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} could not be rolled back, and keeps its space until the next ingest, drop or reclaim: {1}",
                    describe(),
                    e.getMessage());
        }
    }

    private String describe() {
        return "version " + set.version() + " of " + dataset;
    }
}
