package dev.lineserver.store;

import java.util.List;
import java.util.Optional;

/**
 * Stores versions of datasets, and finds, opens, builds and drops them. An application opens one store, uses it from
 * any number of threads, and closes it last; several processes may use the same store at the same time.
 *
 * <p>All methods may block on disk or network: never call them on an event loop. They have three groups of callers:
 *
 * <ul>
 *   <li><b>Readers.</b> The server's version watch calls {@link #datasets} about twice a second, and {@link #open} on a
 *       background thread when a newer version appears. Commands call {@link #newest} and then {@link #open}. Only the
 *       {@link Snapshot} is used by requests.
 *   <li><b>Writers.</b> An ingest calls, on one thread and in this order: {@link #findUnchanged} and perhaps
 *       {@link #reuse}, to find out whether the content is stored already; {@link #plan}, if {@link #requiresPlan};
 *       {@link #begin}.
 *   <li><b>Operators.</b> {@link #plan} and {@link #drop} are commands of their own.
 * </ul>
 *
 * <p>Print the first line of a dataset:
 *
 * {@snippet :
 * Optional<Manifest> newest = store.newest(new DatasetName("default"));
 * if (newest.isPresent()) {
 *     try (Snapshot snapshot = store.open(newest.get())) {
 *         switch (Await.result(snapshot.lookup(0))) {
 *             case Lookup.Found(byte[] line) -> System.out.write(line);
 *             case Lookup.FoundInParts(LineParts parts) -> write(parts);
 *             case Lookup.PastTheEnd(long lineCount) -> fail("only " + lineCount + " lines");
 *             case Lookup.Damaged(String detail) -> fail(detail);
 *         }
 *     }
 * }
 * }
 */
public interface LineStore extends AutoCloseable {
    /**
     * Returns all datasets, sorted by name.
     *
     * @throws StoreException if the store as a whole cannot be read; a single dataset that cannot be read is listed as
     *     {@link DatasetListing.Unreadable}
     */
    List<DatasetListing> datasets() throws StoreException;

    /**
     * Returns the manifest of a dataset's newest version; empty only if the store has no such dataset.
     *
     * @throws StoreException if the dataset exists and its newest version cannot be described
     */
    Optional<Manifest> newest(DatasetName dataset) throws StoreException;

    /**
     * Opens a version for reading. The caller closes the snapshot before it closes the store.
     *
     * @param manifest a manifest that this store has returned
     * @throws StoreException if the version no longer exists, is damaged, or cannot be reached
     */
    Snapshot open(Manifest manifest) throws StoreException;

    /**
     * True if an ingest must call {@link #plan} before {@link #begin}, because this store would otherwise discover lack
     * of space only after it has written a large part of the content. The plan costs the ingest one more pass over the
     * source.
     */
    default boolean requiresPlan() {
        return false;
    }

    /**
     * Returns the newest version of the request's dataset if the store can tell from the source's path and stamp alone
     * that the version holds this source; empty if it cannot tell. An empty result does not mean that the source has
     * changed.
     *
     * @throws StoreFailedException if the newest version is damaged, so that the source must be stored again
     */
    default Optional<Manifest> findUnchanged(BuildRequest request) throws StoreException {
        return Optional.empty();
    }

    /**
     * Uses a stored version for a source that was read and found to have the version's content. The store may remember
     * the source, so that {@link #findUnchanged} recognises it the next time.
     *
     * @param newest the version with that content
     * @return true if the version can be used; false if the request needs the lines in another place, so that the
     *     content must be stored again
     */
    default boolean reuse(Manifest newest, BuildRequest request) throws StoreException {
        return true;
    }

    /**
     * Begins the next version of a dataset. Readers do not see it before {@link Build#commit}. The dataset is locked
     * against other writers until the build is closed.
     *
     * @throws StoreFailedException if another build of the dataset is in progress; the message names that build
     * @throws StoreException if the store cannot begin a build
     */
    Build begin(BuildRequest request) throws StoreException;

    /**
     * Removes a dataset with all its versions, and releases its space.
     *
     * @return true if the dataset existed
     */
    boolean drop(DatasetName dataset) throws StoreException;

    /**
     * Calculates the resources that a text would need in this store, and whether they are available. Writes nothing.
     */
    Plan plan(TextShape shape) throws StoreException;

    /** Releases threads, connections and files. The caller closes all snapshots and builds first. */
    @Override
    void close();
}
