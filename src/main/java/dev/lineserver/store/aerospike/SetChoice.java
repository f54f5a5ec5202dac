package dev.lineserver.store.aerospike;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.aerospike.client.cluster.Node;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Finds a set for a build: one that was truncated and is empty again, or else a new one. */
final class SetChoice {
    /** The server has 4,095 for a namespace; some are left to others. */
    private static final int MOST_SETS = 4_000;

    private static final int LETTERS = 26;

    private final Cluster cluster;
    private final Map<String, Long> objects = new HashMap<>();
    private final Map<String, Boolean> truncating = new HashMap<>();

    /** Looks at the sets of the namespace as they are now. */
    SetChoice(Cluster cluster) throws StoreException {
        this.cluster = cluster;
        for (Node node : cluster.nodes()) {
            for (String line : InfoText.list(cluster.info(node, "sets/" + cluster.settings.namespace()))) {
                Map<String, String> figures = InfoText.pairs(line, ':');
                String set = figures.getOrDefault("set", "");
                objects.merge(set, InfoText.number(figures, "objects", 0), Long::sum);
                truncating.merge(set, "true".equals(figures.get("truncating")), Boolean::logicalOr);
            }
        }
    }

    /** Copies of records in a set, on all nodes. */
    long objects(String set) {
        return objects.getOrDefault(set, 0L);
    }

    LineSet choose(Registry registry, String dataset, long version, long now) throws StoreException {
        List<LineSet> free = registry.sets().values().stream()
                .filter(set -> set.state() == LineSet.State.FREE && !truncating.getOrDefault(set.name(), false))
                .sorted(Comparator.comparingLong(LineSet::since))
                .toList();
        for (LineSet set : free) {
            if (objects(set.name()) == 0) {
                return set.refill(dataset, version, now);
            }
            // Records that arrived after the truncation, from a build that did not know it had lost its lease.
            cluster.truncate(set.name());
        }
        return new LineSet(unusedName(registry), LineSet.State.BUILDING, dataset, version, 1, now);
    }

    /** A set with records that the registry does not know is somebody else's. */
    private String unusedName(Registry registry) throws StoreFailedException {
        for (int i = 0; i < MOST_SETS; i++) {
            String name = name(i);
            if (!registry.sets().containsKey(name) && objects(name) == 0) {
                return name;
            }
        }
        throw new StoreFailedException("all " + MOST_SETS + " sets of namespace " + cluster.settings.namespace()
                + " are in use: drop datasets, or use another namespace");
    }

    /** a, b … z, aa, ab … */
    static String name(int number) {
        String last = String.valueOf((char) ('a' + number % LETTERS));
        return number < LETTERS ? last : name(number / LETTERS - 1) + last;
    }
}
