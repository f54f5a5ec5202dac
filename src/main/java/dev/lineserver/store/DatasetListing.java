package dev.lineserver.store;

/**
 * One dataset in a store's list of datasets. A dataset that a store does not list is absent; a dataset that it lists and
 * cannot describe at present is {@link Unreadable}, and was not dropped.
 */
public sealed interface DatasetListing {
    /** Name of the dataset. */
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
     * A dataset whose newest version the store cannot describe: its manifest is damaged, or of a layout that this program
     * does not know.
     *
     * @param name of the dataset
     * @param failure why; says what to do
     */
    record Unreadable(DatasetName name, StoreException failure) implements DatasetListing {}
}
