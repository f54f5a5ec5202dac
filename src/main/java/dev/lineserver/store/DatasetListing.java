package dev.lineserver.store;

/**
 * One entry of {@link LineStore#datasets}. A dataset without an entry does not exist. A dataset whose entry is
 * {@link Unreadable} exists, but the store cannot list its versions now.
 */
public sealed interface DatasetListing {
    /** Returns the name of the dataset. */
    DatasetName name();

    /**
     * A dataset whose versions the store can list. It may still be unable to describe single ones.
     *
     * @param versions at least one; none of them is current if all are held
     */
    record Described(DatasetVersions versions) implements DatasetListing {
        @Override
        public DatasetName name() {
            return versions.dataset();
        }
    }

    /**
     * A dataset whose versions the store cannot list.
     *
     * @param name name of the dataset
     * @param failure the reason, and the remedy
     */
    record Unreadable(DatasetName name, StoreException failure) implements DatasetListing {}
}
