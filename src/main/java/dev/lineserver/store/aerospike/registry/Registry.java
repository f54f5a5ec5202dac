package dev.lineserver.store.aerospike.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;

import dev.lineserver.store.Manifest;
import dev.lineserver.store.ProcessIdentity;
import dev.lineserver.store.StoreFailedException;

/**
 * Lists the versions of each dataset, the sets, the leases and the builds. It is stored in one record, so that publishing a
 * version, retiring another one and releasing the lease are one atomic write. A registry that was read is never
 * changed; only a {@link RegistryAccess.RegistryChange} changes the copy that it gets.
 *
 * @param datasets by name; a dropped dataset keeps its entry, because the numbers of its versions are not reused
 * @param sets by name
 * @param leases by dataset; the one of {@link #RECLAIMING} excludes other servers that reclaim leftovers
 * @param builds by dataset; a build that has ended unfinished keeps its entry, so that it can be resumed
 */
public record Registry(
        SortedMap<String, DatasetEntry> datasets,
        SortedMap<String, LineSet> sets,
        SortedMap<String, Lease> leases,
        SortedMap<String, BuildEntry> builds) {
    /** In place of a dataset; no dataset can have this name. */
    static final String RECLAIMING = "(reclaim)";

    /**
     * A stored version.
     *
     * @param manifest describes the version
     * @param set name of the set that holds its lines
     * @param records number of records, one for each line and each part of a long line
     * @param nodes number of nodes of the cluster when the version was stored; 0 if an earlier release stored it
     */
    public record VersionEntry(
            Manifest manifest,
            String set,
            long records,

            @JsonSetter(nulls = Nulls.AS_EMPTY) @JsonInclude(JsonInclude.Include.NON_DEFAULT)
            int nodes) {}

    /**
     * The versions of a dataset.
     *
     * @param published in the order of their publication; the last one is current
     * @param held stored and not yet published
     * @param lastNumber the highest number that a version has had
     */
    public record DatasetEntry(List<VersionEntry> published, List<VersionEntry> held, long lastNumber) {
        static final DatasetEntry EMPTY = new DatasetEntry(List.of(), List.of(), 0);

        /** Returns all versions. */
        public List<VersionEntry> all() {
            return Stream.concat(published.stream(), held.stream()).toList();
        }

        /** Returns the version with that number, if it is stored. */
        public Optional<VersionEntry> find(long number) {
            return all().stream()
                    .filter(entry -> entry.manifest().version() == number)
                    .findFirst();
        }

        /** Returns the version whose lines are in a set, if it is stored. */
        Optional<VersionEntry> findIn(LineSet lines) {
            return all().stream()
                    .filter(entry -> entry.set().equals(lines.name()))
                    // The set may have been given to another version since.
                    .filter(entry -> entry.manifest().version() == lines.version())
                    .findFirst();
        }

        /** Returns the number of the current version; 0 if none is published. */
        public long current() {
            return published.isEmpty() ? 0 : published.getLast().manifest().version();
        }

        /** Returns the number of the version that was current before; 0 if there is none. */
        public long previous() {
            return published.size() < 2
                    ? 0
                    : published.get(published.size() - 2).manifest().version();
        }

        private DatasetEntry without(VersionEntry version) {
            return new DatasetEntry(
                    published.stream().filter(entry -> !entry.equals(version)).toList(),
                    held.stream().filter(entry -> !entry.equals(version)).toList(),
                    Math.max(lastNumber, version.manifest().version()));
        }
    }

    /**
     * Excludes other builds of a dataset.
     *
     * @param holder unique identity of the build that holds the lease
     * @param owner describes the process of that build, for messages
     * @param set name of the set that the build writes to
     * @param until end of the lease unless it is renewed, in milliseconds since the epoch
     */
    record Lease(String holder, String owner, String set, long until) {}

    /** Returns the registry of a namespace that has never held a version. */
    public static Registry empty() {
        return new Registry(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    /** Returns a registry with the same entries, whose maps can be changed independently. */
    public Registry copy() {
        return new Registry(new TreeMap<>(datasets), new TreeMap<>(sets), new TreeMap<>(leases), new TreeMap<>(builds));
    }

    /** Returns the versions of a dataset; no versions if there is no such dataset. */
    public DatasetEntry dataset(String name) {
        return Objects.requireNonNullElse(datasets.get(name), DatasetEntry.EMPTY);
    }

    void put(LineSet set) {
        sets.put(set.name(), set);
    }

    /** Adds a version that readers do not see. */
    void hold(String dataset, VersionEntry version) {
        DatasetEntry others = dataset(dataset).without(version);
        datasets.put(
                dataset, new DatasetEntry(others.published(), append(others.held(), version), others.lastNumber()));
    }

    /**
     * Makes a version current, and retires the sets of the versions that were published before the last {@code keep}.
     *
     * @return true if a set was retired
     */
    boolean publish(String dataset, VersionEntry version, int keep, long now) {
        DatasetEntry others = dataset(dataset).without(version);
        List<VersionEntry> published = append(others.published(), version);
        int retired = Math.max(0, published.size() - keep);
        published.subList(0, retired).forEach(entry -> retire(entry, now));
        datasets.put(
                dataset,
                new DatasetEntry(
                        List.copyOf(published.subList(retired, published.size())), others.held(), others.lastNumber()));
        return retired > 0;
    }

    /** Removes a version that is stored, and retires its set. */
    void remove(String dataset, VersionEntry version, long now) {
        retire(version, now);
        datasets.put(dataset, dataset(dataset).without(version));
    }

    private void retire(VersionEntry version, long now) {
        put(lineSet(version.set()).withState(LineSet.SetState.RETIRED, now));
    }

    private static List<VersionEntry> append(List<VersionEntry> versions, VersionEntry last) {
        List<VersionEntry> appended = new ArrayList<>(versions);
        appended.add(last);
        return appended;
    }

    /** Returns true if the build that writes to the set has a lease that has not expired. */
    boolean hasValidLease(LineSet set, long now) {
        Lease lease = leases.get(set.dataset());
        return lease != null && lease.set().equals(set.name()) && lease.until() > now;
    }

    /**
     * Permits what a build in progress excludes. A process of this machine that has ended excludes nothing.
     *
     * @throws StoreFailedException if a build of the dataset is in progress; its message begins with {@code refusal}
     */
    void requireNoBuild(String dataset, String refusal, long now) throws StoreFailedException {
        Lease held = leases.get(dataset);
        if (held != null && held.until() > now && !ProcessIdentity.hasEnded(held.holder())) {
            throw new StoreFailedException(refusal + ", by " + held.owner()
                    + ". Wait until it ends; if its process has died, the lease expires in "
                    + Math.ceilDiv(held.until() - now, 1_000L) + " s");
        }
    }

    /**
     * Returns the build of a dataset that another process can resume: it has stored lines, no process holds its lease, and
     * its last sign of life is not older than {@link BuildEntry#MAX_AGE}.
     */
    Optional<BuildEntry> resumable(String dataset, long now) {
        return Optional.ofNullable(builds.get(dataset))
                .filter(build -> build.stored().lineCount() > 0
                        && build.activeAt() + BuildEntry.MAX_AGE.toMillis() > now
                        && !hasValidLease(lineSet(build.set()), now));
    }

    /** Returns true if the lines that an ended build has written to the set are kept, so that it can be resumed. */
    boolean isResumable(LineSet set, long now) {
        return resumable(set.dataset(), now)
                .filter(build -> build.set().equals(set.name()))
                .isPresent();
    }

    /** Returns the set of that name, which must exist. */
    public LineSet lineSet(String name) {
        LineSet set = sets.get(name);
        if (set == null) {
            throw new IllegalStateException("the registry has no set " + name);
        }
        return set;
    }
}
