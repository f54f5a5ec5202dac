package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.Registry.Lease;

/**
 * A build's lease on its dataset and its set, renewed in the background until the version is published or rolled back, or
 * the lease is lost. A lost lease stays lost, even if nobody else took it: its set may have been truncated meanwhile.
 */
public final class HeldLease {
    private static final System.Logger LOG = System.getLogger(HeldLease.class.getName());

    private final LifeCycle lifeCycle;
    private final DatasetName dataset;
    private final String sourceName;
    private final LineSet set;
    private final ScheduledFuture<?> renewal;
    private volatile Lease lease;
    private volatile @Nullable StoreFailedException lossReason;

    HeldLease(LifeCycle lifeCycle, DatasetName dataset, String sourceName, Lease lease, LineSet set) {
        this.lifeCycle = lifeCycle;
        this.dataset = dataset;
        this.sourceName = sourceName;
        this.lease = lease;
        this.set = set;
        this.renewal = lifeCycle.scheduleRenewals(this::renew);
    }

    /** The set that the build writes to. */
    public LineSet set() {
        return set;
    }

    /**
     * Checks that the set still belongs to the build. To be called before every batch: a process that was stopped for
     * longer than its lease must not write into a set that may be another build's by now.
     *
     * @throws StoreFailedException if the lease was lost, or was not renewed in time
     */
    public void requireValid() throws StoreFailedException {
        StoreFailedException lost = lossReason;
        if (lost == null && lifeCycle.now() > lifeCycle.writeDeadline(lease)) {
            lost = markLost(leaseLost());
        }
        if (lost != null) {
            throw lost;
        }
    }

    /** Makes the version the newest of its dataset, and retires the one before it. */
    public Manifest publish(Content content) throws StoreException {
        Instant now = Instant.ofEpochMilli(lifeCycle.now());
        Manifest manifest = new Manifest(dataset, set.version(), content, sourceName, LineSet.LAYOUT, now);
        Registry.PublishedVersion version = new Registry.PublishedVersion(manifest, set.name(), lease.build());
        lifeCycle.access.update("publishing " + describe(), current -> {
            if (!version.equals(current.datasets().get(dataset.value()))) {
                requireOwned(current);
                current.retire(dataset.value(), now.toEpochMilli());
                current.put(set.withState(LineSet.SetState.LIVE, now.toEpochMilli()));
                current.datasets().put(dataset.value(), version);
                current.leases().remove(dataset.value());
            }
        });
        renewal.cancel(false);
        if (set.version() > 1) {
            lifeCycle.scheduleSweepAfterGrace();
        }
        return manifest;
    }

    /** Returns lease and set. If the cluster cannot be reached, the next build does so when the lease has run out. */
    public void rollBack() {
        renewal.cancel(false);
        try {
            lifeCycle.access.update("rolling back " + describe(), current -> {
                if (ownsLease(current)) {
                    current.leases().remove(dataset.value());
                }
            });
            lifeCycle.sweep();
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} could not be rolled back and keeps its space until the next ingest: {1}",
                    describe(),
                    e.getMessage());
        }
    }

    private void renew() throws StoreException {
        Lease renewed = lifeCycle.renewed(lease);
        try {
            lifeCycle.access.update("renewing the lease on " + dataset, current -> {
                requireOwned(current);
                current.leases().put(dataset.value(), renewed);
            });
            lease = renewed;
        } catch (StoreFailedException e) {
            throw markLost(e);
        }
    }

    private StoreFailedException markLost(StoreFailedException e) {
        lossReason = e;
        renewal.cancel(false);
        return e;
    }

    /** A lease that ran out stays in the registry, while its set is truncated. So the set is checked too. */
    private void requireOwned(Registry current) throws StoreFailedException {
        LineSet present = current.sets().get(set.name());
        if (!ownsLease(current) || !set.equals(present)) {
            throw leaseLost();
        }
    }

    private StoreFailedException leaseLost() {
        return new StoreFailedException(
                "the lease on " + dataset + " was lost: it was not renewed in time, because this"
                        + " process was stopped or the cluster was not reachable, and its lines were deleted or another build may"
                        + " have taken its place. Ingest again");
    }

    private boolean ownsLease(Registry current) {
        Lease held = current.leases().get(dataset.value());
        return held != null && held.build().equals(lease.build());
    }

    private String describe() {
        return "version " + set.version() + " of " + dataset;
    }
}
