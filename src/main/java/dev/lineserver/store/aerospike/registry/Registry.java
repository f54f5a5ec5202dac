package dev.lineserver.store.aerospike.registry;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.lineserver.store.Manifest;

/**
 * Everything the store knows beside lines: the datasets' newest versions, the sets, and the leases. Immutable, and stored
 * as one record: publishing a version, retiring its predecessor and returning the lease are one step that happens or
 * does not.
 *
 * @param datasets by name
 * @param sets by name
 * @param leases by dataset
 */
public record Registry(
        SortedMap<String, Published> datasets, SortedMap<String, LineSet> sets, SortedMap<String, Lease> leases) {
    /** Of a namespace that never held a version. */
    public static final Registry EMPTY = new Registry(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    /**
     * A version that is being served.
     *
     * @param manifest what describes it
     * @param set that holds its lines
     * @param build that wrote it
     */
    public record Published(Manifest manifest, String set, String build) {}

    Registry with(Lease lease, LineSet set) {
        return new Registry(datasets, put(sets, set.name(), set), put(leases, set.dataset(), lease));
    }

    Registry renewed(String dataset, Lease lease) {
        return new Registry(datasets, sets, put(leases, dataset, lease));
    }

    /** With the version in place of its predecessor, and without its lease. */
    Registry published(Published version, long now) {
        String dataset = version.manifest().dataset().value();
        Registry retired = retired(dataset, now);
        LineSet live = lineSet(version.set()).become(LineSet.State.LIVE, now);
        return new Registry(
                put(datasets, dataset, version), put(retired.sets, live.name(), live), without(leases, dataset));
    }

    /** Without the dataset, and without the lease of a build that died. */
    Registry dropped(String dataset, long now) {
        Registry retired = retired(dataset, now);
        return new Registry(without(datasets, dataset), retired.sets, without(leases, dataset));
    }

    Registry with(LineSet set) {
        return new Registry(datasets, put(sets, set.name(), set), leases);
    }

    Registry withoutLease(String dataset) {
        return new Registry(datasets, sets, without(leases, dataset));
    }

    /** True if the lease of the build that fills this set has not run out. */
    boolean isBeingFilled(LineSet set, long now) {
        Lease lease = leases.get(set.dataset());
        return lease != null && lease.set().equals(set.name()) && lease.until() > now;
    }

    /** The set with this name, which the registry must have. */
    public LineSet lineSet(String name) {
        LineSet set = sets.get(name);
        if (set == null) {
            throw new IllegalStateException("the registry has no set " + name);
        }
        return set;
    }

    private Registry retired(String dataset, long now) {
        Published published = datasets.get(dataset);
        if (published == null || !sets.containsKey(published.set())) {
            return this;
        }
        return with(lineSet(published.set()).become(LineSet.State.RETIRED, now));
    }

    private static <V> SortedMap<String, V> put(SortedMap<String, V> map, String key, V value) {
        SortedMap<String, V> copy = new TreeMap<>(map);
        copy.put(key, value);
        return copy;
    }

    private static <V> SortedMap<String, V> without(Map<String, V> map, String key) {
        SortedMap<String, V> copy = new TreeMap<>(map);
        copy.remove(key);
        return copy;
    }
}
