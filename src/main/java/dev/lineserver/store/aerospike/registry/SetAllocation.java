package dev.lineserver.store.aerospike.registry;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.RegistryAccess.SetCount;

/** Chooses a set for a build, and numbers the build. */
final class SetAllocation {
    /** Keys have 25 bits for it: enough for one build a minute for 63 years. */
    static final long MAX_BUILD = (1L << 25) - 1;

    /** 2026-01-01T00:00Z, in minutes since the epoch. */
    private static final long FIRST_MINUTE = 29_453_760;

    private SetAllocation() {}

    /**
     * Returns the empty set that has been free longest, else a set with a new name. A set that has records and is not in
     * the registry belongs to another program.
     *
     * @param counts records of each set of the namespace
     * @param recordsSince see {@link LineSet#recordsSince}
     */
    static LineSet allocate(
            Registry registry, Map<String, SetCount> counts, String dataset, long version, long recordsSince, long now)
            throws StoreFailedException {
        Optional<String> free = registry.sets().values().stream()
                .filter(set -> set.state() == LineSet.SetState.FREE && isEmpty(counts, set.name()))
                .min(Comparator.comparingLong(LineSet::since))
                .map(LineSet::name);
        String name = free.or(() -> IntStream.range(0, LineSet.MAX_SETS)
                        .mapToObj(LineSet::nameOf)
                        .filter(unused -> !registry.sets().containsKey(unused) && isEmpty(counts, unused))
                        .findFirst())
                .orElseThrow(() -> new StoreFailedException("all " + LineSet.MAX_SETS
                        + " sets of the Aerospike namespace are in use: drop datasets, or use another namespace"));
        long build = nextBuild(registry, now);
        return new LineSet(name, LineSet.SetState.BUILDING, dataset, version, build, recordsSince, now, 0);
    }

    private static boolean isEmpty(Map<String, SetCount> counts, String set) {
        SetCount count = counts.get(set);
        return count == null || (count.copies() == 0 && !count.truncating());
    }

    /**
     * Returns a number that no build has had. A set keeps the number of its last build, so the highest one is in the
     * registry. The minutes keep a number from being reused if the registry was lost.
     */
    private static long nextBuild(Registry registry, long now) throws StoreFailedException {
        long last = registry.sets().values().stream()
                .mapToLong(LineSet::build)
                .max()
                .orElse(0);
        long next = Math.max(last + 1, TimeUnit.MILLISECONDS.toMinutes(now) - FIRST_MINUTE);
        if (next > MAX_BUILD) {
            throw new StoreFailedException("the build number " + next + " exceeds the limit of " + MAX_BUILD
                    + ": check the clock of this machine; if it is right, use another namespace");
        }
        return next;
    }
}
