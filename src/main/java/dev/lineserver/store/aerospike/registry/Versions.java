package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.Registry.DatasetEntry;
import dev.lineserver.store.aerospike.registry.Registry.VersionEntry;

/**
 * Publishes, drops and holds stored versions. Safe for use by many threads; all methods block.
 *
 * <p>The set of a version that is no longer stored is kept for a grace, in which servers notice the change. A server that
 * still reads the version {@linkplain #hold holds} it repeatedly, for at most {@link #MAX_HOLD}:
 *
 * <pre>
 *   retired          + grace          last hold + grace, at most retired + MAX_HOLD
 *     ├────────────────┤ - - - - - - - - - - - - ┤
 *        always kept       kept while held         the next sweep truncates the set
 * </pre>
 */
public final class Versions {
    /** Limits the time for which a retired version is kept for its readers. */
    public static final Duration MAX_HOLD = Duration.ofHours(1);

    /**
     * A hold is extended only by at least this fraction of the grace, so that many servers cause few registry writes.
     */
    private static final int MIN_EXTENSION_DIVISOR = 4;

    /** A version costs as much storage and RAM as the current one. */
    private static final int DEFAULT_KEEP = 1;

    private final RegistryAccess access;
    private final Maintenance maintenance;
    private final InstantSource clock;

    /** @param maintenance frees the sets of versions that are no longer stored */
    public Versions(RegistryAccess access, Maintenance maintenance, InstantSource clock) {
        this.access = access;
        this.maintenance = maintenance;
        this.clock = clock;
    }

    /**
     * Makes a stored version the current one, and retires the versions that were published before the last {@code keep}.
     *
     * @param keep 0 for the default
     * @throws StoreFailedException if the version is not stored, or a build of the dataset is in progress
     */
    public Manifest publish(DatasetName dataset, long version, int keep) throws StoreException {
        maintenance.reclaimIfWritesAreStopped();
        boolean[] retired = new boolean[1];
        Registry after = access.update("publishing " + describe(dataset, version), current -> {
            current.requireNoBuild(
                    dataset.value(),
                    describe(dataset, version) + " cannot be published while the dataset is being ingested",
                    clock.millis());
            DatasetEntry versions = current.dataset(dataset.value());
            VersionEntry stored = requireVersion(versions, dataset, version);
            if (versions.current() != version) {
                // Of no use, else requireNoBuild would have thrown.
                current.leases().remove(dataset.value());
                retired[0] |= current.publish(dataset.value(), stored, orDefault(keep), clock.millis());
            }
        });
        if (retired[0]) {
            maintenance.sweepAfterGrace();
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
     * Drops a dataset, and its unfinished build. The sets of its versions are kept for the grace.
     *
     * @return false if there is no such dataset
     * @throws StoreFailedException if a build of the dataset is in progress
     */
    public boolean drop(DatasetName dataset) throws StoreException {
        return remove(dataset, DatasetEntry::all, true);
    }

    /**
     * Drops a version that is not current. Its set is kept for the grace, and an unfinished build stays.
     *
     * @throws StoreFailedException if the version is not stored, is current, or a build of the dataset is in progress
     */
    public void drop(DatasetName dataset, long version) throws StoreException {
        boolean[] found = new boolean[1];
        Choice choice = versions -> {
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
        };
        boolean _ = remove(dataset, choice, false);
    }

    /** Chooses versions to remove. */
    private interface Choice {
        List<VersionEntry> from(DatasetEntry versions) throws StoreException;
    }

    /**
     * @param build true to remove the unfinished build, too
     * @return false if nothing was removed
     */
    private boolean remove(DatasetName dataset, Choice choice, boolean build) throws StoreException {
        maintenance.reclaimIfWritesAreStopped();
        boolean[] removed = new boolean[1];
        access.update("dropping " + dataset, current -> {
            current.requireNoBuild(
                    dataset.value(), dataset + " cannot be dropped while it is being ingested", clock.millis());
            // Of no use, else requireNoBuild would have thrown: the lease of a build that ended without a rollback.
            current.leases().remove(dataset.value());
            for (VersionEntry version : choice.from(current.dataset(dataset.value()))) {
                current.remove(dataset.value(), version, clock.millis());
                removed[0] = true;
            }
            if (build) {
                removed[0] |= current.builds().remove(dataset.value()) != null;
            }
        });
        maintenance.sweep();
        if (removed[0]) {
            maintenance.sweepAfterGrace();
        }
        return removed[0];
    }

    /**
     * Keeps a retired set for another grace, within the limit of {@link #MAX_HOLD}. Does nothing to a set in another
     * state. A server calls this at least every half grace while it reads the set.
     */
    public void hold(LineSet set) throws StoreException {
        long grace = maintenance.grace.toMillis();
        long[] extendedUntil = new long[1];
        access.update("holding set " + set.name() + " for its readers", current -> {
            LineSet present = current.sets().get(set.name());
            // Another build means that the set was truncated, and belongs to another version now.
            if (present == null || present.build() != set.build() || present.state() != LineSet.SetState.RETIRED) {
                return;
            }
            long until = Math.min(clock.millis() + grace, present.since() + MAX_HOLD.toMillis());
            if (until - present.heldUntil() > grace / MIN_EXTENSION_DIVISOR) {
                extendedUntil[0] = until;
                current.put(present.withHeldUntil(until));
            }
        });
        // This process may be the last one that knows of the hold, so it also schedules the sweep after it.
        if (extendedUntil[0] != 0) {
            maintenance.sweepAt(extendedUntil[0]);
        }
    }
}
