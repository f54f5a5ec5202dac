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
 * Lists the newest version of each dataset, the sets, and the leases. It is stored in one record, so that publishing a
 * version, retiring its predecessor and releasing the lease are one atomic write. A registry that was read is never
 * changed; only a {@link RegistryAccess.RegistryChange} changes the copy that it gets.
 *
 * @param datasets by name
 * @param sets by name
 * @param leases by dataset
 */
public record Registry(
        SortedMap<String, PublishedVersion> datasets,
        SortedMap<String, LineSet> sets,
        SortedMap<String, Lease> leases) {
    /** The server allows 4,095 sets in a namespace; the rest is left to other programs. */
    static final int MAX_SETS = 4_000;

    private static final int LETTERS = 26;

    /**
     * The newest version of a dataset.
     *
     * @param manifest describes the version
     * @param set name of the set that holds its lines
     * @param build identity of the build that wrote it
     */
    public record PublishedVersion(Manifest manifest, String set, String build) {}

    /**
     * Excludes other builds of a dataset.
     *
     * @param build identity of the build that holds the lease
     * @param owner describes the process of that build, for messages
     * @param set name of the set that the build writes to
     * @param until end of the lease unless it is renewed, in milliseconds since the epoch
     */
    record Lease(String build, String owner, String set, long until) {}

    /** Returns the registry of a namespace that has never held a version. */
    public static Registry empty() {
        return new Registry(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    /** Returns a registry with the same entries, whose maps can be changed independently. */
    public Registry copy() {
        return new Registry(new TreeMap<>(datasets), new TreeMap<>(sets), new TreeMap<>(leases));
    }

    void put(LineSet set) {
        sets.put(set.name(), set);
    }

    /** Marks the set of the newest version as retired, if the dataset exists. */
    void retire(String dataset, long now) {
        PublishedVersion published = datasets.get(dataset);
        if (published != null && sets.containsKey(published.set())) {
            put(lineSet(published.set()).withState(LineSet.SetState.RETIRED, now));
        }
    }

    /** Returns true if the build that writes to the set has a lease that has not expired. */
    boolean hasValidLease(LineSet set, long now) {
        Lease lease = leases.get(set.dataset());
        return lease != null && lease.set().equals(set.name()) && lease.until() > now;
    }

    /** Returns the set of that name, which must exist. */
    public LineSet lineSet(String name) {
        LineSet set = sets.get(name);
        if (set == null) {
            throw new IllegalStateException("the registry has no set " + name);
        }
        return set;
    }

    /**
     * Chooses a set for a build: the empty set that has been free longest, else a set with a new name. A set that has
     * records and is not in the registry belongs to another program.
     *
     * @param copies number of records in each set of the namespace, all copies included
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

    /**
     * Returns the short name of a set or bin: a to z, then 10 to zz, and so on. Every record stores both names. The
     * first 4,000 have at most three characters.
     */
    static String shortName(int number) {
        return Integer.toString(Character.MAX_RADIX - LETTERS + number, Character.MAX_RADIX);
    }
}
