package dev.lineserver.serving;

import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoredVersion;

/**
 * What a server knows of the versions of a dataset in the store: its last listings. The version watch lists them at an
 * interval, and {@link #isStored} once more. Safe for use by any thread; only {@code isStored} may block.
 */
final class KnownVersions {
    /** Written by threads that hold the monitor. */
    private volatile Listings listings;

    /**
     * The listings.
     *
     * @param last the last one
     * @param described the last one that describes the versions; null if there has not been any
     */
    private record Listings(DatasetListing last, @Nullable DatasetVersions described) {
        Listings next(DatasetListing newer) {
            return new Listings(
                    newer, newer instanceof DatasetListing.Described(DatasetVersions versions) ? versions : described);
        }

        Optional<StoredVersion> published(long number) {
            return Optional.ofNullable(described)
                    .flatMap(known -> known.find(number))
                    .filter(StoredVersion::isPublished);
        }

        boolean contain(Manifest manifest) {
            return described == null
                    || published(manifest.version())
                            .filter(version -> version.failure() != null || manifest.equals(version.manifest()))
                            .isPresent();
        }
    }

    KnownVersions(DatasetListing first) {
        listings = new Listings(first, null).next(first);
    }

    synchronized void list(DatasetListing newer) {
        listings = listings.next(newer);
    }

    private synchronized void list(Listings newer, Listings before) {
        if (listings.equals(before)) {
            listings = newer;
        }
    }

    DatasetListing last() {
        return listings.last;
    }

    /** The versions of the last listing that describes them; empty if there has not been any. */
    Optional<DatasetVersions> versions() {
        return Optional.ofNullable(listings.described);
    }

    /** The published version with this number; empty if there is none, or none is known. */
    Optional<StoredVersion> published(long number) {
        return listings.published(number);
    }

    /** Returns true if the store has a published version with this manifest, or may have it. */
    boolean contain(Manifest manifest) {
        return listings.contain(manifest);
    }

    /**
     * Lists the versions once more, and then acts as {@link #contain}. A version that was dropped after the last listing is
     * gone; that it cannot be opened is no fault. A listing that the version watch has made meanwhile may be newer, and stays.
     */
    boolean isStored(LineStore store, Manifest manifest) {
        Listings before = listings;
        DatasetName name = before.last.name();
        try {
            long lastNumber = before.described == null ? 0 : before.described.lastNumber();
            Listings now = before.next(new DatasetListing.Described(
                    store.versions(name).orElseGet(() -> new DatasetVersions(name, List.of(), lastNumber, 0))));
            list(now, before);
            return now.contain(manifest);
        } catch (StoreException e) {
            // The store cannot tell. The next check of the version watch reports this.
            return true;
        }
    }
}
