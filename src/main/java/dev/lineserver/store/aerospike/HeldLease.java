package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ScheduledFuture;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** A build's lease on its dataset and its set, renewed until it is published, rolled back, or lost. */
final class HeldLease {
    private static final System.Logger LOG = System.getLogger(HeldLease.class.getName());
    private static final String LAYOUT = "aerospike-record-per-line/1";

    private final RegistryRecord registry;
    private final Housekeeping housekeeping;
    private final BuildRequest request;
    private final Lease lease;
    private final LineSet set;
    private final ScheduledFuture<?> renewal;
    private volatile @Nullable StoreFailedException lost;

    HeldLease(RegistryRecord registry, Housekeeping housekeeping, BuildRequest request, Lease lease, LineSet set) {
        this.registry = registry;
        this.housekeeping = housekeeping;
        this.request = request;
        this.lease = lease;
        this.set = set;
        this.renewal = housekeeping.renew(this::renew);
    }

    LineSet set() {
        return set;
    }

    /** @throws StoreFailedException where the lease was lost */
    void check() throws StoreFailedException {
        StoreFailedException loss = lost;
        if (loss != null) {
            throw loss;
        }
    }

    Manifest publish(Content content) throws StoreException {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Manifest manifest = new Manifest(request.dataset(), set.version(), content, request.sourceName(), LAYOUT, now);
        Registry.Published version = new Registry.Published(manifest, set.name(), lease.build());
        boolean[] supersedes = new boolean[1];
        registry.update("publishing " + describe(), current -> {
            if (version.equals(current.datasets().get(request.dataset().value()))) {
                return current;
            }
            requireHeld(current);
            supersedes[0] = current.datasets().containsKey(request.dataset().value());
            return current.published(version, now.toEpochMilli());
        });
        renewal.cancel(false);
        if (supersedes[0]) {
            housekeeping.sweepAfterGrace();
        }
        return manifest;
    }

    /** Gives lease and set back. What cannot be done now, the next build does. */
    void rollBack() {
        renewal.cancel(false);
        try {
            registry.update("rolling back " + describe(), current -> holds(current) ? withoutUs(current) : current);
            housekeeping.sweep();
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} could not be rolled back and keeps its space until the next ingest: {1}",
                    describe(),
                    e.getMessage());
        }
    }

    private Registry withoutUs(Registry current) {
        return current.withoutLease(request.dataset().value());
    }

    private void renew() {
        try {
            registry.update("renewing the lease on " + request.dataset(), current -> {
                requireHeld(current);
                return current.renewed(request.dataset().value(), housekeeping.extended(lease));
            });
        } catch (StoreFailedException e) {
            lost = e;
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "the lease on {0} could not be renewed: {1}", request.dataset(), e.getMessage());
        }
    }

    private void requireHeld(Registry current) throws StoreFailedException {
        if (!holds(current)) {
            throw new StoreFailedException("the lease on " + request.dataset() + " was lost: this build was not heard"
                    + " of for longer than the lease, and another took its place. Ingest again if that one fails");
        }
    }

    private boolean holds(Registry current) {
        Lease held = current.leases().get(request.dataset().value());
        return held != null && held.build().equals(lease.build());
    }

    private String describe() {
        return "version " + set.version() + " of " + request.dataset();
    }
}
