package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.IngestPart;
import dev.lineserver.store.ProcessIdentity;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.registry.Registry.Lease;

/**
 * Deals with the processes that have begun a build of a dataset before this one: removes those that have ended, and waits
 * for the leases of those that may be alive.
 */
record OtherProcesses(RegistryAccess access, Maintenance maintenance, LeaseTerm term) {
    private static final System.Logger LOG = System.getLogger(OtherProcesses.class.getName());

    /** Removes the lease and the parts of processes of this machine that have ended, so that nobody waits for them. */
    void removeEnded(String dataset) throws StoreException {
        Registry present = access.read();
        Registry remaining = present.copy();
        removeEnded(remaining, dataset);
        if (!remaining.equals(present)) {
            maintenance.reclaimIfWritesAreStopped();
            access.update(
                    "removing the lease of an ended process on " + dataset, current -> removeEnded(current, dataset));
        }
    }

    /** Removes them from a copy of the registry, without a write. */
    void removeEnded(Registry current, String dataset) {
        Lease held = current.leases().get(dataset);
        if (held != null && ProcessIdentity.hasEnded(held.holder())) {
            current.leases().remove(dataset);
        }
        BuildEntry build = current.builds().get(dataset);
        if (build != null && build.parts() != null) {
            removeEndedParts(current, dataset, build, build.parts());
        }
    }

    private void removeEndedParts(Registry current, String dataset, BuildEntry build, PartsEntry parts) {
        Set<String> ended = parts.holders(ProcessIdentity::hasEnded);
        if (!ended.isEmpty()) {
            PartsEntry remaining = parts.leave(ended);
            current.builds().put(dataset, build.with(remaining, build.activeAt()));
            if (!remaining.hasLivePart(term.now())) {
                current.leases().remove(dataset);
            }
        }
    }

    /** Waits until the lease on a dataset expires, unless its process renews it. */
    void awaitLease(String dataset) throws StoreException {
        Lease first = access.read().leases().get(dataset);
        if (first != null) {
            awaitExpiry(
                    first.owner(),
                    first.until(),
                    () -> first.equals(access.read().leases().get(dataset)));
        }
    }

    /** Waits until the claim of the process that has a part expires, unless it renews it. */
    void awaitPart(String dataset, IngestPart part) throws StoreException {
        PartEntry first = part(dataset, part);
        if (first != null) {
            awaitExpiry(first.owner(), first.until(), () -> {
                PartEntry now = part(dataset, part);
                return now != null && now.until() == first.until();
            });
        }
    }

    private @Nullable PartEntry part(String dataset, IngestPart part) throws StoreException {
        BuildEntry build = access.read().builds().get(dataset);
        return build == null || build.parts() == null ? null : build.parts().find(part.number());
    }

    /** A question to the registry. */
    private interface Condition {
        boolean holds() throws StoreException;
    }

    private void awaitExpiry(String owner, long until, Condition unchanged) throws StoreException {
        if (until > term.now()) {
            LOG.log(
                    Level.INFO,
                    "waiting up to {0} s for the lease of {1}",
                    Math.ceilDiv(until - term.now(), 1_000L),
                    owner);
            while (until > term.now() && unchanged.holds()) {
                Polling.pause("waiting for the lease of another process");
            }
        }
    }
}
