package dev.lineserver.store.aerospike.registry;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreFailedException;

/**
 * Everything the store knows beside lines: the datasets' newest versions, the sets, and the leases. Stored as one record:
 * publishing a version, retiring its predecessor and returning the lease are one step that happens or does not. Nobody
 * changes a registry that was read, except for the copy that a {@link RegistryAccess.RegistryChange} is given.
 *
 * @param datasets by name
 * @param sets by name
 * @param leases by dataset
 */
public record Registry(
        SortedMap<String, PublishedVersion> datasets,
        SortedMap<String, LineSet> sets,
        SortedMap<String, Lease> leases) {
    /** The server allows 4,095 sets for a namespace; some are left to others. */
    static final int MAX_SETS = 4_000;

    private static final int LETTERS = 26;

    /**
     * A version that is being served.
     *
     * @param manifest what describes it
     * @param set that holds its lines
     * @param build that wrote it
     */
    public record PublishedVersion(Manifest manifest, String set, String build) {}

    /**
     * Keeps other builds off a dataset.
     *
     * @param build identity of the build that holds it
     * @param owner that build, for people
     * @param set the build writes to
     * @param until end of the lease unless it is renewed, in milliseconds of the epoch
     */
    record Lease(String build, String owner, String set, long until) {}

    /** The registry of a namespace that never held a version. */
    public static Registry empty() {
        return new Registry(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    /** A registry with the same entries. */
    public Registry copy() {
        return new Registry(new TreeMap<>(datasets), new TreeMap<>(sets), new TreeMap<>(leases));
    }

    void put(LineSet set) {
        sets.put(set.name(), set);
    }

    /** Marks the set of the dataset's newest version as retired, if it has one. */
    void retire(String dataset, long now) {
        PublishedVersion published = datasets.get(dataset);
        if (published != null && sets.containsKey(published.set())) {
            put(lineSet(published.set()).withState(LineSet.SetState.RETIRED, now));
        }
    }

    /** True if the lease of the build that fills this set has not run out. */
    boolean hasValidLease(LineSet set, long now) {
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

    /**
     * Finds a set for a build: one that was truncated and is empty again, the one that has been free longest, else a new
     * one. A set with records that is not in the registry belongs to another program.
     *
     * @param copies of records in each set of the namespace
     */
    LineSet chooseSet(Map<String, Long> copies, String dataset, long version, long now) throws StoreFailedException {
        Optional<LineSet> free = sets.values().stream()
                .filter(set -> set.state() == LineSet.SetState.FREE && isEmpty(copies, set.name()))
                .min(Comparator.comparingLong(LineSet::since));
        if (free.isPresent()) {
            return free.get().reuseFor(dataset, version, now);
        }
        String name = IntStream.range(0, MAX_SETS)
                .mapToObj(Registry::shortName)
                .filter(unused -> !sets.containsKey(unused) && isEmpty(copies, unused))
                .findFirst()
                .orElseThrow(() -> new StoreFailedException("all " + MAX_SETS
                        + " sets of the Aerospike namespace are in use: drop datasets, or use another namespace"));
        return new LineSet(name, LineSet.SetState.BUILDING, dataset, version, 1, now, 0);
    }

    private static boolean isEmpty(Map<String, Long> copies, String set) {
        return copies.getOrDefault(set, 0L) == 0;
    }

    /** Short names, of sets and of bins: a to z, 10 to zz, and so on; the first 4,000 have at most three characters. */
    static String shortName(int number) {
        return Integer.toString(Character.MAX_RADIX - LETTERS + number, Character.MAX_RADIX);
    }
}
