package dev.lineserver.store;

import java.util.List;
import java.util.Optional;

/**
 * Stores versions of datasets, and finds, opens, builds and drops them. An application opens one store, uses it from
 * any number of threads, and closes it last; several processes may use the same store at the same time.
 *
 * <p>All methods but {@link #readStatistics} may block on disk or network: never call them on an event loop. They have three
 * groups of callers:
 *
 * <ul>
 *   <li><b>Readers.</b> The server's version watch calls {@link #datasets} about twice a second, and {@link #open} on a
 *       background thread when another version becomes current, or when a request asks for a kept one. Commands call
 *       {@link #current} or {@link #versions}, and then {@link #open}. Only the {@link Snapshot} is used by requests.
 *   <li><b>Writers.</b> An ingest calls, on one thread and in this order: {@link #findUnchanged} and perhaps
 *       {@link #reuse}, to find out whether the content is stored already; {@link #reclaim}; {@link #plan}, if
 *       {@link #requiresPlan}; {@link #begin}.
 *   <li><b>Operators.</b> {@link #plan}, {@link #publish}, {@link #drop} and {@link #reclaim} are commands of their own.
 *       A server calls {@link #reclaimInBackground} about twice a minute, and {@link #builds} every
 *       few seconds.
 * </ul>
 *
 * <p>Print the first line of a dataset:
 *
 * {@snippet :
 * Optional<Manifest> current = store.current(new DatasetName("default"));
 * if (current.isPresent()) {
 *     try (Snapshot snapshot = store.open(current.get())) {
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
     * Returns the versions of a dataset; empty only if the store has no version of it.
     *
     * @throws StoreException if the versions cannot be listed; a single version that cannot be described is listed with
     *     its {@link StoredVersion#failure}
     */
    Optional<DatasetVersions> versions(DatasetName dataset) throws StoreException;

    /**
     * Returns the manifest of a dataset's current version; empty if no version of it is published.
     *
     * @throws StoreException if the dataset exists and its current version cannot be described
     */
    default Optional<Manifest> current(DatasetName dataset) throws StoreException {
        Optional<StoredVersion> current = versions(dataset).flatMap(DatasetVersions::current);
        return current.isPresent() ? Optional.of(current.get().describe()) : Optional.empty();
    }

    /**
     * Opens a version for reading. The caller closes the snapshot before it closes the store.
     *
     * @param manifest a manifest that this store has returned; that of a kept or held version, too
     * @throws StoreException if the version no longer exists, is damaged, or cannot be reached; its cause is an
     *     {@code OutOfMemoryError} if the heap is too small beside the versions that are open
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
     * Returns the current version of the request's dataset if the store can tell from the source's path and stamp alone
     * that the version holds this source; empty if it cannot tell. An empty result does not mean that the source has
     * changed.
     *
     * @throws StoreFailedException if the current version is damaged, so that the source must be stored again
     */
    default Optional<Manifest> findUnchanged(BuildRequest request) throws StoreException {
        return Optional.empty();
    }

    /**
     * Uses a stored version for a source that was read and found to have the version's content. The store may remember
     * the source, so that {@link #findUnchanged} recognises it the next time.
     *
     * @param current the version with that content
     * @return true if the version can be used; false if the request needs the lines in another place, so that the
     *     content must be stored again
     */
    default boolean reuse(Manifest current, BuildRequest request) throws StoreException {
        return true;
    }

    /**
     * Begins the next version of a dataset, or continues an unfinished build of it. Readers do not see it before
     * {@link Build#commit}, nor after it if the request asks to hold the version. The dataset is locked against other
     * writers until the build is closed.
     *
     * @throws StoreFailedException if another build of the dataset is in progress, or an unfinished one exists that the
     *     request does not resume; the message names that build
     * @throws StoreException if the store cannot begin a build
     */
    Build begin(BuildRequest request) throws StoreException;

    /**
     * Joins the processes that store a version together, and begins the version if this is the first of them.
     *
     * @param request describes the source, which is the same for all of them
     * @param part the share of this process
     * @param content of the source, all of which the caller has read
     * @return empty if the content is stored already: in a held version if the request asks to hold the version, else in the
     *     dataset's current version
     * @throws StoreFailedException if the other processes have another content or another number of parts, the part has a
     *     process, or the dataset is ingested in another way
     */
    default Optional<PartBuild> join(BuildRequest request, IngestPart part, Content content) throws StoreException {
        throw new UnsupportedOperationException("this store is written by one process");
    }

    /** True if several processes can {@link #join} a build. */
    default boolean joinsProcesses() {
        return false;
    }

    /**
     * Returns the builds in progress, and those that ended unfinished and can be resumed, sorted by dataset. A store without
     * unfinished builds returns none: it removes what a build has written when the build ends.
     */
    default List<BuildStatus> builds() throws StoreException {
        return List.of();
    }

    /**
     * Discards an unfinished build, and releases its space.
     *
     * @return false if the dataset has none
     * @throws StoreFailedException if the build is in progress
     */
    default boolean discardBuild(DatasetName dataset) throws StoreException {
        return false;
    }

    /**
     * Makes a stored version the current one: a held version is published, and a kept one is current again. Copies
     * nothing, and changes all readers from one version to the other at once. Does nothing if the version is current.
     *
     * @param keep number of published versions, at least 1, that stay stored, as in {@link BuildRequest#keep}; 0 for the
     *     default; {@code Integer.MAX_VALUE} to remove none
     * @return the manifest of the version
     * @throws StoreFailedException if the store does not have the version, or a build of the dataset is in progress
     */
    Manifest publish(DatasetName dataset, long version, int keep) throws StoreException;

    /**
     * Removes a dataset with all its versions, held ones included, and its unfinished build, and releases its space.
     *
     * @return true if the dataset or an unfinished build of it existed
     * @throws StoreFailedException if a build of the dataset is in progress
     */
    boolean drop(DatasetName dataset) throws StoreException;

    /**
     * Removes one kept or held version, and releases its space.
     *
     * @throws StoreFailedException if the store does not have the version, it is current, or a build of the dataset is in
     *     progress
     */
    void drop(DatasetName dataset, long version) throws StoreException;

    /**
     * Finds what belongs to no version and removes it. Whatever readers, builds or other programs may still use stays.
     *
     * @param dryRun true to find only
     * @return what was found, and removed unless {@code dryRun} is true
     */
    List<Leftover> reclaim(boolean dryRun) throws StoreException;

    /**
     * Does what {@link #reclaim} does, if that is a server's task in this store. Called about twice a minute by a
     * background thread of every server; the store sees to it that servers do not do the same work twice, and that
     * requests are hardly slowed down.
     */
    default void reclaimInBackground() throws StoreException {
        // Nothing to do for a store in which leftovers appear only when a process crashes.
    }

    /**
     * Returns the figures of the commands that read lines; empty if this store reads them without a cluster. Does not block,
     * and may be called on any thread.
     */
    default Optional<ReadStatistics> readStatistics() {
        return Optional.empty();
    }

    /**
     * Calculates the resources that a text would need in this store, and whether they are available. Writes nothing.
     *
     * @param keep number of published versions that would be kept, as in {@link BuildRequest#keep}
     */
    Plan plan(TextShape shape, int keep, LinesPerRecord linesPerRecord) throws StoreException;

    /**
     * Checks the store itself, apart from its datasets: the layouts that this program reads, and the state of a cluster.
     * Writes nothing and acquires no lock.
     *
     * @throws StoreException if the store cannot be read
     */
    default List<Finding> diagnose() throws StoreException {
        return List.of();
    }

    /** Releases threads, connections and files. The caller closes all snapshots and builds first. */
    @Override
    void close();
}
