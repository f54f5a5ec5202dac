package dev.lineserver.store.aerospike.registry;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Finds a set for a build: one that was truncated and is empty again, else a new one. */
final class SetChoice {
    /** The server allows 4,095 for a namespace; some are left to others. */
    private static final int MOST_SETS = 4_000;

    private static final int LETTERS = 26;

    private final RegistryAccess access;
    private final Map<String, Long> copies;

    /** Counts the records of the namespace's sets as they are now. */
    SetChoice(RegistryAccess access) throws StoreException {
        this.access = access;
        this.copies = access.sets();
    }

    private boolean isEmpty(String set) {
        return copies.getOrDefault(set, 0L) == 0;
    }

    LineSet choose(Registry registry, String dataset, long version, long now) throws StoreException {
        List<LineSet> free = registry.sets().values().stream()
                .filter(set -> set.state() == LineSet.State.FREE)
                .sorted(Comparator.comparingLong(LineSet::since))
                .toList();
        for (LineSet set : free) {
            if (isEmpty(set.name())) {
                return set.refill(dataset, version, now);
            }
            // The server is still deleting, or records arrived later, from a build that did not know it had lost its
            // lease.
            access.truncate(set.name());
        }
        return new LineSet(unusedName(registry), LineSet.State.BUILDING, dataset, version, 1, now, 0);
    }

    /** A set with records that is not in the registry belongs to another program. */
    private String unusedName(Registry registry) throws StoreFailedException {
        for (int i = 0; i < MOST_SETS; i++) {
            String name = name(i);
            if (!registry.sets().containsKey(name) && isEmpty(name)) {
                return name;
            }
        }
        throw new StoreFailedException("all " + MOST_SETS
                + " sets of the Aerospike namespace are in use: drop datasets, or use another namespace");
    }

    /** a, b … z, aa, ab … */
    static String name(int number) {
        String last = String.valueOf((char) ('a' + number % LETTERS));
        return number < LETTERS ? last : name(number / LETTERS - 1) + last;
    }
}
