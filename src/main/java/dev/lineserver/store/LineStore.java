package dev.lineserver.store;

import java.util.List;
import java.util.Optional;

/** Where versions live. Safe for use by many threads, and by many processes at once. */
public interface LineStore extends AutoCloseable {
    /**
     * All datasets, sorted by name.
     *
     * @throws StoreException if the store as a whole cannot be read; a single dataset that cannot is listed as
     *     {@link DatasetListing.Unreadable}
     */
    List<DatasetListing> datasets() throws StoreException;

    /**
     * The newest version of a dataset; empty only if the store has no such dataset.
     *
     * @throws StoreException if the dataset is there and its newest version cannot be described
     */
    Optional<Manifest> newest(DatasetName dataset) throws StoreException;

    /**
     * Opens a version for reading.
     *
     * @throws StoreException if it is gone, damaged, or cannot be reached
     */
    Snapshot open(Manifest manifest) throws StoreException;

    /**
     * Whether a text that does not fit would be found out only after much of it was written, so that a plan is worth
     * reading the text for.
     */
    default boolean requiresPlan() {
        return false;
    }

    /**
     * The newest version of the request's dataset, if it is known without reading the source that it holds just that.
     */
    default Optional<Manifest> findUnchanged(BuildRequest request) throws StoreException {
        return Optional.empty();
    }

    /**
     * Lets a version stand for a source whose content was found to be the version's.
     *
     * @return whether it can; otherwise the content must be stored again
     */
    default boolean reuse(Manifest newest, BuildRequest request) throws StoreException {
        return true;
    }

    /**
     * Begins the next version of a dataset.
     *
     * @throws StoreFailedException if another build of the dataset is under way; the message names it
     * @throws StoreException if the store cannot take one
     */
    Build begin(BuildRequest request) throws StoreException;

    /**
     * Removes a dataset with all its versions and gives its space back.
     *
     * @return whether there was one
     */
    boolean drop(DatasetName dataset) throws StoreException;

    /** What storing a text would need here, and whether it fits. Writes nothing. */
    Plan plan(TextShape shape) throws StoreException;

    /** Gives back what the store holds open. Close snapshots and builds first. */
    @Override
    void close();
}
