package dev.lineserver.store;

/**
 * One entry of {@link LineStore#datasets}. A dataset without an entry does not exist. A dataset whose entry is
 * {@link Unreadable} exists, but the store cannot describe it now.
 */
public sealed interface DatasetListing {
    /** Returns the name of the dataset. */
    DatasetName name();

    /**
     * A dataset whose newest version the store can describe.
     *
     * @param newest manifest of the newest version
     */
    record Described(Manifest newest) implements DatasetListing {
        @Override
        public DatasetName name() {
            return newest.dataset();
        }
    }

    /**
     * A dataset whose newest version the store cannot describe: the manifest is damaged, or has a layout that this
     * program does not support.
     *
     * @param name name of the dataset
     * @param failure the reason, and the remedy
     */
    record Unreadable(DatasetName name, StoreException failure) implements DatasetListing {}
}
