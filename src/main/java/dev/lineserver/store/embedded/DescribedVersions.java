package dev.lineserver.store.embedded;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;

/**
 * Reads the versions of a dataset with their manifests. Readers acquire no lock, so another process may remove a version after
 * it was listed and before its manifest is read. Then the list has changed, and everything is read again.
 */
final class DescribedVersions {
    /** Each further attempt follows a further change. */
    private static final int MAX_ATTEMPTS = 20;

    private DescribedVersions() {}

    /** Returns the versions, each of which may be unreadable; empty if there are none. */
    static Optional<DatasetVersions> read(DatasetDirectory files) throws StoreException {
        VersionsFile listed = files.versions();
        List<StoredVersion> described = describe(files, listed);
        for (int attempt = 1; attempt < MAX_ATTEMPTS && isAnyGone(described); attempt++) {
            VersionsFile now = files.versions();
            if (now.equals(listed)) {
                break;
            }
            listed = now;
            described = describe(files, listed);
        }
        return described.isEmpty()
                ? Optional.empty()
                : Optional.of(new DatasetVersions(files.name(), described, listed.last(), listed.previous()));
    }

    private static List<StoredVersion> describe(DatasetDirectory files, VersionsFile listed) {
        List<StoredVersion> described = new ArrayList<>();
        for (long number : listed.numbers()) {
            StoredVersion.State state = listed.state(number).orElseThrow();
            try {
                described.add(StoredVersion.of(state, files.manifest(number).manifest()));
            } catch (StoreException e) {
                described.add(StoredVersion.unreadable(state, number, e));
            }
        }
        return described;
    }

    private static boolean isAnyGone(List<StoredVersion> described) {
        return described.stream().anyMatch(version -> version.failure() instanceof StoreUnavailableException);
    }
}
