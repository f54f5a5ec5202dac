package dev.lineserver.store;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The versions of a dataset that a store has at one moment. At most one is current.
 *
 * @param dataset name of the dataset
 * @param versions sorted by number; none if the dataset has been dropped
 * @param lastNumber the highest number that a version of the dataset has ever had; numbers are not reused, not even after
 *     the dataset was dropped
 * @param previousNumber the number of the version that was current before; 0 if there was none, or it is not stored any more
 */
public record DatasetVersions(DatasetName dataset, List<StoredVersion> versions, long lastNumber, long previousNumber) {
    /** Sorts and copies {@code versions}. */
    public DatasetVersions {
        versions = versions.stream()
                .sorted(Comparator.comparingLong(StoredVersion::number))
                .toList();
    }

    /** Returns the version that readers of the dataset see; empty if no version has been published. */
    public Optional<StoredVersion> current() {
        return versions.stream()
                .filter(version -> version.state() == StoredVersion.State.CURRENT)
                .findFirst();
    }

    /** Returns the version with that number; empty if the store does not have it. */
    public Optional<StoredVersion> find(long number) {
        return versions.stream().filter(version -> version.number() == number).findFirst();
    }
}
